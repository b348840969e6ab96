"""Serves the pictures, on the origin of the API and without a key: whoever has the link may look.

A link cannot be guessed: it holds the prediction's random id.
"""

from fastapi import APIRouter, Response

from limner.api.context import InContext
from limner.api.ids import check_prediction_id
from limner.errors import NotFound
from limner.predictions import store

LINK_LIFETIME_SECONDS = 3600

router = APIRouter(tags=["pictures"])


@router.get("/predictions/{prediction_id}/{file_name}", response_class=Response)
@router.head("/predictions/{prediction_id}/{file_name}", include_in_schema=False)
def read_picture(prediction_id: str, file_name: str, context: InContext) -> Response:
    """The bytes of picture n, counted from 1, as in `/predictions/<id>/1.png`."""
    check_prediction_id(prediction_id)
    with context.runtime.database.read() as tx:
        output = store.find_output(tx, prediction_id, _number(file_name))
    if output.file_name != file_name:
        raise NotFound(f'there is no picture "{file_name}" of this prediction')
    headers = {
        "Cache-Control": f"public, max-age={LINK_LIFETIME_SECONDS}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(context.runtime.storage.get(output.object_key), 200, headers, output.content_type)


def _number(file_name: str) -> int:
    stem = file_name.partition(".")[0]
    if not (stem.isascii() and stem.isdecimal() and len(stem) < 3):
        raise NotFound(f'there is no picture "{file_name}" of this prediction')
    return int(stem)
