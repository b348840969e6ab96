"""Serves the pictures, and the files that callers brought, on the origin of the API and without a key.

Whoever has the link may look; it cannot be guessed, for it holds the random id of the prediction or upload.
A file is only ever served as what its content was found to be, and as a download where a browser might make
more of it than a picture.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from limner.api.context import Context, InContext
from limner.api.files import FURTHER_ANSWERS, RANGE_PARAMETER, File, answer_with
from limner.api.ids import check_prediction_id, check_upload_id
from limner.errors import NotFound
from limner.predictions import store
from limner.uploads.store import find_received

router = APIRouter(tags=["pictures"])

PICTURE: dict[str, Any] = {
    "responses": {
        200: {"content": {kind: {} for kind in ("image/png", "image/jpeg", "image/webp")}},
        **FURTHER_ANSWERS,
    },
    "openapi_extra": {"parameters": [RANGE_PARAMETER]},
}
FILE: dict[str, Any] = {
    "responses": {200: {"content": {"*/*": {}}}, **FURTHER_ANSWERS},
    "openapi_extra": {"parameters": [RANGE_PARAMETER]},
}


@router.get("/predictions/{prediction_id}/{file_name}", response_class=Response, **PICTURE)
@router.head("/predictions/{prediction_id}/{file_name}", include_in_schema=False)
def read_picture(prediction_id: str, file_name: str, request: Request, context: InContext) -> Response:
    """The bytes of picture n, counted from 1, as in `/predictions/<id>/1.png`; one range of them where that
    is asked for."""
    return answer_with(find_picture(context, prediction_id, file_name), request, context.runtime)


def find_picture(context: Context, prediction_id: str, file_name: str) -> File:
    """Raises NotFound."""
    check_prediction_id(prediction_id)
    with context.runtime.database.read() as tx:
        output = store.find_output(tx, prediction_id, _number(file_name))
    if output.file_name != file_name:
        raise NotFound(f'there is no picture "{file_name}" of this prediction')
    return File(output.object_key, output.size_bytes, output.content_type)


@router.get("/media/{file_name}", summary="A file that was uploaded", response_class=Response, **FILE)
@router.head("/media/{file_name}", include_in_schema=False)
def read_upload(file_name: str, request: Request, context: InContext) -> Response:
    """The bytes of an upload, as its `download_url` names it; one range of them where that is asked for."""
    upload_id = file_name.partition(".")[0]
    check_upload_id(upload_id)
    now = context.runtime.clock.now()
    with context.runtime.database.read() as tx:
        upload = find_received(tx, upload_id, now)
    if upload.link_name != file_name:
        raise NotFound(f'there is no file "{file_name}"')
    file = File(upload.object_key, upload.size_bytes, upload.content_type, upload.disposition)
    return answer_with(file, request, context.runtime)


def _number(file_name: str) -> int:
    stem = file_name.partition(".")[0]
    if not (stem.isascii() and stem.isdecimal() and len(stem) < 3):
        raise NotFound(f'there is no picture "{file_name}" of this prediction')
    return int(stem)
