"""What workers do beside their work: take over from the dead, let in what waits, remove what has expired.
Whatever is broken off here is found again by the next who comes.
"""

import threading
from datetime import UTC, datetime, timedelta

import structlog

from limner import accounts, workers
from limner.predictions import lifecycle, removal, store, turns
from limner.queueing import DELIVER, attempt_of
from limner.runtime import Runtime
from limner.webhooks import delivery

TIDY_SECONDS = 5.0

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


def tidy(runtime: Runtime, ended: threading.Event) -> None:
    """Removes what has expired, and what was deleted, until the shift has ended."""
    while not ended.wait(TIDY_SECONDS):
        try:
            while not ended.is_set() and tidy_once(runtime, _now()):
                pass
        except Exception as error:  # of whatever kind: the storage may be back the next time
            log.error("could not tidy up", exc_info=error)


def tidy_once(runtime: Runtime, now: datetime) -> bool:
    """One batch of everything; whether there may be more. Raises StorageUnavailable."""
    expired = removal.expire(runtime.database, now)
    cleared = removal.clear(runtime.database, runtime.storage, runtime.queue.forget, now)
    uploads = runtime.intake.expire(now)
    records = runtime.queue.expire(now - runtime.limits.retention)
    return any((expired, cleared, uploads, records))


def _now() -> datetime:
    return datetime.now(UTC)
