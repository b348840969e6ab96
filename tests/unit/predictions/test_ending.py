"""How predictions end before their time, and how they go: cancelled, deleted, expired."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, event, func, select

from limner.accounts import Level
from limner.db.database import Database
from limner.db.tables import outputs, removals, transfers
from limner.errors import NotFound
from limner.predictions import lifecycle, removal
from limner.predictions.admission import Limits, Submission, submit
from limner.predictions.lifecycle import CancelRequested, LeaseLost
from limner.predictions.prediction import Prediction, Status
from limner.storage import Storage, StorageUnavailable, open_storage
from tests.unit.predictions.test_lifecycle import NOW, SPEC, Studio, make_studio
from tests.unit.predictions.test_lifecycle import outputs as some_outputs

WEEK = timedelta(days=7)


@pytest.fixture
def studio(database: Database) -> Studio:
    return make_studio(database, Level.ULTRA)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage((tmp_path / "objects").as_uri())


def cancel(studio: Studio, prediction_id: str, later: int = 0) -> Prediction:
    with studio.database.begin() as tx:
        at = NOW + timedelta(seconds=later)
        return lifecycle.cancel(tx, studio.caller.account_id, prediction_id, studio, at)


def delete(studio: Studio, *prediction_ids: str) -> list[str]:
    with studio.database.begin() as tx:
        return lifecycle.delete(tx, studio.caller.account_id, prediction_ids, studio, NOW)


def count(database: Database, table: Table) -> int:
    with database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def check_cancelled(studio: Studio, prediction_id: str) -> None:
    found = studio.find(prediction_id)
    assert (found.status, found.is_cancelled, found.failure.text) == (
        Status.FAILED,
        True,
        "Cancelled by request",
    )
    assert (found.outputs, found.charged_micros) == ((), 0)
    assert studio.spent() == (0, 0)


def test_what_is_in_the_queue_is_cancelled_at_once(studio: Studio) -> None:
    prediction = studio.submit()
    assert cancel(studio, prediction.id).is_cancelled
    check_cancelled(studio, prediction.id)
    assert studio.begin(prediction.id) is None


def test_what_runs_is_cancelled_by_its_worker(studio: Studio) -> None:
    prediction = studio.begun()
    asked = cancel(studio, prediction.id)
    assert (asked.status, asked.cancel_requested_at) == (Status.PROCESSING, NOW)
    with pytest.raises(CancelRequested, match="Cancelled by request"):
        studio.do(lifecycle.look, prediction)
    studio.fail(prediction)  # of whatever it dies, it was cancelled
    check_cancelled(studio, prediction.id)


def test_pictures_that_come_after_the_request_are_not_delivered(studio: Studio) -> None:
    prediction = studio.begun(num_images=2)
    cancel(studio, prediction.id)
    with pytest.raises(CancelRequested):
        studio.complete(prediction, delivered=2)
    assert studio.find(prediction.id).status == Status.PROCESSING
    studio.fail(prediction)
    check_cancelled(studio, prediction.id)


def test_the_death_of_the_worker_does_not_bring_it_back(studio: Studio) -> None:
    prediction = studio.begun()
    studio.do(lifecycle.enter_engine, prediction)
    cancel(studio, prediction.id)
    assert studio.rescue(prediction.id)
    check_cancelled(studio, prediction.id)
    assert len(studio.queued) == 1


def test_what_was_rescued_and_waits_again_is_cancelled_at_once(studio: Studio) -> None:
    former = studio.begun()
    studio.rescue(former.id)
    assert cancel(studio, former.id).is_cancelled
    with pytest.raises(LeaseLost):
        studio.do(lifecycle.look, former)
    check_cancelled(studio, former.id)


def test_what_is_finished_stays_as_it_is(studio: Studio) -> None:
    prediction = studio.begun()
    studio.complete(prediction)
    done = studio.find(prediction.id)
    assert cancel(studio, prediction.id) == done == studio.find(prediction.id)
    assert studio.spent() == (38_000, 0)


def test_cancelling_twice_is_cancelling_once(studio: Studio) -> None:
    waiting, running = studio.submit(), studio.begun()
    for later in (0, 5):
        assert cancel(studio, waiting.id, later).completed_at == NOW
        assert cancel(studio, running.id, later).cancel_requested_at == NOW


def test_another_accounts_prediction_can_be_neither_cancelled_nor_deleted(
    studio: Studio, database: Database
) -> None:
    other = make_studio(database, Level.BRONZE)
    prediction = studio.submit()
    with pytest.raises(NotFound):
        cancel(other, prediction.id)
    assert delete(other, prediction.id, "no such prediction") == []
    assert studio.find(prediction.id) == prediction


def test_webhooks_hear_of_every_end_but_deletion(studio: Studio) -> None:
    submission = Submission(studio.caller, SPEC, studio.begun().request, webhook_url="https://example.com")
    with studio.database.begin() as tx:
        told = [submit(tx, submission, Limits(), studio, NOW) for _ in range(4)]
    completed, failed = (studio.begin(one.id) for one in told[:2])
    assert completed is not None and failed is not None
    studio.complete(completed)
    studio.complete(completed)
    studio.fail(failed)
    cancel(studio, told[2].id)
    delete(studio, told[3].id)
    assert studio.announced == [
        (told[0].id, Status.COMPLETED),
        (told[1].id, Status.FAILED),
        (told[2].id, Status.FAILED),
    ]


def test_deleting_takes_all_but_the_money(studio: Studio) -> None:
    done = studio.begun()
    studio.complete(done)
    kept = studio.submit()
    before = count(studio.database, transfers)
    assert delete(studio, done.id, done.id, "no such prediction") == [done.id]
    with pytest.raises(NotFound):
        studio.find(done.id)
    assert count(studio.database, outputs) == 0
    assert count(studio.database, transfers) == before
    assert studio.spent() == (38_000, 38_000)
    assert studio.find(kept.id) == kept


def test_deleting_what_is_unfinished_gives_its_price_back(studio: Studio) -> None:
    waiting, running = studio.submit(), studio.begun()
    assert delete(studio, waiting.id, running.id) == sorted([waiting.id, running.id])
    assert studio.spent() == (0, 0)
    with pytest.raises(LeaseLost):
        studio.do(lifecycle.look, running)
    with pytest.raises(LeaseLost):
        studio.complete(running)
    assert studio.begin(waiting.id) is None


def test_deleted_by_several_at_once_it_is_deleted_once(studio: Studio) -> None:
    ids = [studio.submit().id for _ in range(4)] + [studio.begun().id]
    with ThreadPoolExecutor(4) as pool:
        deleted = list(pool.map(lambda _: delete(studio, *ids), range(4)))
    assert sorted(chain(*deleted)) == sorted(ids)
    assert studio.spent() == (0, 0)


def test_pictures_go_after_the_rows_and_late_ones_too(studio: Studio, storage: Storage) -> None:
    done, running = studio.begun(), studio.begun()
    studio.complete(done)
    for prediction in (done, running):
        for output in some_outputs(prediction, 2):
            storage.put(output.object_key, b"pixels", "image/png")
    delete(studio, done.id, running.id)
    forgotten: dict[str, int] = {}
    assert removal.clear(studio.database, storage, forgotten.update, NOW) == 1
    assert forgotten == {done.id: 1}
    with pytest.raises(NotFound):
        storage.get(some_outputs(done, 2)[1].object_key)
    storage.get(some_outputs(running, 1)[0].object_key)  # its worker may not have noticed yet
    assert removal.clear(studio.database, storage, forgotten.update, NOW + removal.LINGERS) == 1
    with pytest.raises(NotFound):
        storage.get(some_outputs(running, 1)[0].object_key)
    assert count(studio.database, removals) == 0


def test_nothing_is_forgotten_while_the_storage_is_away(studio: Studio, storage: Storage) -> None:
    class Away(Storage):
        def delete_below(self, folder: str) -> None:
            raise StorageUnavailable("the storage cannot be used")

    done = studio.begun()
    studio.complete(done)
    delete(studio, done.id)
    with pytest.raises(StorageUnavailable):
        removal.clear(studio.database, Away(None), dict[str, int]().update, NOW)  # type: ignore[arg-type]
    assert removal.clear(studio.database, storage, dict[str, int]().update, NOW) == 1


def test_what_is_finished_expires_and_what_waits_does_not(studio: Studio) -> None:
    done, waiting = studio.begun(), studio.submit()
    studio.complete(done)
    assert done.expires_at == NOW + WEEK
    assert removal.expire(studio.database, NOW + WEEK - timedelta(seconds=1)) == 0
    assert removal.expire(studio.database, NOW + WEEK) == 1
    with pytest.raises(NotFound):
        studio.find(done.id)
    assert studio.find(waiting.id) == waiting
    assert count(studio.database, removals) == 1
    assert studio.spent() == (38_000, 38_000)


def test_what_was_finished_late_is_kept_for_a_day(studio: Studio) -> None:
    waiting = studio.submit()
    with studio.database.begin() as tx:
        lifecycle.cancel(tx, studio.caller.account_id, waiting.id, studio, NOW + WEEK)
    assert studio.find(waiting.id).expires_at == NOW + WEEK + lifecycle.LEAST_KEPT


def test_the_retention_is_the_operators_choice(studio: Studio) -> None:
    prediction = studio.submit(limits=Limits(retention=timedelta(hours=1)))
    assert prediction.expires_at == NOW + timedelta(hours=1)
    with studio.database.begin() as tx:
        late = NOW + timedelta(minutes=10)
        cancelled = lifecycle.cancel(tx, studio.caller.account_id, prediction.id, studio, late)
    assert cancelled.expires_at == late + timedelta(hours=1)


def test_ids_of_nothing_cost_one_statement_together(studio: Studio) -> None:
    prediction = studio.submit()
    unknown = [f"{n:032x}" for n in range(100)]
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(studio.database.engine, "before_cursor_execute", note)
    assert delete(studio, *unknown) == []
    assert len(statements) == 1
    assert delete(studio, *unknown, prediction.id) == [prediction.id]
