"""Files that callers bring, by the three ways that WaveSpeed's clients and documents know: a ticket and a PUT
of the bytes, and two paths for a form.

Checking and storing them has threads of its own, so that large files keep nobody waiting.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from limner.api.context import BEARER, ByCaller, Context, InContext
from limner.api.envelope import Envelope, success
from limner.api.forms import FORM_BODY, RAW_BODY, form_file, spooled
from limner.api.queries import UploadQuery, body_of, read_query
from limner.api.record_views import UploadedFile, UploadTicket
from limner.errors import RateLimited
from limner.predictions.prediction import rfc3339
from limner.uploads.intake import MAX_BYTES, Announced
from limner.uploads.store import Upload

TAKEN_AT_ONCE = 8  # of all that have come: checked, and on their way to the storage
UNDER_WAY_AT_ONCE = 8  # of one account
RETRY_SECONDS = 5
PUT_PATH = "/api/v3/media/uploads/{ticket}"

FORM: dict[str, Any] = {
    "response_model": Envelope[UploadedFile],
    "openapi_extra": {"requestBody": {"required": True, "content": FORM_BODY}},
}
RAW: dict[str, Any] = {"requestBody": {"required": True, "content": RAW_BODY}}

router = APIRouter(tags=["uploads"])

T = TypeVar("T")


class Traffic:
    """The uploads under way in this process."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()
        self._threads = anyio.CapacityLimiter(TAKEN_AT_ONCE)

    @contextmanager
    def admit(self, account_id: str) -> Iterator[None]:
        """Raises RateLimited when too many of this account's are under way."""
        if self._under_way[account_id] >= UNDER_WAY_AT_ONCE:
            raise RateLimited(f"{UNDER_WAY_AT_ONCE} uploads of this account are under way", RETRY_SECONDS)
        self._under_way[account_id] += 1
        try:
            yield
        finally:
            self._under_way[account_id] -= 1
            self._under_way += Counter()  # forgets those at nought

    async def take(self, take: Callable[[], T]) -> T:
        """Runs this in a thread, once there is one for it."""
        return await anyio.to_thread.run_sync(take, limiter=self._threads)


async def traffic_of(request: Request) -> Traffic:
    traffic: Traffic = request.app.state.traffic
    return traffic


InTraffic = Annotated[Traffic, Depends(traffic_of)]


@router.post(
    "/api/v3/media/uploads",
    summary="Announce a file",
    response_model=Envelope[UploadTicket],
    openapi_extra=body_of(UploadQuery),
    dependencies=[BEARER],
)
async def announce_upload(request: Request, context: InContext, caller: ByCaller) -> Response:
    """Says what will come, and is told where to send it: a PUT of the bytes, with the headers of the answer
    and without a key, within the hour."""
    asked = await read_query(request, UploadQuery)
    announced = Announced(asked.filename, asked.content_type, asked.size)
    now = await run_in_threadpool(context.runtime.clock.now)
    intake = context.runtime.intake
    upload, ticket = await run_in_threadpool(intake.announce, caller.account_id, announced, now)
    return success(
        {
            "upload": {
                "method": "PUT",
                "url": context.runtime.public_url + PUT_PATH.format(ticket=ticket),
                "headers": {"Content-Type": upload.content_type or "application/octet-stream"},
            },
            "download_url": _link(context, upload),
            "expires_at": rfc3339(upload.expires_at),
        }
    )


@router.put(
    PUT_PATH, summary="Send an announced file", response_model=Envelope[UploadedFile], openapi_extra=RAW
)
async def receive_upload(ticket: str, request: Request, context: InContext, traffic: InTraffic) -> Response:
    """Takes the bytes that were announced. Needs no key: the ticket is one, for this file alone. To send the
    same bytes again changes nothing."""
    intake = context.runtime.intake
    now = await run_in_threadpool(context.runtime.clock.now)
    upload = await run_in_threadpool(intake.find, ticket, now)
    with traffic.admit(upload.account_id):
        async with spooled(request, upload.size_bytes) as file:
            received = await traffic.take(lambda: intake.receive(upload, file.file, now))
    return success(_view(context, received))


@router.post("/api/v3/media/upload/binary", summary="Upload a file", dependencies=[BEARER], **FORM)
@router.post("/api/v3/upload", summary="Upload a file (other path)", dependencies=[BEARER], **FORM)
@router.post("/api/v2/media/upload/binary", include_in_schema=False)
async def upload_form(request: Request, context: InContext, caller: ByCaller, traffic: InTraffic) -> Response:
    """Takes a form with a field `file`: an image, a video or a sound of at most 200 MiB. Its content tells
    what it is, and an image must decode."""
    intake = context.runtime.intake
    now = await run_in_threadpool(context.runtime.clock.now)
    with traffic.admit(caller.account_id):
        async with form_file(request, MAX_BYTES) as file:
            announced = Announced(file.filename or "", file.content_type or "", file.size or 0)
            received = await traffic.take(lambda: intake.take(caller.account_id, announced, file.file, now))
    return success(_view(context, received))


def _link(context: Context, upload: Upload) -> str:
    return f"{context.runtime.public_url}/media/{upload.link_name}"


def _view(context: Context, upload: Upload) -> dict[str, Any]:
    link = _link(context, upload)
    return {
        "type": upload.content_type.partition("/")[0],
        "url": link,
        "download_url": link,
        "filename": upload.file_name,
        "size": upload.size_bytes,
        "content_type": upload.content_type,
        "expires_at": rfc3339(upload.expires_at),
    }
