"""The life of one prediction as an event stream, for whoever wants to see it come into being.

Each event is the whole state as it is now, under an id that stands for that state: a client that comes back
with `Last-Event-ID` gets the state it missed, and nothing that it had. Knows the watcher; reads no database.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.types import Send

from limner.api.context import BEARER, ByCaller, Context, InContext
from limner.api.envelope import as_json
from limner.api.ids import check_prediction_id
from limner.api.watching import Mark, Sighting
from limner.errors import RateLimited
from limner.predictions.store import Key

HEARTBEAT_SECONDS = 15.0
RETRY_SECONDS = 1  # how long a client that was cut off waits before it comes back
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # proxies must not gather events

EXAMPLE = """retry: 1000
event: created
id: 1.created.2.0.0
data: {"id":"…","status":"created","progress":{"step":0,"num_steps":0},"queue_position":2,"eta_seconds":3.1,"preview":""}

event: processing
id: 1.processing.0.9.9
data: {"id":"…","status":"processing","progress":{"step":9,"num_steps":17},"queue_position":0,"eta_seconds":0.8,"preview":"data:image/jpeg;base64,…"}

: ping

event: completed
id: 1.completed.0.0.0
data: {"id":"…","status":"completed","outputs":["…/1.png"]}

"""  # noqa: E501

EVENT_SCHEMA = {
    "type": "object",  # of each event; OpenAPI 3.1 has no words for a stream of them
    "properties": {
        "event": {"type": "string", "enum": ["created", "processing", "completed", "failed", "deleted"]},
        "id": {"type": "string"},
        "data": {"type": "string"},
        "retry": {"type": "integer"},
    },
    "required": ["event", "id", "data"],
}
OPENAPI: dict[str, Any] = {
    "responses": {
        200: {
            "description": "Events named as the status. `created` and `processing` carry `id`, `status`, "
            "`progress`, `queue_position`, `eta_seconds` and `preview` (a new one as a JPEG's data URI, else "
            "empty); `completed` and `failed` carry the prediction and end the stream, as `deleted` does. "
            "Comments are signs of life.",
            "content": {"text/event-stream": {"schema": EVENT_SCHEMA, "example": EXAMPLE}},
        },
        204: {"description": "The event named in `Last-Event-ID` was the last one."},
    },
    "openapi_extra": {
        "parameters": [
            {
                "name": "Last-Event-ID",
                "in": "header",
                "required": False,
                "description": "The id of the last event that was received, from a client that comes back.",
                "schema": {"type": "string"},
            }
        ]
    },
}

router = APIRouter(tags=["predictions"], dependencies=[BEARER])


@router.get("/api/v3/predictions/{prediction_id}/events", response_class=Response, **OPENAPI)
async def stream_events(
    prediction_id: str, request: Request, context: InContext, caller: ByCaller
) -> Response:
    """The prediction as it comes into being: status, steps, place in line, time left, previews."""
    check_prediction_id(prediction_id)
    key = (caller.account_id, prediction_id)
    prediction = await context.results.prediction(key)
    if "limner.is_head" in request.scope:
        return Response(headers=HEADERS, media_type=EventSourceResponse.media_type)
    had = _parse_mark(request.headers.get("last-event-id", ""))
    if prediction.is_terminal and had is not None and had.status == prediction.status:
        return Response(status_code=204)  # to which browsers do not come back
    if context.streams[caller.account_id] >= context.max_streams:
        text = f"{context.max_streams} event streams of this account are open already"
        raise RateLimited(text, RETRY_SECONDS)
    return EventStream(_events(context, key, had), headers=HEADERS)


class EventStream(EventSourceResponse):
    """Lets go of what it streams as soon as the client is gone, wherever it was."""

    async def stream_response(self, send: Send) -> None:
        async with aclosing(cast(AsyncGenerator[bytes], self.body_iterator)):
            await super().stream_response(send)


async def _events(context: Context, key: Key, had: Mark | None) -> AsyncGenerator[bytes]:
    """``had`` is what the client has seen last."""
    retry_ms: int | None = RETRY_SECONDS * 1000
    with _counted(context.streams, key[0]), context.watcher.watch(key) as watch:
        while not context.watcher.is_closing:
            sighting = await watch.next(HEARTBEAT_SECONDS)
            if sighting is None:
                yield KEEPALIVE_COMMENT
            elif sighting.mark != had:
                yield format_sse_event(
                    data_str=await _text_of(context, key, sighting, had),
                    event=sighting.mark.status,
                    id=".".join(map(str, sighting.mark)),
                    retry=retry_ms,
                )
                had, retry_ms = sighting.mark, None
            if sighting is not None and sighting.is_last:
                return


async def _text_of(context: Context, key: Key, sighting: Sighting, had: Mark | None) -> str:
    if sighting.ended is not None:
        return (await context.results.view_json(sighting.ended)).decode()
    mark = sighting.mark
    is_new = had is None or (had.attempt, had.preview_step) != (mark.attempt, mark.preview_step)
    state = {
        "id": key[1],
        "status": mark.status,
        "progress": {"step": mark.step, "num_steps": sighting.num_steps},
        "queue_position": mark.queue_position,
        "eta_seconds": sighting.outlook.eta_shown,
        "preview": sighting.preview if is_new else "",
    }
    return as_json(state).decode()


@contextmanager
def _counted(streams: Counter[str], account_id: str) -> Iterator[None]:
    streams[account_id] += 1
    try:
        yield
    finally:
        streams[account_id] -= 1


def _parse_mark(text: str) -> Mark | None:
    """None for what is no id of ours."""
    try:
        attempt, status, queue_position, step, preview_step = text.split(".")
        return Mark(int(attempt), status, int(queue_position), int(step), int(preview_step))
    except ValueError:
        return None
