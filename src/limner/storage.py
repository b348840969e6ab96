"""Objects by key, on a disk or in a bucket; obstore does the work. Knows nothing of what they are."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from limner.errors import BadSettings, NotFound, Unavailable

PART_BYTES = 5 << 20  # the least that S3 takes for a part
LISTED_AT_ONCE = 1_000
_HALF_WRITTEN = re.compile(r"#\d+$")  # what obstore calls a file until all of it is there


class StorageUnavailable(Unavailable):
    """The storage cannot be reached, or refuses to work: full, forbidden, gone."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object, and when it was put there by the storage's own clock."""

    key: str
    size_bytes: int
    modified_at: datetime


class Storage:
    """Keys are paths such as ``predictions/<id>/<attempt>/1.png``. Writing a key again replaces it whole."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, key: str, content: bytes, content_type: str) -> None:
        # A disk has nowhere to keep a content type.
        attributes = None if isinstance(self._store, LocalStore) else {"Content-Type": content_type}
        with _reported():
            obstore.put(self._store, key, content, attributes=attributes)

    def put_file(self, key: str, file: IO[bytes], content_type: str) -> None:
        """As ``put``, of a file read from its beginning, a part at a time: it may be larger than memory."""
        attributes = None if isinstance(self._store, LocalStore) else {"Content-Type": content_type}
        file.seek(0)
        with _reported():
            obstore.put(
                self._store, key, file, attributes=attributes, chunk_size=PART_BYTES, max_concurrency=2
            )

    def get(self, key: str) -> bytes:
        """Raises NotFound."""
        with _reported():
            return bytes(obstore.get(self._store, key).bytes())

    def get_part(self, key: str, start: int, length: int) -> bytes:
        """These bytes of an object. Raises NotFound."""
        with _reported():
            return bytes(obstore.get_range(self._store, key, start=start, length=length))

    def delete(self, key: str) -> None:
        """What is not there is deleted already."""
        with _reported(), _forgiving():
            obstore.delete(self._store, key)

    def delete_below(self, folder: str) -> None:
        """Every object whose key begins with this folder's name and a slash."""
        with _reported(), _forgiving():
            for found in obstore.list(self._store, folder):
                obstore.delete(self._store, [one["path"] for one in found])

    def delete_all(self, keys: Sequence[str]) -> None:
        """What is not there is deleted already."""
        with _reported(), _forgiving():
            obstore.delete(self._store, list(keys))

    def list_below(self, folder: str) -> Iterator[list[Stored]]:
        """Every object whose key begins with this folder's name and a slash, some at a time."""
        with _reported():
            for found in obstore.list(self._store, folder, chunk_size=LISTED_AT_ONCE):
                yield [Stored(one["path"], one["size"], one["last_modified"]) for one in found]

    def drop_half_written(self, before: datetime) -> int:
        """Removes files that a process began to write before then and did not live to finish; how many. A
        bucket keeps such parts where nobody sees them, and has rules of its own for their end."""
        if not isinstance(self._store, LocalStore) or self._store.prefix is None:
            return 0
        with _reported():
            found = [path for path in Path(self._store.prefix).rglob("*#*") if _is_left(path, before)]
            for path in found:
                path.unlink(missing_ok=True)
        return len(found)

    def check(self) -> None:
        """Raises StorageUnavailable when nothing can be listed; asks for what is never there, to be quick."""
        with _reported():
            obstore.list_with_delimiter(self._store, "probe/")


def open_storage(url: str) -> Storage:
    """Makes the folder of a file URL. Raises BadSettings."""
    try:
        if urlsplit(url).scheme == "file":
            return Storage(LocalStore(unquote(urlsplit(url).path), mkdir=True))
        return Storage(from_url(url))
    except (BaseError, OSError, ValueError) as error:
        raise BadSettings(f"storage_url {url} cannot be used: {_first_line(error)}") from error


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("there is no such object") from error
    except (BaseError, OSError) as error:
        raise StorageUnavailable(f"the storage cannot be used: {_first_line(error)}") from error


@contextmanager
def _forgiving() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        return


def _is_left(path: Path, before: datetime) -> bool:
    try:
        return bool(_HALF_WRITTEN.search(path.name)) and path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _first_line(error: Exception) -> str:
    # obstore adds pages of debug output.
    return (str(error).splitlines() or [type(error).__name__])[0]
