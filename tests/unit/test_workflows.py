"""A worker at work, and what is left of its work when it stops, dies, hangs or is taken for dead."""

import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dbos import DBOS
from PIL import Image
from sqlalchemy import Connection, text

from limner import upkeep, workers
from limner.db.database import Database, DatabaseUnavailable
from limner.db.tables import workers as workers_table
from limner.inputs import ImageInput
from limner.predictions import lifecycle
from limner.predictions.admission import Submission, submit
from limner.predictions.prediction import Prediction, Status
from limner.pulse import EXIT_HUNG, EXIT_NO_ENGINE, EXIT_OK, EXIT_TAKEN_FOR_DEAD
from limner.queueing import DELIVER, Queue
from limner.runtime import check_health
from limner.settings import ModelChoice
from limner.webhooks import delivery, store
from limner.webhooks.store import DeliveryStatus
from limner.workers import Worker
from limner.workflows import Shift
from limner_test_engines.gradient import gradient
from tests.receiver import receiving
from tests.server import STOP_SECONDS, wait_until
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace

PRICE = 38_000
SLOW = {"step_seconds": "0.1"}


def is_generating(prediction: Prediction) -> bool:
    return prediction.step > 0


def test_a_prediction_becomes_pictures(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    with workplace.working():
        done = workplace.finish(workplace.submit(num_images=2, seed=7, aspect_ratio="16:9"))
    assert (done.status, done.made_by, done.attempt) == (Status.COMPLETED, "gradient/1.0", 1)
    assert [output.seed for output in done.outputs] == [7, 8]
    for output in done.outputs:
        content = workplace.runtime.storage.get(output.object_key)
        assert len(content) == output.size_bytes
        with Image.open(io.BytesIO(content)) as picture:
            assert np.array_equal(np.asarray(picture), gradient("a red apple", output.seed, 1408, 768))
    assert workplace.spent_micros() == 2 * PRICE


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        ("raises", "The paint ran out."),
        ("crashes", "The engine failed over this request; nothing was charged."),
        ("wrong_size", "The engine delivered an image of (48, 64, 3) uint8, not (1024, 1024, 3) uint8."),
        ("too_few", "The engine delivered 0 images where 1 were asked for."),
    ],
)
def test_an_engine_that_fails_costs_nothing_and_the_worker_goes_on(
    open_workplace: OpenWorkplace, engine: str, text: str
) -> None:
    workplace = open_workplace(engine)
    with workplace.working():
        for _ in range(2):
            failed = workplace.finish(workplace.submit())
            assert (failed.status, failed.failure.text) == (Status.FAILED, text)
    assert workplace.spent_micros() == 0


