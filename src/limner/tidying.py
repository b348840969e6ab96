"""Removing what nobody will ask for any more: what has expired, what was deleted, what was left behind.

Every worker is ready to do it, and one of them all does, who holds a lock; when that one dies another has the
lock within seconds. Whatever is broken off here, or done twice, does no harm: each batch is a transaction of
its own, short enough that nobody notices, and says by itself what is left to do.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from limner import orphans
from limner.predictions import removal
from limner.runtime import Runtime
from limner.webhooks import delivery
from limner.workers import Lock

TIDY_SECONDS = 5.0
BREATH_SECONDS = 0.02  # between two batches, for those who wait to write
FIRST_SWEEP_SECONDS = 600.0
SWEEP_SECONDS = 6 * 3600.0
LOCK_ID = "71d4" * 8  # no worker's: theirs are drawn

log = structlog.get_logger()


def tidy(runtime: Runtime, ended: threading.Event) -> None:
    """Until ``ended`` is set, or somebody else does it."""
    turn = _Turn(runtime)
    try:
        while not ended.wait(TIDY_SECONDS):
            try:
                if turn.is_ours():
                    _tidy_up(runtime, ended)
                    turn.sweep_if_due()
            except Exception as error:  # of whatever kind: the storage may be back the next time
                log.error("could not tidy up", exc_info=error)
    finally:
        turn.give_up()


def tidy_once(runtime: Runtime, now: datetime) -> bool:
    """One batch of everything; whether there may be more. Raises StorageUnavailable."""
    # All of them, each time: none waits until another has nothing left to do.
    return any([batch(runtime, now) for batch in _BATCHES])


def _tidy_up(runtime: Runtime, ended: threading.Event) -> None:
    while tidy_once(runtime, runtime.clock.now()) and not ended.wait(BREATH_SECONDS):
        pass


class _Turn:
    """Whether it is this process that tidies up, and when it has last swept the storage."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock: Lock | None = None
        self._sweep_at = 0.0

    def is_ours(self) -> bool:
        if self._lock is not None and not self._lock.is_held():  # its connection is gone
            self.give_up()
        if self._lock is None:
            self._lock = self._runtime.locks.take(LOCK_ID)
            self._sweep_at = time.monotonic() + FIRST_SWEEP_SECONDS
        return self._lock is not None

    def sweep_if_due(self) -> None:
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
            orphans.sweep(self._runtime.database, self._runtime.storage, self._runtime.clock.now())

    def give_up(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()


def _predictions(runtime: Runtime, now: datetime) -> int:
    return removal.expire(runtime.database, now)


def _leavings(runtime: Runtime, now: datetime) -> int:
    return removal.clear(runtime.database, runtime.storage, runtime.queue.forget, now)


def _idempotency_keys(runtime: Runtime, now: datetime) -> int:
    return removal.expire_keys(runtime.database, now)


def _uploads(runtime: Runtime, now: datetime) -> int:
    return runtime.intake.expire(now)


def _test_events(runtime: Runtime, now: datetime) -> int:
    with runtime.database.begin() as tx:
        return delivery.expire_tests(tx, now - runtime.limits.retention)


def _queue_records(runtime: Runtime, now: datetime) -> int:
    return runtime.queue.expire(now - runtime.limits.retention)


_BATCHES: tuple[Callable[[Runtime, datetime], int], ...] = (
    *(_predictions, _leavings, _idempotency_keys, _uploads, _test_events, _queue_records),
)
