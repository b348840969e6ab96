"""Objects by key, on a disk or in a bucket; obstore does the work. Knows nothing of what they are.

A request to a bucket that fails in passing is repeated by obstore, within seconds. What still fails is one
line without an address's query and without a secret: it may be shown to anybody.
"""

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from limner.errors import BadSettings, NotFound, Unavailable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

PART_BYTES = 5 << 20  # the least that S3 takes for a part
LISTED_AT_ONCE = 1_000
PROBE_SECONDS = 2.0
PROBE_LASTS_SECONDS = 1.0
QUERY_OPTIONS = frozenset({"endpoint", "region", "virtual_hosted_style_request"})
_NOWHERE = "probe/"  # nothing is there, so to list it is quick
_NO_BUCKET = re.compile("NoSuchBucket|ContainerNotFound|The specified bucket does not exist")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d{3}[\w ]*)")
_REFUSED = re.compile(r"status code: 40[13]")
_UNREACHED = re.compile("error sending request|operation timed out|HTTP error|connection")
_HALF_WRITTEN = re.compile(r"#\d+$")  # what obstore calls a file until all of it is there

# An address says itself whether it is http://; nobody writes that by accident.
_CLIENT: "ClientConfig" = {
    "allow_http": True,
    "connect_timeout": timedelta(seconds=3),
    "timeout": timedelta(seconds=30),
}
_RETRY: "RetryConfig" = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=15),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=2),
        "base": 2,
    },
}
_PROBE_CLIENT: "ClientConfig" = {
    "allow_http": True,
    "connect_timeout": timedelta(seconds=PROBE_SECONDS),
    "timeout": timedelta(seconds=PROBE_SECONDS),
}
_PROBE_RETRY: "RetryConfig" = {"max_retries": 0}


class StorageUnavailable(Unavailable):
    """The storage cannot be reached, or refuses to work: full, forbidden, gone."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object, and when it was put there by the storage's own clock."""

    key: str
    size_bytes: int
    modified_at: datetime


class Storage:
    """Keys are paths such as ``predictions/<id>/<attempt>/1.png``. Writing a key again replaces it whole.

    ``probed`` is the same place, reached with less patience.
    """

    def __init__(self, store: ObjectStore, probed: ObjectStore | None = None) -> None:
        self._store = store
        self._probe = _Probe(probed or store)

    @property
    def can_sign(self) -> bool:
        """Whether there are links that lead to the objects past us."""
        return not isinstance(self._store, LocalStore | MemoryStore)

    def put(self, key: str, content: bytes, content_type: str) -> None:
        with _reported():
            obstore.put(self._store, key, content, attributes=self._attributes(content_type))

    def put_file(self, key: str, file: IO[bytes], content_type: str, disposition: str = "") -> None:
        """As ``put``, of a file read from its beginning, a part at a time: it may be larger than memory. A
        bucket serves it with this disposition to whoever has a signed link."""
        attributes = self._attributes(content_type, disposition)
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

    def signed_link(self, method: Literal["GET", "HEAD"], key: str, lifetime: timedelta) -> str:
        """A link to the object in the bucket, for this method alone; anybody's who has it. Raises
        StorageUnavailable where ``can_sign`` is False."""
        if isinstance(self._store, LocalStore | MemoryStore):
            raise StorageUnavailable("the storage cannot sign links")
        with _reported():
            return obstore.sign(self._store, method, key, lifetime)  # type: ignore[arg-type]  # not http

    def check(self) -> None:
        """Raises StorageUnavailable when nothing can be listed; repeats as everything else does."""
        with _reported():
            obstore.list_with_delimiter(self._store, _NOWHERE)

    def state(self) -> str:
        """ "ok", or what is wrong, as of a second ago; known within PROBE_SECONDS."""
        return self._probe.state()

    def _attributes(self, content_type: str, disposition: str = "") -> "obstore.Attributes | None":
        if isinstance(self._store, LocalStore):  # a disk has nowhere to keep them
            return None
        return {"Content-Type": content_type} | ({"Content-Disposition": disposition} if disposition else {})


class _Probe:
    """Looks whether the storage is there, once for all who ask in the same second."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._state = ""
        self._looked_at = float("-inf")

    def state(self) -> str:
        with self._lock:
            if time.monotonic() - self._looked_at >= PROBE_LASTS_SECONDS:
                self._state = self._look()
                self._looked_at = time.monotonic()
            return self._state

    def _look(self) -> str:
        try:
            with _reported():
                obstore.list_with_delimiter(self._store, _NOWHERE)
        except StorageUnavailable as error:
            return error.message
        return "ok"


def open_storage(url: str) -> Storage:
    """Makes the folder of a file URL; reaches for no bucket. What the URL does not say of a bucket, the
    environment does: AWS_*, GOOGLE_* or AZURE_*. Raises BadSettings."""
    parts = urlsplit(url)
    try:
        if parts.scheme == "file":
            return Storage(LocalStore(unquote(parts.path), mkdir=True))
        if parts.scheme == "memory":
            return Storage(MemoryStore())
        options = _options(parts.query)
        place = parts._replace(query="", fragment="").geturl()
        store = from_url(place, client_options=_CLIENT, retry_config=_RETRY, **options)
        probed = from_url(place, client_options=_PROBE_CLIENT, retry_config=_PROBE_RETRY, **options)
        return Storage(store, probed)
    except (BaseError, OSError, ValueError) as error:
        named = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        raise BadSettings(f"storage_url {named} cannot be used: {_first_line(error)}") from error


def _options(query: str) -> Mapping[str, Any]:
    """Raises ValueError: a secret has no place in a URL, and a misspelt option would be passed over."""
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(options.keys() - QUERY_OPTIONS):
        raise ValueError(f"it may name {', '.join(sorted(QUERY_OPTIONS))}, not {', '.join(unknown)}")
    return options


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if _NO_BUCKET.search(str(error)):
            raise StorageUnavailable(f"the storage cannot be used: {_cause(error)}") from error
        raise NotFound("there is no such object") from error
    except (BaseError, OSError) as error:
        raise StorageUnavailable(f"the storage cannot be used: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    """What a person can do something about, where it can be told; what went wrong otherwise."""
    text = str(error)
    if _NO_BUCKET.search(text):
        return "there is no such bucket"
    if "/latest/api/token" in text or "/latest/meta-data" in text:  # where obstore looks last
        return "no credentials were found"
    code = _CODE.search(text)
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or _REFUSED.search(text):
        return f"it refuses these credentials ({code[1] if code else 'forbidden'})"
    if status := _STATUS.search(text):
        return f"it answers {status[1]}" + (f" ({code[1]})" if code else "")
    if _UNREACHED.search(text):
        return "it does not answer"
    return _first_line(error)


@contextmanager
def _forgiving() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if _NO_BUCKET.search(str(error)):
            raise


def _is_left(path: Path, before: datetime) -> bool:
    try:
        return bool(_HALF_WRITTEN.search(path.name)) and path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _first_line(error: Exception) -> str:
    # obstore adds pages of debug output; and the query of an address may be what signs it.
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return re.sub(r"\?\S*", "", line) if "://" in line else line
