"""Everything that happens to an accepted prediction, each as one transaction that the caller opens.

    submit ──> created ── begin ──> processing ── complete ──> completed
                  └── fail, cancel ───┴── fail, cancel ──> failed

An attempt fences its worker: rescuing a prediction raises ``attempt``, and from then on whatever the
former worker writes finds nothing to change. Rescue and queueing are one transaction, so an unfinished
prediction always has exactly one place: waiting for its account's level (``turns``), in the queue, or with a
worker whose death will be noticed. Knows no queue (the outbox is handed in), no engine and no storage.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from limner import ledger
from limner.errors import Conflict
from limner.predictions import progress, removal, store, turns
from limner.predictions.admission import purpose_of
from limner.predictions.order import FIRST_TAG
from limner.predictions.outbox import Outbox
from limner.predictions.prediction import Failure, FailureCode, Filtered, Output, Prediction, Status
from limner.predictions.store import Changes

MAX_ENGINE_DEATHS = 5
CANCELLED = Failure("Cancelled by request", FailureCode.FAILED)  # contract section 15
LEAST_KEPT = timedelta(days=1)  # after its end, if anything is kept so long


class LeaseLost(Conflict):
    """Another attempt has begun, or the prediction is finished: whoever gets this has nothing left to do."""


class CancelRequested(Conflict):
    """The caller wants this prediction no longer."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a finished engine run tells of itself, and what of it was kept back."""

    made_by: str
    warnings: tuple[str, ...]
    inference_ms: int
    filtered: tuple[Filtered, ...] = ()


def begin(tx: Connection, prediction_id: str, attempt: int, owner: str, now: datetime) -> Prediction | None:
    """Gives this attempt to a worker. None when it is not to be had: begun before, rescued, finished."""
    changes = {"status": Status.PROCESSING, "owner": owner, "started_at": now, "step": 0}
    if not store.swap_owner(tx, prediction_id, attempt, None, changes):
        return None
    if attempt == 1:  # a later one comes back to its old place, which is no news
        turns.record_begun(tx, prediction_id, now)
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
                raise CancelRequested(CANCELLED.text)
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
    tx: Connection,
    prediction: Prediction,
    delivered: Sequence[Output],
    made: Made,
    outbox: Outbox,
    now: datetime,
) -> None:
    """Closes with these outputs: what they cost is captured, the rest of the hold released. Closed
    already under this attempt it changes nothing; under another one it raises LeaseLost, and if it is to
    be cancelled CancelRequested: then nothing is delivered (contract section 15)."""
    changes = {
        "made_by": made.made_by,
        "warnings": [*prediction.warnings, *made.warnings],
        "inference_ms": made.inference_ms,
        "filtered": _stored(made.filtered),
        "charged_micros": prediction.price_micros * len(delivered),
    }
    if not _close(tx, prediction, Status.COMPLETED, changes, now):
        return
    if store.is_cancel_requested(tx, prediction.id):
        raise CancelRequested(CANCELLED.text)
    store.add_outputs(tx, prediction.id, delivered)
    _settle(tx, prediction, len(delivered), now)
    _let_go(tx, replace(prediction, status=Status.COMPLETED), outbox, now)


def fail(tx: Connection, prediction: Prediction, failure: Failure, outbox: Outbox, now: datetime) -> None:
    """Closes without outputs, free of charge; as cancelled, if that was asked for before, whatever the
    failure. Repetition and LeaseLost as in ``complete``."""
    changes = {
        "error": failure.text,
        "error_code": failure.code,
        "filtered": _stored(failure.filtered),
    }
    if _close(tx, prediction, Status.FAILED, changes, now):
        if store.is_cancel_requested(tx, prediction.id):
            store.mark_cancelled(tx, prediction.id, CANCELLED)
        _settle(tx, prediction, 0, now)
        _let_go(tx, replace(prediction, status=Status.FAILED), outbox, now)


def cancel(tx: Connection, account_id: str, prediction_id: str, outbox: Outbox, now: datetime) -> Prediction:
    """Ends what nobody works on at once, and what a worker has at its next look; a finished one stays as it
    is. Returns the prediction as it is now. Raises NotFound."""
    store.request_cancel(tx, account_id, prediction_id, now)
    prediction = store.find(tx, account_id, prediction_id)
    if not prediction.is_terminal and prediction.owner is None:
        fail(tx, prediction, CANCELLED, outbox, now)
        return store.find(tx, account_id, prediction_id)
    return prediction


