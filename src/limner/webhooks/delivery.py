"""Everything that happens to a delivery, each as one transaction that the caller opens.

    schedule ──> pending ── begin ── finish ──┬──> delivered
                    └── after a while ── no ──┴──> failed, when no attempt is left

An attempt has a number, and the number fences: begun once, rescued by raising it, so that the workflow of an
attempt that was lost finds nothing to do. Every pending delivery has exactly one attempt queued or under way.
An attempt whose worker died does not count as a failure of the receiver; the receiver may hear of it twice.
Knows no queue (``enqueue`` is handed in), no network, and of a prediction nothing but its id.
"""

import random
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from limner.errors import Conflict, RateLimited
from limner.webhooks import store
from limner.webhooks.sending import Outcome
from limner.webhooks.signing import new_secret
from limner.webhooks.store import Attempt, Changes, Delivery, DeliveryStatus, Event

RETRY_SECONDS = (2.0, 10.0, 60.0, 600.0, 3600.0)  # contract section 15
JITTER = 0.2  # a delay is up to this much longer, so that retries to one receiver spread out
ROTATION = timedelta(hours=24)
"""How long a replaced secret goes on signing beside its successor."""

OVERDUE = timedelta(minutes=10)
MAX_PENDING_TESTS = 10
TESTS_AT_ONCE = 500  # forgotten in one transaction
TEST_RETRY_SECONDS = 10
INTERRUPTED = "the worker stopped during this attempt, which is made again"

Enqueue = Callable[[Connection, str, int, str, float], None]
"""Queues (delivery id, number of the attempt, account id, seconds to wait), within the transaction."""


def secret_of(tx: Connection, account_id: str) -> str:
    """The account's secret, made when it is first asked for."""
    store.set_first_secret(tx, account_id, new_secret())
    return store.find_secrets(tx, account_id).current


def rotate_secret(tx: Connection, account_id: str, now: datetime) -> str:
    """A new secret; its predecessor goes on signing for ROTATION, and one before that no longer."""
    secret_of(tx, account_id)
    store.replace_secret(tx, account_id, new_secret(), now)
    return store.find_secrets(tx, account_id).current


def valid_secrets(tx: Connection, account_id: str, now: datetime) -> list[str]:
    """What signs now: the newest first."""
    current = secret_of(tx, account_id)
    if previous_valid_until(tx, account_id, now) is None:
        return [current]
    return [current, store.find_secrets(tx, account_id).previous]


def previous_valid_until(tx: Connection, account_id: str, now: datetime) -> datetime | None:
    """Until when the former secret signs too; None when it does not, or there is none."""
    rotated_at = store.find_secrets(tx, account_id).rotated_at
    until = None if rotated_at is None else rotated_at + ROTATION
    return until if until is not None and now < until else None


def schedule(
    tx: Connection, account_id: str, prediction_id: str, url: str, enqueue: Enqueue, now: datetime
) -> Delivery:
    """Queues the news that a prediction is finished. Its id is what the receiver knows it by, every time."""
    return _start(tx, _new(account_id, prediction_id, prediction_id, url, now), enqueue)


def schedule_test(tx: Connection, account_id: str, url: str, enqueue: Enqueue, now: datetime) -> Delivery:
    """Queues a test event, which has one attempt. Raises RateLimited."""
    if store.count_pending_tests(tx, account_id) >= MAX_PENDING_TESTS:
        raise RateLimited(f"{MAX_PENDING_TESTS} test events wait already", TEST_RETRY_SECONDS)
    return _start(tx, _new(account_id, None, uuid.uuid4().hex, url, now), enqueue)


def redeliver(tx: Connection, account_id: str, delivery_id: str, enqueue: Enqueue, now: datetime) -> Delivery:
    """Queues the same event anew, as a delivery of its own, and gives up a former one that waits for its next
    attempt. Raises NotFound, or Conflict while an attempt is under way."""
    former = store.find(tx, account_id, delivery_id)
    if former.prediction_id is None:
        return schedule_test(tx, account_id, former.url, enqueue, now)
    store.fail_waiting(tx, former.prediction_id, now)
    try:
        return schedule(tx, account_id, former.prediction_id, former.url, enqueue, now)
    except IntegrityError as error:  # one pending delivery for each prediction
        raise Conflict("this prediction is being delivered right now") from error


