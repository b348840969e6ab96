"""Ids as they come in from outside: what does not look like one never reaches the database.

PostgreSQL fails on a NUL where SQLite finds nothing.
"""

from limner.errors import NotFound

ID_LENGTH = 32
ID_LETTERS = frozenset("0123456789abcdef")


def check_prediction_id(text: str) -> None:
    """Raises NotFound."""
    if len(text) != ID_LENGTH or not ID_LETTERS.issuperset(text):
        raise NotFound(f'there is no prediction "{text}"')
