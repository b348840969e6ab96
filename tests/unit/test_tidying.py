"""What is removed, when, by whom, and how little anybody notices of it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from limner import ledger, tidying
from limner.db.clock import DatabaseClock
from limner.db.tables import idempotency_keys, outputs, predictions, removals, webhook_deliveries
from limner.errors import NotFound
from limner.inputs import ImageInput
from limner.predictions import lifecycle, removal
from limner.predictions.admission import Submission, submit
from limner.runtime import Runtime
from limner.webhooks import delivery
from tests.server import wait_until
from tests.unit.conftest import OpenWorkplace
from tests.unit.test_workers import end_the_connections_of_locks
from tests.unit.workplace import Workplace

LATER = timedelta(days=8)


def count(workplace: Workplace, table: Any) -> int:
    with workplace.runtime.database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def records(workplace: Workplace) -> set[str]:
    """What the queue keeps."""
    found = workplace.runtime.queue.client.list_workflows(load_input=False, load_output=False)
    return {one.workflow_id for one in found}


def test_what_has_expired_goes_altogether_and_its_charge_stays(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    with workplace.working():
        done = workplace.finish(workplace.submit())
    waiting = workplace.submit()
    runtime, now = workplace.runtime, datetime.now(UTC)
    assert not tidying.tidy_once(runtime, now)
    assert tidying.tidy_once(runtime, now + LATER)
    assert not tidying.tidy_once(runtime, now + LATER)
    with pytest.raises(NotFound):
        workplace.find(done)
    with pytest.raises(NotFound):
        runtime.storage.get(done.outputs[0].object_key)
    assert records(workplace) == {waiting.id}
    with runtime.database.read() as tx:
        assert ledger.unbalanced_accounts(tx) == []
        assert ledger.balance(tx, workplace.caller.account_id).settled_micros == 1_000_000_000 - 38_000


def test_test_events_and_idempotency_keys_go_in_batches(
    open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workplace = open_workplace()
    runtime, account_id, now = workplace.runtime, workplace.caller.account_id, datetime.now(UTC)
    with runtime.database.begin() as tx:
        for _ in range(3):
            delivery.schedule_test(tx, account_id, "http://a.example", runtime.queue.enqueue_delivery, now)
        key = {
            "account_id": account_id,
            "fingerprint": "0" * 64,
            "prediction_id": "0" * 32,
            "expires_at": now,
        }
        tx.execute(insert(idempotency_keys), [key | {"key": f"key {number}"} for number in range(3)])
    monkeypatch.setattr(delivery, "TESTS_AT_ONCE", 2)
    monkeypatch.setattr(removal, "KEYS_AT_ONCE", 2)
    left = [(count(workplace, webhook_deliveries), count(workplace, idempotency_keys))]
    while tidying.tidy_once(runtime, now + LATER):
        left.append((count(workplace, webhook_deliveries), count(workplace, idempotency_keys)))
    assert left == [(3, 3), (1, 1), (0, 0)]


class LateClock(DatabaseClock):
    """Of a database whose time this machine is ahead of by more than anything is kept."""

    def now(self) -> datetime:
        return super().now() - 2 * LATER


def test_a_machine_whose_clock_is_ahead_removes_nothing_early(
    open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "TIDY_SECONDS", 0.02)
    monkeypatch.setattr(tidying, "FIRST_SWEEP_SECONDS", 0.0)
    monkeypatch.setattr("limner.orphans.OLD", -LATER)
    workplace, rounds = open_workplace(), list[datetime]()
    runtime = replace(workplace.runtime, clock=LateClock(workplace.runtime.database))
    key = {"account_id": workplace.caller.account_id, "key": "one", "fingerprint": "0" * 64}
    expiry = {"prediction_id": "0" * 32, "expires_at": runtime.clock.now() + timedelta(days=1)}
    with runtime.database.begin() as tx:
        tx.execute(insert(idempotency_keys), key | expiry)
        spec = runtime.catalog.find("google/imagen4")
        submission = Submission(workplace.caller, spec, ImageInput("a red apple"))
        submit(tx, submission, runtime.limits, runtime.queue, runtime.clock.now())
    runtime.storage.put(orphan := f"predictions/{'f' * 32}/1/1.png", b"x", "image/png")
    monkeypatch.setattr(tidying, "_BATCHES", (*tidying._BATCHES, lambda _, now: rounds.append(now)))
    with tidying_up(runtime):
        wait_until(lambda: len(rounds) > 2)
    assert (count(workplace, idempotency_keys), count(workplace, predictions)) == (1, 1)
    assert runtime.storage.get(orphan) == b"x"


@contextmanager
def tidying_up(runtime: Runtime) -> Iterator[None]:
    ended = threading.Event()
    thread = threading.Thread(target=tidying.tidy, args=(runtime, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_worker_removes_what_was_deleted(
    open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "TIDY_SECONDS", 0.05)
    workplace = open_workplace()
    with workplace.working():
        done = workplace.finish(workplace.submit())
        with workplace.runtime.database.begin() as tx:
            account_id, now = workplace.caller.account_id, datetime.now(UTC)
            lifecycle.delete(tx, account_id, [done.id], workplace.runtime.queue, now)
        wait_until(lambda: records(workplace) == set())
    with pytest.raises(NotFound):
        workplace.runtime.storage.get(done.outputs[0].object_key)


def test_one_of_all_tidies_up_and_another_when_it_is_gone(
    open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "TIDY_SECONDS", 0.02)
    busy: list[str] = []

    def note(*_: object) -> int:
        busy.append(threading.current_thread().name)
        return 0

    monkeypatch.setattr(tidying, "_BATCHES", (note,))
    places = [open_workplace(), open_workplace()]
    ended = [threading.Event(), threading.Event()]
    threads = [
        threading.Thread(target=tidying.tidy, args=(place.runtime, event), name=name)
        for place, event, name in zip(places, ended, ("first", "second"), strict=True)
    ]
    threads[0].start()
    wait_until(lambda: busy)
    threads[1].start()
    wait_until(lambda: len(busy) > 20)
    assert set(busy) == {"first"}
    ended[0].set()
    wait_until(lambda: "second" in busy)
    ended[1].set()
    for thread in threads:
        thread.join()


def test_who_tidies_up_goes_on_after_its_lock_was_lost(
    open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when PostgreSQL was started anew, or somebody ended the connection."""
    monkeypatch.setattr(tidying, "TIDY_SECONDS", 0.02)
    tidied: list[datetime] = []

    def note(_: object, now: datetime) -> int:
        tidied.append(now)
        return 0

    monkeypatch.setattr(tidying, "_BATCHES", (note,))
    workplace = open_workplace()
    with tidying_up(workplace.runtime):
        for _ in range(3):
            tidied.clear()
            wait_until(lambda: len(tidied) > 1, seconds=10)
            if not workplace.runtime.database.is_sqlite:
                end_the_connections_of_locks(workplace.runtime.database)


