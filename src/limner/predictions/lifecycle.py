"""Everything that happens to a prediction, each as one transaction that the caller opens.

    submit ──> created ── begin ──> processing ── complete ──> completed
                  └────── fail ─────────┴──────── fail ──────> failed

An attempt fences its worker: rescuing a prediction raises ``attempt``, and from then on whatever the
former worker writes finds nothing to change. Rescue and queueing are one transaction, so an unfinished
prediction always has exactly one place: in the queue, or with a worker whose death will be noticed.
Knows no queue (``enqueue`` is handed in), no engine and no storage.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from limner import accounts, ledger
from limner.accounts import Caller
from limner.catalog import ModelSpec
from limner.errors import Conflict, RateLimited
from limner.inputs import ImageInput, with_seed
from limner.predictions import progress, store
from limner.predictions.prediction import Failure, FailureCode, Filtered, Output, Prediction, Status
from limner.predictions.store import Changes

RETENTION = timedelta(days=7)
MAX_ENGINE_DEATHS = 5
QUEUE_RETRY_SECONDS = 10

Enqueue = Callable[[Connection, str, int, str], None]
"""Queues (prediction id, attempt) on a pool, within the transaction."""


class LeaseLost(Conflict):
    """Another attempt has begun, or the prediction is finished: whoever gets this has nothing left to do."""


class CancelRequested(Conflict):
    """The caller wants this prediction no longer."""


@dataclass(frozen=True, slots=True)
class Submission:
    caller: Caller
    spec: ModelSpec
    request: ImageInput
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Unfinished predictions, in all and of one account."""

    queue: int = 10_000
    account_queue: int = 10_000


@dataclass(frozen=True, slots=True)
class Made:
    """What a finished engine run tells of itself, and what of it was kept back."""

    made_by: str
    warnings: tuple[str, ...]
    inference_ms: int
    filtered: tuple[Filtered, ...] = ()


def submit(
    tx: Connection, submission: Submission, limits: Limits, enqueue: Enqueue, now: datetime
) -> Prediction:
    """Accepts a request: counted, its price held, stored and queued. Raises RateLimited or
    InsufficientBalance, and then, once the caller has rolled back, nothing of it remains."""
    caller, spec = submission.caller, submission.spec
    request = with_seed(submission.request)
    prediction = Prediction(
        id=uuid.uuid4().hex,
        account_id=caller.account_id,
        key_id=caller.key_id,
        model_id=spec.model_id,
        request=request,
        inputs={name: value for name, value in asdict(request).items() if name in spec.inputs},
        status=Status.CREATED,
        attempt=1,
        price_micros=spec.price_micros,
        created_at=now,
        warnings=submission.warnings,
    )
    accounts.admit(tx, caller, request.num_images, limits.account_queue, now)
    _refuse_full_queue(tx, limits)
    ledger.hold(tx, caller.account_id, spec.quote_micros(request), prediction.id, now)
    store.add(tx, prediction, spec.engine.pool, now + RETENTION)
    enqueue(tx, prediction.id, prediction.attempt, spec.engine.pool)
    return prediction


def begin(tx: Connection, prediction_id: str, attempt: int, owner: str, now: datetime) -> Prediction | None:
    """Gives this attempt to a worker. None when it is not to be had: begun before, rescued, finished."""
    changes = {"status": Status.PROCESSING, "owner": owner, "started_at": now, "step": 0}
    if not store.swap_owner(tx, prediction_id, attempt, None, changes):
        return None
    return store.find_any(tx, prediction_id)


def enter_engine(tx: Connection, prediction: Prediction) -> None:
    """From here on the death of the worker counts against this prediction. Raises LeaseLost."""
    _swap(tx, prediction, {"is_in_engine": True})


def leave_engine(tx: Connection, prediction: Prediction) -> None:
    """From here on it no longer does. Raises LeaseLost."""
    _swap(tx, prediction, {"is_in_engine": False})


def look(tx: Connection, prediction: Prediction) -> None:
    """Whether to go on. Raises LeaseLost or CancelRequested."""
    match store.watch(tx, prediction.id):
        case (attempt, is_cancel_requested) if attempt == prediction.attempt:
            if is_cancel_requested:
                raise CancelRequested("Cancelled by request")
        case _:
            raise _lease_lost(prediction)


