"""What workers do beside their work, each at its heartbeat: take over from the dead, let in what waits, and
remove what has expired. Whatever is broken off here is found again by the next who comes.
"""

from datetime import UTC, datetime, timedelta

import structlog

from limner import accounts, workers
from limner.predictions import lifecycle, removal, store, turns
from limner.runtime import DELIVER, Runtime, attempt_of
from limner.storage import StorageUnavailable
from limner.webhooks import delivery

CLEARED_AT_ONCE = 500  # of the queue's records

log = structlog.get_logger()


def rescue_the_dead(runtime: Runtime, worker_id: str) -> None:
    """``worker_id`` is who asks, and lives."""
    silent_since = _now() - timedelta(seconds=runtime.settings.silence_seconds)
    # Who has work is read before who lives: a worker that starts in between is then no stranger.
    busy = runtime.queue.takers()
    with runtime.database.read() as tx:
        busy |= store.owners(tx)
        others = workers.others(tx, worker_id)
    for other_id, heartbeat_at in others:
        lock = runtime.locks.take(other_id)
        if lock is not None or heartbeat_at < silent_since:
            rescue(runtime, other_id)
        if lock is not None:
            lock.release()
    known = {worker_id, *(other_id for other_id, _ in others)}
    for stranger in busy - known:
        rescue(runtime, stranger)


def rescue(runtime: Runtime, worker_id: str, is_death: bool = True) -> None:
    """Queues anew whatever this worker had, then removes it; cut off in between, it is done again."""
    taken = runtime.queue.taken_by(worker_id)
    with runtime.database.read() as tx:
        owned = store.owned_by(tx, worker_id)
    for prediction_id, attempt in {*map(attempt_of, taken), *owned}:
        with runtime.database.begin() as tx:
            if lifecycle.rescue(tx, prediction_id, attempt, worker_id, runtime.queue, _now(), is_death):
                log.warning("prediction rescued", prediction_id=prediction_id, worker_id=worker_id)
    sent = runtime.queue.taken_by(worker_id, DELIVER)
    for delivery_id, number in map(attempt_of, sent):
        with runtime.database.begin() as tx:
            if delivery.rescue(tx, delivery_id, number, runtime.queue.enqueue_delivery, _now()):
                log.warning("delivery rescued", delivery_id=delivery_id, worker_id=worker_id)
    runtime.queue.drop([*taken, *sent])
    with runtime.database.begin() as tx:
        workers.remove(tx, worker_id)


def let_in(runtime: Runtime) -> None:
    """Queues what waits although its account has room: its level was raised, or somebody else's transaction
    held it when its turn came."""
    with runtime.database.read() as tx:
        held_back = accounts.held_back(tx)
    for account_id in held_back:
        with runtime.database.begin() as tx:
            turns.let_in(tx, account_id, runtime.queue)


def expire(runtime: Runtime, now: datetime) -> None:
    """Takes a batch of whatever has been kept for long enough: predictions, uploads, the queue's records."""
    removal.expire(runtime.database, now)
    runtime.intake.expire(now)
    with runtime.database.begin() as tx:
        delivery.expire_tests(tx, now - runtime.limits.retention)
    runtime.queue.expire(now - runtime.limits.retention, CLEARED_AT_ONCE)
    clear(runtime, now)


def clear(runtime: Runtime, now: datetime) -> None:
    """Removes what deleted predictions have left behind in storage and queue."""
    try:
        removal.clear(runtime.database, runtime.storage, runtime.queue.forget, now)
    except StorageUnavailable as error:
        log.warning("pictures not removed yet", cause=error.message)


def _now() -> datetime:
    return datetime.now(UTC)
