"""Ids as they come in from outside: what does not look like one never reaches the database.

PostgreSQL fails on a NUL where SQLite finds nothing.
"""

from limner.errors import NotFound

ID_LENGTH = 32
ID_LETTERS = frozenset("0123456789abcdef")


def check_prediction_id(text: str) -> None:
    """Raises NotFound."""
    if not is_id(text):
        raise NotFound(f'there is no prediction "{text}"')


def check_upload_id(text: str) -> None:
    """Raises NotFound."""
    if not is_id(text):
        raise NotFound(f'there is no file "{text}"')


def is_id(text: str) -> bool:
    return len(text) == ID_LENGTH and ID_LETTERS.issuperset(text)