def record_progress(
    tx: Connection, prediction: Prediction, step: int, num_steps: int, preview: bytes | None = None
) -> None:
    """``preview`` is a JPEG; without a new one the former stays. Raises LeaseLost."""
    _swap(tx, prediction, {"step": step, "num_steps": num_steps})
    if preview is not None:
        progress.put_preview(tx, prediction.id, step, preview)


def complete(
    tx: Connection, prediction: Prediction, delivered: Sequence[Output], made: Made, now: datetime
) -> None:
    """Closes with these outputs: what they cost is captured, the rest of the hold released. Closed
    already under this attempt it changes nothing; under another one it raises LeaseLost."""
    changes = {
        "status": Status.COMPLETED,
        "completed_at": now,
        "is_in_engine": False,
        "made_by": made.made_by,
        "warnings": [*prediction.warnings, *made.warnings],
        "inference_ms": made.inference_ms,
        "filtered": _stored(made.filtered),
    }
    if _close(tx, prediction, changes):
        store.add_outputs(tx, prediction.id, delivered)
        _settle(tx, prediction, prediction.price_micros * len(delivered), now)


def fail(tx: Connection, prediction: Prediction, failure: Failure, now: datetime) -> None:
    """Closes without outputs, free of charge. Repetition and LeaseLost as in ``complete``."""
    changes = {
        "status": Status.FAILED,
        "completed_at": now,
        "is_in_engine": False,
        "error": failure.text,
        "error_code": failure.code,
        "filtered": _stored(failure.filtered),
    }
    if _close(tx, prediction, changes):
        _settle(tx, prediction, 0, now)


def rescue(
    tx: Connection,
    prediction_id: str,
    attempt: int,
    owner: str,
    enqueue: Enqueue,
    now: datetime,
    is_death: bool = True,
) -> bool:
    """Takes an attempt from its dead owner and queues the next one; False when it is not there to be taken.

    A death inside the engine counts (unless the worker put its work back by itself), and too many of
    them fail the prediction: it, not the worker, is what kills.
    """
    prediction = store.find_any(tx, prediction_id)
    if prediction is None:
        return False
    deaths = prediction.engine_deaths + int(is_death and prediction.is_in_engine)
    changes = {"attempt": attempt + 1, "owner": None, "is_in_engine": False, "engine_deaths": deaths}
    if not store.swap_owner(tx, prediction_id, attempt, owner, changes):
        return False
    progress.drop_preview(tx, prediction_id)
    if deaths >= MAX_ENGINE_DEATHS:
        text = f"The engine broke down {deaths} times over this request; it was given up, free of charge."
        fail(tx, replace(prediction, attempt=attempt + 1), Failure(text, FailureCode.FAILED), now)
    else:
        enqueue(tx, prediction_id, attempt + 1, store.pool_of(tx, prediction_id))
    return True


def _refuse_full_queue(tx: Connection, limits: Limits) -> None:
    if store.count_live(tx) >= limits.queue:
        raise RateLimited(f"{limits.queue} predictions wait already", QUEUE_RETRY_SECONDS)


def _swap(tx: Connection, prediction: Prediction, changes: Changes) -> None:
    if not store.swap(tx, prediction.id, prediction.attempt, changes):
        raise _lease_lost(prediction)


def _close(tx: Connection, prediction: Prediction, changes: Changes) -> bool:
    """Whether it was this call that closed it."""
    if store.swap(tx, prediction.id, prediction.attempt, changes):
        progress.drop_preview(tx, prediction.id)
        return True
    now_stored = store.find_any(tx, prediction.id)
    if now_stored is None or not now_stored.is_terminal or now_stored.attempt != prediction.attempt:
        raise _lease_lost(prediction)
    return False


def _settle(tx: Connection, prediction: Prediction, earned_micros: int, now: datetime) -> None:
    ledger.capture(tx, prediction.account_id, earned_micros, prediction.id, now)
    ledger.release(tx, prediction.account_id, prediction.held_micros - earned_micros, prediction.id, now)
    accounts.leave(tx, prediction.account_id)


def _stored(filtered: Sequence[Filtered]) -> list[dict[str, Any]]:
    return [asdict(one) for one in filtered]


def _lease_lost(prediction: Prediction) -> LeaseLost:
    return LeaseLost(f"attempt {prediction.attempt} of prediction {prediction.id} is over")
