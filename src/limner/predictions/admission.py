"""How a request becomes a prediction: counted, its price held, stored, and queued or left to wait.

Knows no queue (the outbox is handed in) and nothing of what becomes of a prediction afterwards.
"""

import math
import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from limner import accounts, ledger
from limner.accounts import Caller
from limner.catalog import ModelSpec
from limner.errors import RateLimited
from limner.inputs import ImageInput, size_in_pixels, with_seed
from limner.ledger import Purpose
from limner.predictions import idempotency, store, turns
from limner.predictions.costs import Kind, Speeds
from limner.predictions.idempotency import IdempotencyConflict, IdempotencyKey
from limner.predictions.outbox import Outbox
from limner.predictions.prediction import Prediction, Status

QUEUE_RETRY_SECONDS = 10
LONGEST_RETRY_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Submission:
    caller: Caller
    spec: ModelSpec
    request: ImageInput
    warnings: tuple[str, ...] = ()
    webhook_url: str | None = None
    idempotency_key: IdempotencyKey | None = None
    speeds: Speeds = field(default_factory=Speeds)
    expected_wait: timedelta = timedelta()  # behind all that is in the queue


@dataclass(frozen=True, slots=True)
class Limits:
    """Unfinished predictions, in all and of one account; how long one may wait whose account has others;
    and how long finished ones are kept."""

    queue: int = 10_000
    account_queue: int = 10_000
    longest_wait: timedelta = timedelta(hours=6)
    retention: timedelta = timedelta(days=7)


def submit(
    tx: Connection, submission: Submission, limits: Limits, outbox: Outbox, now: datetime
) -> Prediction:
    """Accepts a request, or finds the prediction that was made under its key. Raises RateLimited,
    InsufficientBalance, Forbidden (the account is suspended) or IdempotencyConflict, and then, once the
    caller has rolled back, nothing of it remains."""
    key, account_id = submission.idempotency_key, submission.caller.account_id
    if key is None:
        return _accept(tx, submission, limits, outbox, now)
    accounts.lock(tx, account_id)
    known_id = idempotency.find(tx, account_id, key, now)
    if known_id is not None:
        return _find_again(tx, account_id, known_id)
    prediction = _accept(tx, submission, limits, outbox, now)
    idempotency.add(tx, account_id, key, prediction.id, now)
    return prediction


def _accept(
    tx: Connection, submission: Submission, limits: Limits, outbox: Outbox, now: datetime
) -> Prediction:
    prediction = _prediction_of(submission, now, now + limits.retention)
    may_enter = accounts.admit(
        tx, submission.caller, prediction.request.num_images, limits.account_queue, now
    )
    _refuse_full_queue(tx, limits)
    _refuse_long_queue(tx, submission, limits)
    ledger.hold(
        tx,
        prediction.account_id,
        prediction.held_micros,
        purpose_of(prediction, prediction.request.num_images),
        now,
    )
    pool = submission.spec.engine.pool
    if may_enter:
        prediction = replace(prediction, queue_tag=turns.take_tag(tx, prediction, pool))
    store.add(tx, prediction, pool)
    if prediction.queue_tag is not None:
        outbox.enqueue(tx, prediction.id, prediction.attempt, pool, prediction.queue_tag)
    return prediction


def kind_of(spec: ModelSpec, request: ImageInput) -> Kind:
    width, height = size_in_pixels(request.aspect_ratio, request.resolution)
    return Kind(spec.engine.pool, spec.effort.num_inference_steps, width * height)


def purpose_of(prediction: Prediction, num_images: int) -> Purpose:
    return Purpose(prediction.id, prediction.model_id, prediction.key_id, num_images)


def _find_again(tx: Connection, account_id: str, prediction_id: str) -> Prediction:
    found = store.find_many(tx, [(account_id, prediction_id)])
    if not found:
        raise IdempotencyConflict("the prediction that was made under this Idempotency-Key was deleted")
    return found[account_id, prediction_id]


def _prediction_of(submission: Submission, now: datetime, expires_at: datetime) -> Prediction:
    caller, spec = submission.caller, submission.spec
    request = with_seed(submission.request)
    return Prediction(
        id=uuid.uuid4().hex,
        account_id=caller.account_id,
        key_id=caller.key_id,
        model_id=spec.model_id,
        request=request,
        inputs={name: value for name, value in asdict(request).items() if name in spec.inputs},
        status=Status.CREATED,
        attempt=1,
        price_micros=spec.price_micros,
        cost=submission.speeds.cost(kind_of(spec, request), request.num_images),
        created_at=now,
        expires_at=expires_at,
        warnings=submission.warnings,
        webhook_url=submission.webhook_url,
    )


def _refuse_full_queue(tx: Connection, limits: Limits) -> None:
    if store.count_live(tx) >= limits.queue:
        raise RateLimited(f"{limits.queue} predictions wait already", QUEUE_RETRY_SECONDS)


def _refuse_long_queue(tx: Connection, submission: Submission, limits: Limits) -> None:
    """An account with nothing else is let in: its turn comes long before all the others are done."""
    late = submission.expected_wait - limits.longest_wait
    if late > timedelta() and accounts.count_live(tx, submission.caller.account_id) > 1:
        hours = limits.longest_wait / timedelta(hours=1)
        retry_seconds = min(LONGEST_RETRY_SECONDS, max(1, math.ceil(late.total_seconds())))
        raise RateLimited(f"what is queued takes more than {hours:g} hours already", retry_seconds)
