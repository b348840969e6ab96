"""The pulse of a worker, whatever becomes of the connection that its lock hangs on; and how a worker ends."""

import os
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import pytest

from limner.db.database import DatabaseUnavailable
from limner.pulse import EXIT_BROKEN_OFF, Pulse, exiting_if_broken_off
from limner.workers import Lock, Locks, Worker
from tests.server import wait_until
from tests.unit.conftest import OpenWorkplace
from tests.unit.test_workers import end_the_connections_of_locks


@dataclass
class UnluckyLocks:
    """The second time that a worker wants its own, the database cannot be asked."""

    locks: Locks
    is_proof: bool = False
    wanted: list[str] = field(default_factory=list)

    def take(self, worker_id: str) -> Lock | None:
        self.wanted.append(worker_id)
        if self.wanted.count(worker_id) == 2:
            raise DatabaseUnavailable("the database is being started anew")
        return self.locks.take(worker_id)

    def free(self, worker_ids: Collection[str]) -> set[str]:
        return self.locks.free(worker_ids)


def test_a_lost_lock_is_taken_again_though_not_at_the_first_try(open_workplace: OpenWorkplace) -> None:
    workplace, worker, beats = open_workplace(), Worker(), list[str]()
    if workplace.runtime.database.is_sqlite:
        return
    locks = UnluckyLocks(workplace.runtime.locks)
    runtime = replace(workplace.runtime, locks=locks)
    pulse = Pulse(runtime, worker, lambda: None, lambda: beats.append(worker.id))
    pulse.start()
    try:
        wait_until(lambda: beats, seconds=10)
        end_the_connections_of_locks(runtime.database)
        wait_until(lambda: locks.wanted.count(worker.id) == 3, seconds=10)
        beats.clear()
        wait_until(lambda: beats, seconds=10)
        assert runtime.locks.free([worker.id]) == set()
    finally:
        pulse.stop()
        pulse.release()


@pytest.mark.parametrize("error", [RuntimeError("a bug"), DatabaseUnavailable("away"), SystemExit(0)])
def test_what_is_broken_off_ends_the_worker(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    exits: list[int] = []
    monkeypatch.setattr(os, "_exit", exits.append)

    def fail() -> None:
        raise error

    for work in (list, fail):
        assert exits == []
        with exiting_if_broken_off("attempt", prediction_id="one"):
            work()
    assert exits == [EXIT_BROKEN_OFF]