def test_a_storage_that_is_away_stops_nothing_for_good(
    open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "TIDY_SECONDS", 0.02)
    workplace = open_workplace()
    with workplace.working():
        done = workplace.finish(workplace.submit())
        objects = workplace.runtime.settings.resolved_data_dir / "objects"
        away = objects.rename(objects.with_name("away"))
        objects.touch()  # a file where the folder was
        with workplace.runtime.database.begin() as tx:
            account_id, now = workplace.caller.account_id, datetime.now(UTC)
            lifecycle.delete(tx, account_id, [done.id], workplace.runtime.queue, now)
        time.sleep(0.2)
        assert count(workplace, removals) == 1
        objects.unlink()
        away.rename(objects)
        wait_until(lambda: count(workplace, removals) == 0)


def test_thousands_expire_while_others_hardly_wait(open_workplace: OpenWorkplace) -> None:
    """A submit beside the removal of thousands takes no longer than some batches do."""
    workplace = open_workplace()
    _age(workplace, workplace.submit().id, copies=3_000)
    runtime, now = workplace.runtime, datetime.now(UTC) + LATER
    batches, waits = [], []

    def clear() -> None:
        while True:
            started = time.monotonic()
            if not removal.expire(runtime.database, now):
                return
            batches.append(time.monotonic() - started)

    cleaner = threading.Thread(target=clear)
    cleaner.start()
    while cleaner.is_alive():
        started = time.monotonic()
        workplace.submit()
        waits.append(time.monotonic() - started)
    cleaner.join()
    assert len(batches) >= 30
    assert count(workplace, removals) == 3_001
    assert max(waits) < 4 * max(batches)
    print(f"longest batch {max(batches):.3f} s, longest submit {max(waits):.3f} s, {len(waits)} submits")


def _age(workplace: Workplace, prediction_id: str, copies: int) -> None:
    """Makes it a finished one, and so many like it, each with an output and a delivery."""
    with workplace.runtime.database.begin() as tx:
        tx.execute(update(predictions).values(status="failed", owner=None, queue_tag=None))
        row = dict(tx.execute(select(predictions).where(predictions.c.id == prediction_id)).one()._mapping)
        ids = [f"{number:032x}" for number in range(copies)]
        tx.execute(insert(predictions), [row | {"id": one} for one in ids])
        output = {"n": 1, "object_key": "k", "seed": 1, "width": 1, "height": 1, "content_type": "image/png"}
        rest = {"size_bytes": 1, "is_nsfw": False}
        tx.execute(insert(outputs), [output | rest | {"prediction_id": one} for one in ids])
        sent = {"account_id": row["account_id"], "event": "prediction", "url": "http://a.example"}
        done = {"status": "delivered", "num_attempts": 1, "created_at": row["created_at"]}
        tx.execute(
            insert(webhook_deliveries),
            [sent | done | {"id": one, "prediction_id": one, "webhook_id": one} for one in ids],
        )