def test_what_waits_when_a_worker_stops_is_done_by_the_next(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace(options=SLOW)
    accepted = [workplace.submit() for _ in range(3)]
    with workplace.working():
        workplace.wait(accepted[0], is_generating)
    assert [workplace.find(one).is_terminal for one in accepted] == [True, False, False]
    with workplace.working():
        assert all(workplace.finish(one).status == Status.COMPLETED for one in accepted)
    assert workplace.spent_micros() == 3 * PRICE
    assert check_health(workplace.runtime, datetime.now(UTC)).workers == 0


def test_a_killed_worker_loses_nothing_and_nothing_is_billed_twice(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace(options=SLOW, silence_seconds=600.0)
    prediction = workplace.submit()
    with workplace.worker_process() as child:
        workplace.wait(prediction, is_generating)
        child.kill()
    with workplace.working():
        done = workplace.finish(prediction)  # its lock tells, long before the silence of its heartbeat would
    assert (done.status, done.attempt, done.engine_deaths) == (Status.COMPLETED, 2, 1)
    assert workplace.spent_micros() == PRICE


def test_a_worker_asked_to_stop_puts_its_picture_back_after_the_grace(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace(options={"step_seconds": "30"}, grace_seconds=0.0)
    prediction = workplace.submit()
    with workplace.worker_process() as child:
        workplace.wait(prediction, lambda found: found.is_in_engine)
        child.send_signal(signal.SIGTERM)
        assert child.wait(STOP_SECONDS) == 0
    found = workplace.find(prediction)
    assert (found.attempt, found.owner, found.engine_deaths) == (2, None, 0)


def test_a_worker_whose_parent_is_gone_stops(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    script = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-m', 'limner.cli', 'worker'],\n"
        "    env=os.environ | {'LIMNER_PARENT_PID': str(os.getpid())})\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=workplace.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        child_pid = int(parent.stdout.readline())
        workplace.finish(workplace.submit())
        parent.kill()
    deadline = time.monotonic() + 20
    while is_alive(child_pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan may wait as a zombie for whoever adopts it.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_hanging_engine_fails_its_prediction_and_ends_the_worker(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace("hangs", step_timeout_seconds=1.0)
    prediction = workplace.submit()
    with workplace.worker_process() as child:
        assert child.wait(STOP_SECONDS) == EXIT_HUNG
    found = workplace.find(prediction)
    assert found.status == Status.FAILED
    assert "stopped answering for 1 seconds" in found.failure.text
    assert workplace.spent_micros() == 0


def test_a_worker_without_any_engine_says_so(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace("unloadable")
    with workplace.worker_process() as child:
        assert child.wait(STOP_SECONDS) == EXIT_NO_ENGINE


def test_a_worker_that_was_taken_for_dead_ends(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    with workplace.worker_process() as child:
        workplace.finish(workplace.submit())
        with workplace.runtime.database.begin() as tx:
            tx.execute(workers_table.delete())
        assert child.wait(STOP_SECONDS) == EXIT_TAKEN_FOR_DEAD


OTHER_MODEL = "google/imagen4-fast"
EXIT_OF_THE_ENGINE = 17


def wait_at_gate(workplace: Workplace, folder: Path) -> Prediction:
    """A prediction that stays inside its engine until the gate is opened."""
    prediction = workplace.submit()
    deadline = time.monotonic() + 30
    while not (folder / "entered").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return workplace.find(prediction)


def submit_to_its_neighbour(workplace: Workplace, inside: Prediction) -> Prediction:
    """A prediction for another engine of the worker that has ``inside``, taken from its queue."""
    assert inside.owner is not None
    prediction = workplace.submit(OTHER_MODEL)
    deadline = time.monotonic() + 30
    while prediction.id not in workplace.runtime.queue.taken_by(inside.owner):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return prediction


def test_an_engine_that_kills_its_worker_is_nobody_elses_fault(
    open_workplace: OpenWorkplace, tmp_path: Path
) -> None:
    workplace = open_workplace(
        "gate", options={"folder": str(tmp_path)}, models={OTHER_MODEL: ModelChoice(engine="exits")}
    )
    with workplace.worker_process() as child:
        innocent = wait_at_gate(workplace, tmp_path)
        deadly = submit_to_its_neighbour(workplace, innocent)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.5)
        assert workplace.find(deadly).status == Status.CREATED
        (tmp_path / "open").touch()
        assert child.wait(STOP_SECONDS) == EXIT_OF_THE_ENGINE
    left = workplace.find(innocent)  # finished, or made and about to be stored: then it is made again
    assert (left.is_in_engine, left.attempt, left.engine_deaths) == (False, 1, 0)
    assert workplace.find(deadly).is_in_engine


def test_what_waits_for_another_engine_when_a_worker_stops_is_put_back(
    open_workplace: OpenWorkplace, tmp_path: Path
) -> None:
    workplace = open_workplace(
        "gate", options={"folder": str(tmp_path)}, models={OTHER_MODEL: ModelChoice(engine="gradient")}
    )
    with workplace.working() as shift:
        inside = wait_at_gate(workplace, tmp_path)
        waiting = submit_to_its_neighbour(workplace, inside)
        shift.stop.set()
        (tmp_path / "open").touch()
    assert workplace.find(inside).status == Status.COMPLETED
    put_back = workplace.find(waiting)
    assert (put_back.status, put_back.attempt, put_back.owner) == (Status.CREATED, 2, None)
    with workplace.working():
        assert workplace.finish(waiting).engine_deaths == 0
    assert workplace.spent_micros() == PRICE + 18_000


class UnluckyQueue(Queue):
    """Takes nothing back while something goes wrong."""

    def __init__(self, database: Database, *errors: Exception) -> None:
        super().__init__(database)
        self.errors = list(errors)
        self.num_failed = 0

    def enqueue(self, tx: Connection, prediction_id: str, attempt: int, *place: Any) -> None:
        self._raise_if_next(attempt)
        super().enqueue(tx, prediction_id, attempt, *place)

    def enqueue_delivery(self, tx: Connection, delivery_id: str, number: int, *rest: Any) -> None:
        self._raise_if_next(number)
        super().enqueue_delivery(tx, delivery_id, number, *rest)

    def _raise_if_next(self, number: int) -> None:
        if number > 1 and self.num_failed < len(self.errors):
            self.num_failed += 1
            raise self.errors[self.num_failed - 1]


AWAY = DatabaseUnavailable("the database is being started anew")


@pytest.mark.parametrize("error", [AWAY, RuntimeError("nobody thought of that")], ids=["away", "other"])
@pytest.mark.parametrize("is_waiting", [True, False])
def test_what_cannot_be_put_back_at_once_is_put_back_before_the_workflow_ends(
    open_workplace: OpenWorkplace, error: Exception, is_waiting: bool
) -> None:
    """Else DBOS would record it as done, and nobody would look for it again."""
    workplace = open_workplace()
    queue = UnluckyQueue(workplace.runtime.database, error, error)
    workplace.runtime = replace(workplace.runtime, queue=queue)
    prediction = workplace.submit()
    shift = Shift(workplace.runtime)
    shift.stop.set()
    others = shift._turns.take(lambda: False) if is_waiting else None
    shift.generate(prediction.id, 1)
    if others is not None:
        others.end()
    left = workplace.find(prediction)
    assert (queue.num_failed, left.attempt, left.owner, left.status) == (2, 2, None, Status.CREATED)
    queue.close()


def test_a_delivery_that_cannot_be_put_back_at_once_ends_no_worker(
    open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which may be about to finish a picture."""
    exits: list[int] = []
    monkeypatch.setattr(os, "_exit", exits.append)
    workplace = open_workplace()
    queue = UnluckyQueue(workplace.runtime.database, AWAY, AWAY)
    workplace.runtime = replace(workplace.runtime, queue=queue)
    with workplace.runtime.database.begin() as tx:
        account_id, now = workplace.caller.account_id, datetime.now(UTC)
        one = delivery.schedule_test(tx, account_id, "http://127.0.0.1:9/", queue.enqueue_delivery, now)
    shift = Shift(workplace.runtime)
    shift.stop.set()
    shift.deliver(one.id, 1)
    assert (exits, queue.num_failed) == ([], 2)
    assert f"{one.id}-2" in queue.unfinished(DELIVER)
    queue.close()


def test_a_worker_that_can_put_nothing_back_ends_all_the_same(
    open_workplace: OpenWorkplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had is found as taken by a worker that is gone."""
    exits: list[int] = []
    monkeypatch.setattr(os, "_exit", exits.append)
    models = {OTHER_MODEL: ModelChoice(engine="gradient")}
    options = {"folder": str(tmp_path)}
    workplace = open_workplace("gate", options=options, models=models, grace_seconds=2.0)
    queue = UnluckyQueue(workplace.runtime.database, *[AWAY] * 1_000)
    workplace.runtime = replace(workplace.runtime, queue=queue)
    try:
        with workplace.working() as shift:
            inside = wait_at_gate(workplace, tmp_path)
            waiting = submit_to_its_neighbour(workplace, inside)
            shift.stop.set()
            try:
                wait_until(lambda: queue.num_failed > 1, seconds=10)
            finally:
                (tmp_path / "open").touch()
        assert exits == [EXIT_OK]
        assert workplace.find(inside).status == Status.COMPLETED
        assert waiting.id in workplace.runtime.queue.taken_by(shift.worker.id)
    finally:
        queue.errors.clear()  # and its thread, which the process would have taken with it, comes to an end
    workplace.wait(waiting, lambda found: found.attempt == 2)
    queue.close()


def test_what_is_cancelled_when_a_worker_has_just_taken_it_is_no_error(
    open_workplace: OpenWorkplace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workplace = open_workplace(
        "gate", options={"folder": str(tmp_path)}, models={OTHER_MODEL: ModelChoice(engine="gradient")}
    )
    DBOS.logger.addHandler(caplog.handler)
    with workplace.working():
        inside = wait_at_gate(workplace, tmp_path)
        taken = submit_to_its_neighbour(workplace, inside)
        with workplace.runtime.database.begin() as tx:
            account_id, now = workplace.caller.account_id, datetime.now(UTC)
            lifecycle.cancel(tx, account_id, taken.id, workplace.runtime.queue, now)
        workplace.runtime.queue.withdraw(taken)
        (tmp_path / "open").touch()
        assert workplace.finish(workplace.submit(OTHER_MODEL)).status == Status.COMPLETED
    DBOS.logger.removeHandler(caplog.handler)
    assert workplace.find(taken).is_cancelled
    assert any(taken.id in record.getMessage() for record in caplog.records)  # DBOS has come across it
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def take_from_queue(workplace: Workplace, prediction: Prediction, worker_id: str) -> None:
    """As DBOS does just before a worker begins; the worker is then gone."""
    with workplace.runtime.database.begin() as tx:
        take(tx, prediction.id, worker_id)


def take(tx: Connection, workflow_id: str, worker_id: str) -> None:
    schema = "" if tx.dialect.name == "sqlite" else "dbos."
    statement = text(
        f"UPDATE {schema}workflow_status SET status = 'PENDING', executor_id = :worker, owner_xid = 'x'"
        " WHERE workflow_uuid = :id"
    )
    assert tx.execute(statement, {"worker": worker_id, "id": workflow_id}).rowcount == 1


def submit_lost(workplace: Workplace, worker_id: str) -> Prediction:
    """Taken for this worker by a claim whose answer was lost."""
    runtime = workplace.runtime
    submission = Submission(workplace.caller, runtime.catalog.find(OTHER_MODEL), ImageInput("a red apple"))
    with runtime.database.begin() as tx:
        prediction = submit(tx, submission, runtime.limits, runtime.queue, datetime.now(UTC))
        take(tx, prediction.id, worker_id)
    return prediction


def test_what_a_live_worker_took_and_never_began_is_made(
    open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "STRAY_SECONDS", 0.5)
    workplace = open_workplace()
    with workplace.working() as shift:
        prediction = submit_lost(workplace, shift.worker.id)
        wait_until(lambda: workplace.find(prediction).is_terminal, seconds=20)
        wait_until(lambda: workplace.runtime.queue.taken_by(shift.worker.id) == [], seconds=20)
    done = workplace.find(prediction)
    assert (done.status, done.attempt, done.engine_deaths) == (Status.COMPLETED, 2, 0)


def test_a_webhook_that_a_live_worker_took_and_never_began_is_sent(
    open_workplace: OpenWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "STRAY_SECONDS", 0.5)
    workplace = open_workplace(webhook_allow_private=True)
    runtime, account_id = workplace.runtime, workplace.caller.account_id
    with receiving(200) as receiver, workplace.working() as shift:
        with runtime.database.begin() as tx:
            enqueue, now = runtime.queue.enqueue_delivery, datetime.now(UTC)
            one = delivery.schedule_test(tx, account_id, receiver.url, enqueue, now)
            take(tx, one.id, shift.worker.id)
        wait_until(lambda: len(receiver.received) == 1, seconds=20)
        wait_until(lambda: runtime.queue.taken_by(shift.worker.id, DELIVER) == [], seconds=20)
    with runtime.database.read() as tx:
        assert store.find(tx, account_id, one.id).status == DeliveryStatus.DELIVERED


def test_what_waits_for_its_turn_is_not_taken_for_lost(
    open_workplace: OpenWorkplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "STRAY_SECONDS", 0.5)
    workplace = open_workplace(
        "gate", options={"folder": str(tmp_path)}, models={OTHER_MODEL: ModelChoice(engine="gradient")}
    )
    with workplace.working() as shift:
        inside = wait_at_gate(workplace, tmp_path)
        waiting = submit_to_its_neighbour(workplace, inside)
        lost = submit_lost(workplace, shift.worker.id)
        try:
            wait_until(lambda: workplace.find(lost).attempt == 2, seconds=20)
            time.sleep(1)
            assert [workplace.find(one).attempt for one in (inside, waiting)] == [1, 1]
        finally:
            (tmp_path / "open").touch()
        assert [workplace.finish(one).attempt for one in (inside, waiting, lost)] == [1, 1, 2]


def test_what_died_between_queue_and_beginning_is_found(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    prediction = workplace.submit()
    take_from_queue(workplace, prediction, "a worker without a row")
    with workplace.working():
        assert workplace.finish(prediction).status == Status.COMPLETED


def test_a_silent_host_is_taken_for_dead_although_its_lock_is_held(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace(silence_seconds=5.0)
    prediction = workplace.submit()
    silent = Worker()
    lock = workplace.runtime.locks.take(silent.id)
    assert lock is not None
    with workplace.runtime.database.begin() as tx:
        workers.register(tx, silent, datetime.now(UTC) - timedelta(seconds=4))
    take_from_queue(workplace, prediction, silent.id)
    with workplace.working():
        assert not workplace.find(prediction).is_terminal
        assert workplace.finish(prediction).attempt == 2
    lock.release()
