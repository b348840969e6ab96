"""Small copies of pictures, for pages that show many: made when they are first asked for, kept for a while.

As with the pictures, whoever has the link may look. Whether the picture is still there is looked up each
time, so that nothing is shown of what was deleted.
"""

from collections import OrderedDict
from functools import partial
from typing import cast

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from limner import images
from limner.api.context import Context, InContext
from limner.api.ids import check_prediction_id
from limner.errors import NotFound
from limner.predictions import store

MAX_KEPT = 1_000  # of about ten kilobytes each
MAX_MADE_AT_ONCE = 2  # each takes tens of milliseconds of a core; the API has other things to do
HEADERS = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}

router = APIRouter(include_in_schema=False)


class Thumbnails:
    """One per application; belongs to one event loop."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()  # by object key, the least recently used first
        self._limiter: anyio.CapacityLimiter | None = None

    async def of(self, context: Context, object_key: str) -> bytes:
        if object_key in self._kept:
            self._kept.move_to_end(object_key)
            return self._kept[object_key]
        self._limiter = self._limiter or anyio.CapacityLimiter(MAX_MADE_AT_ONCE)
        small = await run_sync(partial(_make, context, object_key), limiter=self._limiter)
        self._kept[object_key] = small
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return small


@router.get("/thumbnails/{prediction_id}/{n}.webp")
async def read_thumbnail(prediction_id: str, n: str, request: Request, context: InContext) -> Response:
    """Picture n, counted from 1, at most images.THUMBNAIL_SIDE pixels a side."""
    check_prediction_id(prediction_id)
    if not (n.isascii() and n.isdecimal() and len(n) < 3):
        raise NotFound("there is no such picture")
    object_key = await run_in_threadpool(_find, context, prediction_id, int(n))
    small = await cast(Thumbnails, request.app.state.thumbnails).of(context, object_key)
    return Response(small, 200, HEADERS, "image/webp")


def _find(context: Context, prediction_id: str, n: int) -> str:
    with context.runtime.database.read() as tx:
        return store.find_output(tx, prediction_id, n).object_key


def _make(context: Context, object_key: str) -> bytes:
    return images.thumbnail(context.runtime.storage.get(object_key))