def delete(
    tx: Connection, account_id: str, prediction_ids: Collection[str], outbox: Outbox, now: datetime
) -> list[str]:
    """Removes this account's predictions of these ids, and returns theirs; an unfinished one is cancelled
    first. Transfers stay. What lies in the storage goes after the commit (``removal``)."""
    # All of their rows are locked before the account's, and in one order: others do so too.
    found = sorted(store.own_ids(tx, account_id, prediction_ids))
    own = [one for one in found if store.request_cancel(tx, account_id, one, now)]
    for prediction_id in own:
        prediction = store.find(tx, account_id, prediction_id)
        if not prediction.is_terminal:
            fail(tx, replace(prediction, webhook_url=None), CANCELLED, outbox, now)
        removal.remove(tx, prediction, now)
    return own


def rescue(
    tx: Connection,
    prediction_id: str,
    attempt: int,
    owner: str,
    outbox: Outbox,
    now: datetime,
    is_death: bool = True,
) -> bool:
    """Takes an attempt from its dead owner and queues the next one; False when it is not there to be taken.

    A death inside the engine counts (unless the worker put its work back by itself), and too many of
    them fail the prediction: it, not the worker, is what kills. One that is to be cancelled ends here.
    """
    prediction = store.find_any(tx, prediction_id)
    if prediction is None:
        return False
    deaths = prediction.engine_deaths + int(is_death and prediction.is_in_engine)
    changes = {"attempt": attempt + 1, "owner": None, "is_in_engine": False, "engine_deaths": deaths}
    if not store.swap_owner(tx, prediction_id, attempt, owner, changes):
        return False
    progress.drop_preview(tx, prediction_id)
    rescued = replace(prediction, attempt=attempt + 1)
    if deaths >= MAX_ENGINE_DEATHS or store.is_cancel_requested(tx, prediction_id):
        text = f"The engine broke down {deaths} times over this request; it was given up, free of charge."
        fail(tx, rescued, Failure(text, FailureCode.FAILED), outbox, now)
    else:
        _queue_again(tx, rescued, outbox)
    return True


def _queue_again(tx: Connection, prediction: Prediction, outbox: Outbox) -> None:
    """In its old place, which is before all that came later."""
    pool = store.pool_of(tx, prediction.id)
    outbox.enqueue(tx, prediction.id, prediction.attempt, pool, prediction.queue_tag or FIRST_TAG)


def _swap(tx: Connection, prediction: Prediction, changes: Changes) -> None:
    if not store.swap(tx, prediction.id, prediction.attempt, changes):
        raise _lease_lost(prediction)


def _close(
    tx: Connection, prediction: Prediction, status: Status, changes: dict[str, Any], now: datetime
) -> bool:
    """Whether it was this call that closed it."""
    retention = prediction.expires_at - prediction.created_at
    changes |= {
        "status": status,
        "completed_at": now,
        "expires_at": max(prediction.expires_at, now + min(retention, LEAST_KEPT)),
        "is_in_engine": False,
    }
    if store.swap(tx, prediction.id, prediction.attempt, changes):
        progress.drop_preview(tx, prediction.id)
        return True
    now_stored = store.find_any(tx, prediction.id)
    if now_stored is None or not now_stored.is_terminal or now_stored.attempt != prediction.attempt:
        raise _lease_lost(prediction)
    return False


def _settle(tx: Connection, prediction: Prediction, delivered: int, now: datetime) -> None:
    missed = prediction.request.num_images - delivered
    for move, count in ((ledger.capture, delivered), (ledger.release, missed)):
        amount_micros = prediction.price_micros * count
        move(tx, prediction.account_id, amount_micros, purpose_of(prediction, count), now)


def _let_go(tx: Connection, prediction: Prediction, outbox: Outbox, now: datetime) -> None:
    """What comes of its end: its webhook is told, and its place in the queue is another's."""
    if prediction.webhook_url is not None:
        outbox.announce(tx, prediction, now)
    turns.leave(tx, prediction, outbox)


def _stored(filtered: Sequence[Filtered]) -> list[dict[str, Any]]:
    return [asdict(one) for one in filtered]


def _lease_lost(prediction: Prediction) -> LeaseLost:
    return LeaseLost(f"attempt {prediction.attempt} of prediction {prediction.id} is over")
