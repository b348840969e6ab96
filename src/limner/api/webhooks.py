"""Everything about webhooks but asking for one: the secret, test events, the log of deliveries, redelivery.

WaveSpeed has only the first; contract section 10 tells what its users miss.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from limner.accounts import Caller
from limner.api.context import BEARER, ByCaller, Context, InContext
from limner.api.envelope import Envelope, success
from limner.api.ids import is_id
from limner.api.queries import Asked, Paged, body_of, read_query
from limner.api.receivers import check_receiver
from limner.api.webhook_views import DeliveriesPage, DeliveryView, SecretView, delivery_view
from limner.errors import NotFound
from limner.predictions.prediction import rfc3339
from limner.webhooks import delivery, store
from limner.webhooks.addresses import MAX_URL_CHARACTERS
from limner.webhooks.store import Delivery

router = APIRouter(tags=["webhooks"], dependencies=[BEARER])


class TestQuery(Asked):
    url: str = Field(
        description="Where to send the test event.",
        max_length=MAX_URL_CHARACTERS,
        examples=["https://example.com/hook"],
    )


class DeliveriesQuery(Paged):
    """Which deliveries to list; by default the newest hundred."""

    prediction_id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = Field(
        None, description="Only of this prediction."
    )
    status: Literal["pending", "delivered", "failed"] | None = Field(
        None, description="Only with this status."
    )


@router.get("/api/v3/webhook/secret", response_model=Envelope[SecretView])
def read_webhook_secret(context: InContext, caller: ByCaller) -> Response:
    """The account's secret, which its webhooks are signed with; made when it is first asked for."""
    now = context.runtime.clock.now()
    with context.runtime.database.begin() as tx:
        delivery.secret_of(tx, caller.account_id)
        return success(_secret_view(tx, caller, now))


@router.post("/api/v3/webhook/secret/rotate", response_model=Envelope[SecretView])
def rotate_webhook_secret(context: InContext, caller: ByCaller) -> Response:
    """A new secret. For 24 hours the former one signs too; one before that no longer does."""
    now = context.runtime.clock.now()
    with context.runtime.database.begin() as tx:
        delivery.rotate_secret(tx, caller.account_id, now)
        return success(_secret_view(tx, caller, now))


@router.post("/api/v3/webhook/test", response_model=Envelope[DeliveryView], openapi_extra=body_of(TestQuery))
async def send_test_event(request: Request, context: InContext, caller: ByCaller) -> Response:
    """Sends a signed event to an address, once and at once: a prediction that never was, with `test` true.
    The answer does not wait for it; ask for the delivery to see what became of it."""
    asked = await read_query(request, TestQuery)
    await check_receiver(asked.url, "url", context.runtime.settings.webhook_allow_private)
    return await run_in_threadpool(_send_test, context, caller, asked.url)


@router.get("/api/v3/webhook/deliveries", response_model=Envelope[DeliveriesPage])
def list_deliveries(
    asked: Annotated[DeliveriesQuery, Query()], context: InContext, caller: ByCaller
) -> Response:
    """The log: every delivery with its attempts, newest first. A delivery goes when its prediction goes."""
    filters = asked.model_dump(include={"prediction_id", "status"}, exclude_none=True)
    with context.runtime.database.read() as tx:
        found, total = store.list_page(tx, caller.account_id, filters, asked.page_size, asked.offset)
        attempts = store.find_attempts(tx, [one.id for one in found])
    items = [delivery_view(one, attempts[one.id]) for one in found]
    return success({"page": asked.page, "page_size": asked.page_size, "total": total, "items": items})


@router.get("/api/v3/webhook/deliveries/{delivery_id}", response_model=Envelope[DeliveryView])
def read_delivery(delivery_id: str, context: InContext, caller: ByCaller) -> Response:
    """A delivery, and what became of its attempts."""
    _check_id(delivery_id)
    with context.runtime.database.read() as tx:
        found = store.find(tx, caller.account_id, delivery_id)
        return success(_view(tx, found))


@router.post("/api/v3/webhook/deliveries/{delivery_id}/redeliver", response_model=Envelope[DeliveryView])
def redeliver(delivery_id: str, context: InContext, caller: ByCaller) -> Response:
    """Sends the same event again, to the same address, as a delivery of its own with attempts of its own. One
    that waits for its next attempt is given up for it; while an attempt is under way the answer is 409."""
    _check_id(delivery_id)
    runtime, now = context.runtime, context.runtime.clock.now()
    with runtime.database.begin() as tx:
        enqueue = runtime.queue.enqueue_delivery
        return success(_view(tx, delivery.redeliver(tx, caller.account_id, delivery_id, enqueue, now)))


def _send_test(context: Context, caller: Caller, url: str) -> Response:
    runtime, now = context.runtime, context.runtime.clock.now()
    with runtime.database.begin() as tx:
        enqueue = runtime.queue.enqueue_delivery
        return success(_view(tx, delivery.schedule_test(tx, caller.account_id, url, enqueue, now)))


def _view(tx: Connection, one: Delivery) -> dict[str, Any]:
    return delivery_view(one, store.find_attempts(tx, [one.id])[one.id])


def _secret_view(tx: Connection, caller: Caller, now: datetime) -> dict[str, Any]:
    until = delivery.previous_valid_until(tx, caller.account_id, now)
    secret = delivery.secret_of(tx, caller.account_id)
    return {"secret": secret, "previous_valid_until": rfc3339(until) if until else ""}


def _check_id(delivery_id: str) -> None:
    if not is_id(delivery_id):
        raise NotFound(f'there is no delivery "{delivery_id}"')