def expire_tests(tx: Connection, before: datetime) -> int:
    """Forgets a batch of test events made before then; how many. Every other delivery goes with its
    prediction."""
    return store.remove_tests(tx, before, TESTS_AT_ONCE)


def overdue(tx: Connection, now: datetime) -> list[str]:
    """Deliveries whose attempt should have been made a good while ago; with a worker alive there are none."""
    return store.due_before(tx, now - OVERDUE)


def begin(tx: Connection, delivery_id: str, number: int) -> Delivery | None:
    """Starts this attempt. None when it is not to be had: begun before, rescued, given up, deleted."""
    changes = {"num_attempts": number, "next_attempt_at": None}
    if not store.swap(tx, delivery_id, number - 1, changes, is_under_way=False):
        return None
    return store.find_any(tx, delivery_id)


def finish(
    tx: Connection,
    delivery: Delivery,
    outcome: Outcome,
    enqueue: Enqueue,
    now: datetime,
    retry_seconds: Sequence[float] = RETRY_SECONDS,
) -> None:
    """Records an attempt, and queues the next one if it failed and one is left. Changes nothing when the
    attempt was taken from this worker meanwhile."""
    changes, seconds = _after(tx, delivery, outcome, now, retry_seconds)
    number = delivery.num_attempts
    if not store.swap(tx, delivery.id, number, changes, is_under_way=True):
        return
    started_at = now - timedelta(milliseconds=outcome.duration_ms)
    attempt = Attempt(number, started_at, outcome.duration_ms, outcome.http_status, outcome.error)
    store.add_attempt(tx, delivery.id, attempt)
    if seconds is not None:
        enqueue(tx, delivery.id, number + 1, delivery.account_id, seconds)


def rescue(tx: Connection, delivery_id: str, number: int, enqueue: Enqueue, now: datetime) -> bool:
    """Queues anew an attempt whose worker is gone, begun or not; False when there is nothing to rescue."""
    changes = {"num_attempts": number, "next_attempt_at": now}
    is_begun = store.swap(tx, delivery_id, number, changes, is_under_way=True)
    if not (is_begun or store.swap(tx, delivery_id, number - 1, changes, is_under_way=False)):
        return False
    delivery = store.find_any(tx, delivery_id)
    assert delivery is not None, "it was changed in this transaction"
    if is_begun:
        store.add_attempt(tx, delivery_id, Attempt(number, now, 0, None, INTERRUPTED))
    enqueue(tx, delivery_id, number + 1, delivery.account_id, 0.0)
    return True


def _after(
    tx: Connection, delivery: Delivery, outcome: Outcome, now: datetime, retry_seconds: Sequence[float]
) -> tuple[Changes, float | None]:
    """What this outcome makes of a delivery, and how many seconds later it is tried again, if it is."""
    if outcome.is_delivered:
        return {"status": DeliveryStatus.DELIVERED, "finished_at": now}, None
    failures = store.count_attempts(tx, delivery.id, INTERRUPTED)
    if delivery.event == Event.TEST or failures >= len(retry_seconds):
        return {"status": DeliveryStatus.FAILED, "finished_at": now}, None
    seconds = retry_seconds[failures] * (1 + random.random() * JITTER)  # noqa: S311  no secret
    return {"next_attempt_at": now + timedelta(seconds=seconds)}, seconds


def _new(account_id: str, prediction_id: str | None, webhook_id: str, url: str, now: datetime) -> Delivery:
    return Delivery(
        id=uuid.uuid4().hex,
        account_id=account_id,
        prediction_id=prediction_id,
        webhook_id=webhook_id,
        event=Event.TEST if prediction_id is None else Event.PREDICTION,
        url=url,
        status=DeliveryStatus.PENDING,
        num_attempts=0,
        next_attempt_at=now,
        created_at=now,
    )


def _start(tx: Connection, delivery: Delivery, enqueue: Enqueue) -> Delivery:
    store.add(tx, delivery)
    enqueue(tx, delivery.id, 1, delivery.account_id, 0.0)
    return delivery
