"""Who lives: rows that beat, and locks that fall when their holder dies."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from limner import workers
from limner.db.database import Database
from limner.db.tables import workers as workers_table
from limner.workers import NUM_WATCHMEN, AdvisoryLocks, Crew, FileLocks, Lately, Locks, Sign, Vigil, Worker

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
        assert workers.count_beating(tx, at(later)) == 1
        assert workers.signs(tx, one.id) == {other.id: Sign(0, NOW)}
        assert workers.signs(tx, other.id) == {one.id: Sign(1, later)}
        workers.remove(tx, other.id)
        assert not workers.beat(tx, other.id, later)
        assert workers.signs(tx, one.id) == {}


def test_who_serves_what_is_told_until_it_stops(database: Database) -> None:
    one, other, silent = Worker(), Worker(), Worker()
    with database.begin() as tx:
        for worker in (one, other):
            workers.register(tx, worker, NOW)
        workers.register(tx, silent, NOW - timedelta(seconds=1))
        workers.serve(tx, one.id, ["nano", "gemini"])
        workers.serve(tx, other.id, ["nano"])
        workers.serve(tx, silent.id, ["wavespeed"])
        assert workers.crew(tx, at(NOW)) == Crew(2, frozenset({"nano", "gemini"}), serves_all=False)
        workers.stop(tx, one.id, NOW)
        crew = workers.crew(tx, at(NOW))
    assert (crew.count, crew.serves("nano"), crew.serves("gemini")) == (2, True, False)


def test_a_worker_of_the_former_version_serves_everything(database: Database) -> None:
    row = {"id": "0" * 32, "host": "old", "pid": 1, "started_at": NOW, "heartbeat_at": NOW}
    with database.begin() as tx:
        tx.execute(insert(workers_table).values(row))
        assert workers.crew(tx, at(NOW)).serves("anything")


def test_the_newest_few_are_on_watch(database: Database) -> None:
    crowd = [Worker() for _ in range(NUM_WATCHMEN + 2)]
    with database.begin() as tx:
        for k, worker in enumerate(crowd):
            workers.register(tx, worker, NOW + timedelta(seconds=k))
        lately = Lately(NOW, timedelta(seconds=20))
        assert not workers.is_watchman(tx, crowd[1].id, lately)
        assert all(workers.is_watchman(tx, worker.id, lately) for worker in crowd[2:])
        # When the newest fall silent it is the others' turn.
        for worker in crowd[:3]:
            workers.beat(tx, worker.id, NOW + timedelta(minutes=1))
        assert workers.is_watchman(tx, crowd[0].id, Lately(NOW + timedelta(minutes=1), timedelta(seconds=30)))


def test_the_dead_of_a_clock_that_was_ahead_keep_no_watch(database: Database) -> None:
    dead, alive = [Worker() for _ in range(NUM_WATCHMEN)], Worker()
    with database.begin() as tx:
        for worker in dead:
            workers.register(tx, worker, NOW + timedelta(minutes=5))
        workers.register(tx, alive, NOW)
        lately = Lately(NOW + timedelta(seconds=2), timedelta(seconds=15))
        assert workers.is_watchman(tx, alive.id, lately)
        assert workers.crew(tx, lately).count == workers.count_beating(tx, lately) == 1


def at(moment: datetime) -> Lately:
    return Lately(moment, timedelta())


ALIVE, FROZEN = "a" * 32, "f" * 32


def test_silence_is_counted_and_clocks_do_not_matter() -> None:
    vigil = Vigil(longest_gap_seconds=3)
    times = [NOW, NOW - timedelta(days=1), NOW + timedelta(days=300), NOW]  # as its host has them
    for second, at in enumerate(times):
        silent = vigil.look({ALIVE: Sign(second, at), FROZEN: Sign(7, NOW)}, 100.0 + second)
    assert silent == {ALIVE: 0.0, FROZEN: 3.0}
    # The former version counts no beats, but its time goes on.
    vigil = Vigil(longest_gap_seconds=3)
    for second in range(3):
        silent = vigil.look({ALIVE: Sign(0, NOW + timedelta(seconds=second))}, float(second))
    assert silent == {ALIVE: 0.0}


def test_who_did_not_look_knows_of_no_silence() -> None:
    vigil = Vigil(longest_gap_seconds=3)
    vigil.look({ALIVE: Sign(1, NOW)}, 0.0)
    assert vigil.look({ALIVE: Sign(1, NOW)}, 60.0) == {ALIVE: 0.0}  # as after SIGSTOP and SIGCONT
    vigil.begin_anew()  # as after an outage
    assert vigil.look({ALIVE: Sign(1, NOW)}, 61.0) == {ALIVE: 0.0}
    assert vigil.look({ALIVE: Sign(1, NOW)}, 63.0) == {ALIVE: 2.0}


def test_free_locks_are_told_from_held_ones(locks: Locks) -> None:
    held, free = Worker().id, Worker().id
    lock = locks.take(held)
    assert lock is not None
    assert locks.free([held, free]) == {free}
    lock.release()
    assert locks.free([held, free]) == {held, free}


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
    end_the_connections_of_locks(database)
    assert not lock.is_held()
    again = locks.take(worker_id)
    assert again is not None
    again.release()


def end_the_connections_of_locks(database: Database) -> None:
    with database.read() as tx:
        tx.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )


def test_a_lost_lock_is_known_for_lost_and_can_be_released(database: Database) -> None:
    """However often it is asked, and whether or not anybody has asked before."""
    if database.is_sqlite:
        return
    locks = AdvisoryLocks(database.engine)
    for num_asked in range(3):
        worker_id = Worker().id
        lock = locks.take(worker_id)
        assert lock is not None
        end_the_connections_of_locks(database)
        assert [lock.is_held() for _ in range(num_asked)] == [False] * num_asked
        lock.release()
        lock.release()
        assert not lock.is_held()
        again = locks.take(worker_id)
        assert again is not None
        assert again.is_held()
        again.release()
        assert locks.free([worker_id]) == {worker_id}
