"""Serves the pictures, and the files that callers brought, on the origin of the API and without a key.

Whoever has the link may look; it cannot be guessed, for it holds the random id of the prediction or upload.
A file is only ever served as what its content was found to be, and as a download where a browser might make
more of it than a picture.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from limner.api.context import InContext
from limner.api.ids import check_prediction_id, check_upload_id
from limner.errors import NotFound
from limner.predictions import store
from limner.storage import Storage
from limner.uploads.store import Upload, find_received

LINK_LIFETIME_SECONDS = 3600
BLOCK_BYTES = 1 << 20
PUBLIC_HEADERS = {
    "Cache-Control": f"public, max-age={LINK_LIFETIME_SECONDS}",
    "X-Content-Type-Options": "nosniff",
}

router = APIRouter(tags=["pictures"])


PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in ("image/png", "image/jpeg", "image/webp")}}
}
FILE: dict[str, Any] = {
    "responses": {
        200: {"content": {"*/*": {}}},
        206: {"description": "The range that was asked for.", "content": {"*/*": {}}},
    },
    "openapi_extra": {
        "parameters": [
            {
                "name": "Range",
                "in": "header",
                "required": False,
                "description": "One range of bytes, such as `bytes=0-1023`; anything else gives all.",
                "schema": {"type": "string"},
            }
        ]
    },
}


@router.get("/predictions/{prediction_id}/{file_name}", response_class=Response, responses=PICTURE)
@router.head("/predictions/{prediction_id}/{file_name}", include_in_schema=False)
def read_picture(prediction_id: str, file_name: str, context: InContext) -> Response:
    """The bytes of picture n, counted from 1, as in `/predictions/<id>/1.png`."""
    check_prediction_id(prediction_id)
    with context.runtime.database.read() as tx:
        output = store.find_output(tx, prediction_id, _number(file_name))
    if output.file_name != file_name:
        raise NotFound(f'there is no picture "{file_name}" of this prediction')
    return Response(context.runtime.storage.get(output.object_key), 200, PUBLIC_HEADERS, output.content_type)


@router.get("/media/{file_name}", summary="A file that was uploaded", response_class=Response, **FILE)
@router.head("/media/{file_name}", include_in_schema=False)
def read_upload(file_name: str, request: Request, context: InContext) -> Response:
    """The bytes of an upload, as its `download_url` names it; one range of them where that is asked for."""
    upload_id = file_name.partition(".")[0]
    check_upload_id(upload_id)
    with context.runtime.database.read() as tx:
        upload = find_received(tx, upload_id, datetime.now(UTC))
    if upload.link_name != file_name:
        raise NotFound(f'there is no file "{file_name}"')
    wanted = _wanted(request.headers.get("range", ""), upload.size_bytes)
    headers = _headers_of(upload, wanted)
    if not wanted:
        headers["Content-Range"] = f"bytes */{upload.size_bytes}"
        return Response(b"", 416, headers)
    content: Iterator[bytes] = iter(())
    if request.method != "HEAD":
        blocks = _blocks(context.runtime.storage, upload, wanted)
        content = chain([next(blocks)], blocks)  # the first one now, while there is still an error to answer
    status = 200 if len(wanted) == upload.size_bytes else 206
    return StreamingResponse(content, status, headers, upload.content_type)


def _headers_of(upload: Upload, wanted: range) -> dict[str, str]:
    headers = {
        **PUBLIC_HEADERS,
        "Accept-Ranges": "bytes",
        "Content-Length": str(len(wanted)),
    }
    if not upload.content_type.startswith("image/"):
        headers["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(upload.file_name, safe='')}"
    if 0 < len(wanted) < upload.size_bytes:
        headers["Content-Range"] = f"bytes {wanted[0]}-{wanted[-1]}/{upload.size_bytes}"
    return headers


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


def _blocks(storage: Storage, upload: Upload, wanted: range) -> Iterator[bytes]:
    for start in range(wanted.start, wanted.stop, BLOCK_BYTES):
        yield storage.get_part(upload.object_key, start, min(BLOCK_BYTES, wanted.stop - start))


def _number(file_name: str) -> int:
    stem = file_name.partition(".")[0]
    if not (stem.isascii() and stem.isdecimal() and len(stem) < 3):
        raise NotFound(f'there is no picture "{file_name}" of this prediction')
    return int(stem)
