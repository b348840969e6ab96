"""The doctor, on installations that were really broken: what it finds, repairs and leaves."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update

from limner import ledger, workers
from limner.accounts import Level
from limner.db.tables import accounts, predictions, transfers, webhook_deliveries
from limner.db.tables import workers as workers_table
from limner.doctor import examination, twice
from limner.doctor.examination import examine, find_problems
from limner.doctor.finding import Finding, State
from limner.errors import NotFound
from limner.predictions import lifecycle
from limner.predictions.prediction import Status
from limner.queueing import workflow_id
from limner.runtime import build_runtime
from limner.settings import Settings
from limner.webhooks import delivery
from limner.webhooks.store import DeliveryStatus
from limner.workers import Worker
from tests.unit.conftest import OpenWorkplace
from tests.unit.test_upkeep import colleague, records
from tests.unit.test_workflows import take_from_queue
from tests.unit.workplace import Workplace

CHECKS = [name for name, _ in (*examination.GROUND, *examination.ALL)]
NOBODY = "0" * 32


@pytest.fixture(autouse=True)
def hardly_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twice, "APART_SECONDS", 0.01)


def findings(workplace: Workplace, may_fix: bool = False) -> dict[str, list[Finding]]:
    """By check, but for what is ok."""
    found: dict[str, list[Finding]] = {}
    for finding in examine(workplace.runtime, may_fix):
        if finding.state != State.OK:
            found.setdefault(finding.check, []).append(finding)
    return found


def assert_found_and_fixed(workplace: Workplace, check: str, words: str, subject: str = "") -> None:
    """Found when only asked to look; still there then; repaired when asked to; and gone."""
    for may_fix, state in ((False, State.PROBLEM), (False, State.PROBLEM), (True, State.FIXED)):
        found = findings(workplace, may_fix)
        (one,) = found.pop(check)
        assert found == {}
        assert (one.state, one.subject) == (state, subject)
        assert words in one.text
    assert findings(workplace) == {}


def change(workplace: Workplace, statement: Any) -> None:
    with workplace.runtime.database.begin() as tx:
        tx.execute(statement)


def begin(workplace: Workplace, prediction_id: str, worker: Worker) -> None:
    now = datetime.now(UTC)
    with workplace.runtime.database.begin() as tx:
        workers.register(tx, worker, now)
        workers.serve(tx, worker.id, ["gradient"])
        lifecycle.begin(tx, prediction_id, 1, worker.id, now)


def test_a_sound_installation_is_found_sound(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    with workplace.working():
        workplace.finish(workplace.submit())
        found = list(examine(workplace.runtime))
    assert [(one.check, one.state) for one in found] == [(name, State.OK) for name in CHECKS]


def test_work_under_way_is_no_problem(open_workplace: OpenWorkplace) -> None:
    """Nothing is taken for stuck while a worker is busy with a crowd."""
    workplace = open_workplace(options={"step_seconds": "0.01"})
    with workplace.working():
        crowd = [workplace.submit() for _ in range(6)]
        while not all(workplace.find(one).is_terminal for one in crowd):
            assert find_problems(workplace.runtime) == []


def test_a_row_that_is_not_its_transfers_is_made_so(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    workplace.submit()
    with workplace.working():
        change(workplace, update(accounts).values(settled_micros=1, held_micros=0))
        account_id = workplace.caller.account_id
        (found,) = [one for one in findings(workplace, True)["accounts"] if "transfers" in one.text]
        assert (found.state, found.subject) == (State.FIXED, account_id)
    with workplace.runtime.database.read() as tx:
        assert ledger.unbalanced_accounts(tx) == []


def test_a_wrong_balance_of_an_idle_account(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    change(workplace, update(accounts).values(settled_micros=7))
    assert_found_and_fixed(workplace, "accounts", "not its transfers", workplace.caller.account_id)
    assert workplace.spent_micros() == 0


def test_an_account_that_counts_what_is_not_there(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    change(workplace, update(accounts).values(live_predictions=3, active_predictions=3))
    assert_found_and_fixed(workplace, "accounts", "counts other predictions", workplace.caller.account_id)


def test_money_held_for_what_is_over_is_given_back(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    prediction = workplace.submit(num_images=2)
    workplace.runtime.queue.withdraw(prediction)
    change(workplace, delete(predictions))
    change(workplace, update(accounts).values(live_predictions=0, active_predictions=0))
    assert_found_and_fixed(workplace, "holds", "money is held", prediction.id)
    assert workplace.spent_micros() == 0


def test_a_hold_given_back_in_part_is_left_to_a_person(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    prediction = workplace.submit(num_images=2)
    workplace.runtime.queue.withdraw(prediction)
    with workplace.runtime.database.begin() as tx:
        purpose = ledger.Purpose(prediction.id, prediction.model_id, prediction.key_id, 1)
        ledger.release(tx, prediction.account_id, 38_000, purpose, datetime.now(UTC))
        tx.execute(delete(predictions))
        tx.execute(update(accounts).values(live_predictions=0, active_predictions=0))
    (found,) = findings(workplace, may_fix=True)["holds"]
    assert found.state == State.PROBLEM
    assert "look at its transfers" in found.text


@pytest.mark.parametrize("is_released", [False, True])
def test_work_that_nothing_is_held_for_ends_free(open_workplace: OpenWorkplace, is_released: bool) -> None:
    workplace = open_workplace()
    prediction = workplace.submit()
    with workplace.runtime.database.begin() as tx:
        if is_released:
            purpose = ledger.Purpose(prediction.id, prediction.model_id, prediction.key_id, 1)
            ledger.release(tx, prediction.account_id, 38_000, purpose, datetime.now(UTC))
        else:
            tx.execute(delete(transfers).where(transfers.c.prediction_id == prediction.id))
            tx.execute(update(accounts).values(held_micros=0))
    (found,) = findings(workplace, may_fix=True)["holds"]
    assert (found.state, found.subject) == (State.FIXED, prediction.id)
    assert workplace.find(prediction).status == Status.FAILED
    assert workplace.spent_micros() == 0


def test_what_is_queued_nowhere_is_queued_and_made(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    prediction = workplace.submit()
    workplace.runtime.queue.drop([prediction.id])
    begin(workplace, NOBODY, Worker())  # so that somebody serves the pool
    assert_found_and_fixed(workplace, "predictions", "not in the queue", prediction.id)
    with workplace.working():
        assert workplace.finish(prediction).status == Status.COMPLETED
    assert workplace.spent_micros() == 38_000


def test_the_work_of_a_worker_that_is_gone_is_done_by_another(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    prediction = workplace.submit()
    dead = Worker()
    begin(workplace, prediction.id, dead)
    begin(workplace, NOBODY, Worker())
    change(workplace, delete(workers_table).where(workers_table.c.id == dead.id))
    assert_found_and_fixed(workplace, "predictions", "no worker that lives", prediction.id)
    assert workplace.find(prediction).attempt == 2


def test_what_a_worker_that_is_gone_took_and_never_began(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    prediction = workplace.submit()
    take_from_queue(workplace, prediction, "gone")
    begin(workplace, NOBODY, Worker())
    assert_found_and_fixed(workplace, "predictions", "no worker that lives", prediction.id)
    assert records(workplace, "ENQUEUED") == {f"{prediction.id}-2"}


def test_a_silent_worker_is_taken_off_and_its_work_queued(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    prediction = workplace.submit()
    begin(workplace, prediction.id, worker := Worker())
    begin(workplace, NOBODY, Worker())
    silent = update(workers_table).where(workers_table.c.id == worker.id)
    change(workplace, silent.values(heartbeat_at=datetime.now(UTC) - timedelta(minutes=5)))
    found = findings(workplace)
    assert "last heard of" in found["workers"][0].text
    assert {one.state for one in findings(workplace, True)["workers"]} == {State.FIXED}
    assert workplace.find(prediction).attempt == 2
    assert findings(workplace) == {}


def test_what_a_live_worker_has_and_the_queue_has_forgotten(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    prediction = workplace.submit()
    begin(workplace, prediction.id, Worker())
    change(workplace, update(predictions).values(is_in_engine=True))
    workplace.runtime.queue.drop([prediction.id])
    assert_found_and_fixed(workplace, "predictions", "the queue knows nothing", prediction.id)


@pytest.mark.parametrize(
    ("changes", "words", "error"),
    [
        ({"engine_deaths": 5}, "has ended 5 workers", "broke down"),
        ({"cancel_requested_at": datetime(2026, 11, 21, tzinfo=UTC)}, "to be cancelled", "Cancelled"),
    ],
)
def test_what_should_be_over_is_ended(
    open_workplace: OpenWorkplace, changes: dict[str, Any], words: str, error: str
) -> None:
    workplace = open_workplace()
    prediction = workplace.submit()
    begin(workplace, NOBODY, Worker())
    change(workplace, update(predictions).values(changes))
    (found,) = findings(workplace, may_fix=True)["predictions"]
    assert (found.state, found.subject) == (State.FIXED, prediction.id)
    assert words in found.text
    assert error in workplace.find(prediction).failure.text
    assert workplace.spent_micros() == 0
    assert findings(workplace) == {}  # its entry went with it, or is dropped as one for nothing


def test_what_waits_although_its_level_has_room_is_let_in(open_workplace: OpenWorkplace) -> None:
    workplace = colleague(open_workplace(), Level.BRONZE)
    ids = {workplace.submit().id for _ in range(5)}
    begin(workplace, NOBODY, Worker())
    change(workplace, update(accounts).values(level=Level.SILVER))
    assert_found_and_fixed(workplace, "predictions", "although their level has room")
    assert records(workplace, "ENQUEUED") == ids


def test_entries_for_nothing_are_dropped(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    kept = workplace.submit()
    begin(workplace, NOBODY, Worker())
    lost = workflow_id("f" * 32, 3)
    with workplace.runtime.database.begin() as tx:
        workplace.runtime.queue.enqueue(tx, "f" * 32, 3, "gradient", 1)
    assert_found_and_fixed(workplace, "queue", "no work that there is", lost)
    assert records(workplace, "ENQUEUED") == {kept.id}


def test_a_webhook_that_nobody_would_send_is_sent(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    runtime, now = workplace.runtime, datetime.now(UTC)
    with runtime.database.begin() as tx:
        test = delivery.schedule_test(
            tx, workplace.caller.account_id, "http://127.0.0.1:9/", runtime.queue.enqueue_delivery, now
        )
    runtime.queue.drop([test.id])
    assert_found_and_fixed(workplace, "webhooks", "not in the queue", test.id)
    assert records(workplace, "ENQUEUED") == {f"{test.id}-2"}


def test_an_attempt_to_deliver_whose_worker_is_gone(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    sent = {"id": "e" * 32, "webhook_id": "e" * 32, "event": "test", "url": "http://127.0.0.1:9/"}
    begun = {"status": DeliveryStatus.PENDING, "num_attempts": 1, "created_at": datetime.now(UTC)}
    account = {"account_id": workplace.caller.account_id}
    change(workplace, insert(webhook_deliveries).values(sent | begun | account))
    assert_found_and_fixed(workplace, "webhooks", "not in the queue", "e" * 32)
    assert records(workplace, "ENQUEUED") == {f"{'e' * 32}-2"}


def test_an_old_schema_is_brought_up_and_nothing_else_is_looked_at_before(
    empty_database: Any, tmp_path: Any
) -> None:
    url = empty_database.engine.url.render_as_string(hide_password=False)
    runtime = build_runtime(Settings(data_dir=tmp_path / "data", database_url=url))
    assert [one.state for one in examine(runtime)] == [State.OK, State.PROBLEM]
    found = list(examine(runtime, may_fix=True))
    assert [one.state for one in found[:2]] == [State.OK, State.FIXED]
    assert {one.state for one in found[2:]} == {State.OK}
    runtime.close()


def test_the_schema_of_a_newer_version_is_no_problem(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    change(workplace, text("UPDATE alembic_version SET version_num = '9999'"))
    schema = next(one for one in examine(workplace.runtime) if one.check == "schema")
    assert schema.state == State.OK
    assert "newer version" in schema.text


def test_a_queue_without_tables_is_given_them(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    if workplace.runtime.database.is_sqlite:
        change(workplace, text("DROP TABLE workflow_status"))
        change(workplace, text("DROP TABLE dbos_migrations"))
        (found,) = [one for one in examine(workplace.runtime) if one.state == State.PROBLEM]
    else:
        change(workplace, text("DROP SCHEMA dbos CASCADE"))
        (found,) = [one for one in examine(workplace.runtime) if one.state == State.PROBLEM]
        assert {one.state for one in examine(workplace.runtime, True)} == {State.OK, State.FIXED}
        assert findings(workplace) == {}
    assert "the queue has no tables" in found.text


def test_a_storage_that_cannot_be_used(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    objects = workplace.runtime.settings.resolved_data_dir / "objects"
    shutil.rmtree(objects)
    objects.touch()
    found = findings(workplace, may_fix=True)
    assert found["storage"][0].state == State.PROBLEM
    assert "the storage cannot be used" in found["storage"][0].text


def test_a_picture_that_is_gone_is_named(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    with workplace.working():
        done, whole = workplace.finish(workplace.submit()), workplace.finish(workplace.submit())
    workplace.runtime.storage.delete(done.outputs[0].object_key)
    (found,) = findings(workplace, may_fix=True)["objects"]
    assert (found.state, found.subject) == (State.PROBLEM, done.id)
    assert whole.outputs


def test_objects_left_over_are_removed(
    open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("limner.orphans.OLD", timedelta(seconds=-1))
    workplace = open_workplace()
    key = f"predictions/{'f' * 32}/1/1.png"
    workplace.runtime.storage.put(key, b"x", "image/png")
    assert_found_and_fixed(workplace, "objects", "1 of 1 objects belong to nothing")
    with pytest.raises(NotFound):
        workplace.runtime.storage.get(key)


def test_a_clock_that_is_wrong(open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch) -> None:
    workplace = open_workplace()

    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Late":
            return cls.fromtimestamp(datetime.now(tz).timestamp() - 3_600, tz)

    for module in ("surroundings", "storage"):
        monkeypatch.setattr(f"limner.doctor.{module}.datetime", Late)
    found = findings(workplace, may_fix=True)
    assert {"clock", "storage"} <= set(found)
    assert "3600" in found["clock"][0].text


def test_work_for_an_engine_that_nobody_serves(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    workplace.submit()
    (found,) = findings(workplace, may_fix=True)["workers"]
    assert (found.state, found.subject) == (State.PROBLEM, "gradient")


@pytest.mark.parametrize("engine", ["nowhere", "raises"])
def test_an_engine_that_cannot_be_loaded(open_workplace: OpenWorkplace, engine: str) -> None:
    workplace = open_workplace(engine)
    found = findings(workplace, may_fix=True)
    if engine == "nowhere":
        assert found["engines"][0].state == State.PROBLEM
        assert "nowhere" in found["engines"][0].text
    else:
        assert found == {}  # it loads; that it raises later is another matter


Look = Callable[[], set[int]]


def test_only_what_is_seen_twice_is_spoken_of() -> None:
    looks = iter([{1, 2}, {2, 3}])
    assert twice.seen_twice(partial(next, looks)) == {2}
    assert twice.seen_twice(lambda: set[int]()) == set()
