"""Who lives: rows that beat, and locks that fall when their holder dies."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from limner import workers
from limner.db.database import Database
from limner.workers import AdvisoryLocks, FileLocks, Locks, Worker

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def locks(database: Database, tmp_path: Path) -> Locks:
    return FileLocks(tmp_path / "locks") if database.is_sqlite else AdvisoryLocks(database.engine)


def test_a_row_beats_until_it_is_removed(database: Database) -> None:
    one, other = Worker(), Worker()
    later = NOW + timedelta(seconds=10)
    with database.begin() as tx:
        workers.register(tx, one, NOW)
        workers.register(tx, other, NOW)
        assert workers.beat(tx, one.id, later)
        assert workers.count_beating(tx, later) == 1
        assert workers.others(tx, one.id) == [(other.id, NOW)]
        workers.remove(tx, other.id)
        assert not workers.beat(tx, other.id, later)
        assert workers.others(tx, one.id) == []


def test_a_lock_is_had_by_one(locks: Locks) -> None:
    worker_id = Worker().id
    lock = locks.take(worker_id)
    assert lock is not None
    assert lock.is_held()
    assert locks.take(worker_id) is None
    other = locks.take(Worker().id)
    assert other is not None
    other.release()
    lock.release()
    again = locks.take(worker_id)
    assert again is not None
    again.release()


def test_a_file_lock_falls_with_its_process(tmp_path: Path) -> None:
    worker_id = Worker().id
    script = (
        "import sys, pathlib\nfrom limner.workers import FileLocks\n"
        "lock = FileLocks(pathlib.Path(sys.argv[1])).take(sys.argv[2])\n"
        "print('taken', flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), worker_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"taken\n"
        assert FileLocks(tmp_path).take(worker_id) is None
        child.kill()
        child.wait()
    lock = FileLocks(tmp_path).take(worker_id)
    assert lock is not None
    lock.release()


def test_an_advisory_lock_falls_with_its_connection(database: Database) -> None:
    if database.is_sqlite:
        return
    worker_id = Worker().id
    locks = AdvisoryLocks(database.engine)
    lock = locks.take(worker_id)
    assert lock is not None
    with database.read() as tx:
        tx.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        )
    assert not lock.is_held()
    again = locks.take(worker_id)
    assert again is not None
    again.release()
