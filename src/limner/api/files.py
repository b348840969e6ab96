"""Answers with a stored file: all of it, a range of it, that it is known already, or where to fetch it.

What is under a key never changes, so the key alone makes the ETag, and nothing is read to tell it. A file
that is fetched from the bucket itself is redirected to, by a link that is signed for a while.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any, Literal

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from limner.runtime import Runtime
from limner.storage import Storage

LINK_LIFETIME_SECONDS = 3600
BLOCK_BYTES = 1 << 20
WHOLE_BYTES = 8 << 20  # read in one go: a request to a bucket costs more than the bytes
PUBLIC_HEADERS = {
    "Cache-Control": f"public, max-age={LINK_LIFETIME_SECONDS}",
    "X-Content-Type-Options": "nosniff",
}
RANGE_PARAMETER: dict[str, Any] = {
    "name": "Range",
    "in": "header",
    "required": False,
    "description": "One range of bytes, such as `bytes=0-1023`; anything else gives all.",
    "schema": {"type": "string"},
}
FURTHER_ANSWERS: dict[int | str, dict[str, Any]] = {
    206: {"description": "The range that was asked for.", "content": {"*/*": {}}},
    304: {"description": "What `If-None-Match` names is what there is."},
    307: {"description": "It is fetched from the storage itself, by the link in `Location`."},
}


@dataclass(frozen=True, slots=True)
class File:
    """What is served, and as what. ``disposition`` is a header's text, "" for none."""

    object_key: str
    size_bytes: int
    content_type: str
    disposition: str = ""

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.object_key.encode()).hexdigest()[:32]}"'


def answer_with(file: File, request: Request, runtime: Runtime) -> Response:
    """Raises NotFound and StorageUnavailable."""
    headers = {**PUBLIC_HEADERS, "Accept-Ranges": "bytes", "ETag": file.etag}
    if _is_known(request.headers.get("if-none-match", ""), file.etag):
        return Response(None, 304, headers)
    if runtime.link_lifetime is not None:
        return _redirect(file, request, runtime.storage, runtime.link_lifetime)
    wanted = _wanted(_range_of(request, file.etag), file.size_bytes)
    if not wanted:
        return Response(b"", 416, headers | {"Content-Range": f"bytes */{file.size_bytes}"})
    if file.disposition:
        headers["Content-Disposition"] = file.disposition
    headers["Content-Length"] = str(len(wanted))
    is_whole = len(wanted) == file.size_bytes
    if not is_whole:
        headers["Content-Range"] = f"bytes {wanted[0]}-{wanted[-1]}/{file.size_bytes}"
    content = iter(()) if _is_head(request) else _content(runtime.storage, file, wanted)
    return StreamingResponse(content, 200 if is_whole else 206, headers, file.content_type)


def _redirect(file: File, request: Request, storage: Storage, lifetime: timedelta) -> Response:
    method: Literal["HEAD", "GET"] = "HEAD" if _is_head(request) else "GET"
    link = storage.signed_link(method, file.object_key, lifetime)
    # Kept for half of its life, so that what is followed from a cache still leads somewhere.
    kept = f"public, max-age={round(lifetime.total_seconds() / 2)}"
    return Response(None, 307, {"Location": link, "Cache-Control": kept})


def _is_head(request: Request) -> bool:
    """HEAD is answered as GET; but a link is signed for one of them, and no object is read in vain."""
    return request.method == "HEAD" or bool(request.scope.get("limner.is_head"))


def _is_known(header: str, etag: str) -> bool:
    named = {one.strip().removeprefix("W/") for one in header.split(",")}
    return etag in named or "*" in named


def _range_of(request: Request, etag: str) -> str:
    """Nothing when it is a range of what is no longer there."""
    if request.headers.get("if-range", etag) != etag:
        return ""
    return request.headers.get("range", "")


def _wanted(header: str, size_bytes: int) -> range:
    """The bytes that are asked for: all of them, unless it is one range that makes sense; none when it lies
    beyond the end."""
    asked = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", header.replace(" ", ""))
    if asked is None or not (asked[1] or asked[2]):
        return range(size_bytes)
    if not asked[1]:
        return range(max(0, size_bytes - int(asked[2])), size_bytes)
    if asked[2] and int(asked[2]) < int(asked[1]):
        return range(size_bytes)
    return range(int(asked[1]), min(int(asked[2] or size_bytes) + 1, size_bytes))


def _content(storage: Storage, file: File, wanted: range) -> Iterator[bytes]:
    if len(wanted) == file.size_bytes <= WHOLE_BYTES:
        return iter((storage.get(file.object_key),))
    blocks = _blocks(storage, file, wanted)
    return chain([next(blocks)], blocks)  # the first one now, while there is still an error to answer


def _blocks(storage: Storage, file: File, wanted: range) -> Iterator[bytes]:
    for start in range(wanted.start, wanted.stop, BLOCK_BYTES):
        yield storage.get_part(file.object_key, start, min(BLOCK_BYTES, wanted.stop - start))
