"""SIGKILL at known points of a prediction's life: it is completed and billed once, as it was accepted."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.house import (
    GATED,
    MODEL,
    SLOW,
    House,
    Records,
    State,
    check_books,
    check_delivered,
    is_alive,
    stopped,
)
from tests.server import serving, submit, wait_until

TRIES = 20

Point = Callable[[House, str], Callable[[State], bool]]


def claimed(house: House, prediction_id: str) -> Callable[[State], bool]:
    """Taken from the queue, not begun."""
    return lambda state: state.status == "created" and state.queued == "PENDING"


def begun(house: House, prediction_id: str) -> Callable[[State], bool]:
    """Begun, the engine not entered."""
    return lambda state: state.status == "processing" and not state.is_in_engine and state.step == 0


def stored(house: House, prediction_id: str) -> Callable[[State], bool]:
    """All pictures in storage, the closing transaction not committed."""
    return lambda state: (
        state.status == "processing"
        and state.step > 0
        and not state.is_in_engine
        and house.objects(prediction_id) == ["1/1.png", "1/2.png"]
    )


def closed(house: House, prediction_id: str) -> Callable[[State], bool]:
    """The closing transaction committed, and nothing done since."""
    return lambda state: state.status == "completed"


def drawn_out(house: House, point: Point, prediction_id: str) -> AbstractContextManager[None]:
    """To list a bucket takes longer than a worker needs from the last put to the closing transaction, which
    can therefore not be committed meanwhile. A folder is listed in no time, and SQLite has one lock."""
    if point is not stored or house.records.is_sqlite:
        return nullcontext()
    wait_until(lambda: house.records.state(prediction_id).status != "created", pause=0.01)
    return house.records.locked()


@pytest.mark.parametrize(("point", "attempts"), [(claimed, 2), (begun, 2), (stored, 2), (closed, 1)])
def test_a_worker_killed_on_its_way(house: House, point: Point, attempts: int) -> None:
    house.start_worker()
    for _ in range(TRIES):
        accepted = submit(house.client, SLOW if point is stored else MODEL, num_images=2)
        with drawn_out(house, point, accepted["id"]):
            is_caught = house.catch(accepted["id"], point(house, accepted["id"]))
        if is_caught:
            break
        check_delivered(house.client, accepted)
    else:
        pytest.fail(f"never caught it {point.__name__}")
    house.start_worker()
    check_delivered(house.client, accepted)
    state = house.records.state(accepted["id"])
    assert (state.attempt, state.engine_deaths) == (attempts, 0)
    check_books(house.records)


def test_a_worker_killed_inside_the_engine(house: House) -> None:
    house.shut_gate()
    house.start_worker()
    accepted = [submit(house.client, GATED, num_images=2), submit(house.client, GATED, seed=7)]
    house.wait_at_gate()
    house.kill_worker()
    house.open_gate()
    house.start_worker()
    for one in accepted:
        check_delivered(house.client, one)
    state = house.records.state(accepted[0]["id"])
    assert (state.attempt, state.engine_deaths) == (2, 1)
    check_books(house.records)


class Submission(threading.Thread):
    """A client that submits, and whose server may be gone before it hears of it."""

    def __init__(self, client: httpx.Client, prompt: str) -> None:
        super().__init__()
        self._client, self._prompt = client, prompt
        self.answer: Any = None

    def run(self) -> None:
        try:
            self.answer = submit(self._client, MODEL, prompt=self._prompt)
        except httpx.TransportError:
            return


def test_an_api_killed_before_it_accepts_has_accepted_nothing(house: House) -> None:
    before = house.records.ids()
    with house.records.locked():
        submission = Submission(house.client, "never accepted")
        submission.start()
        submission.join(0.5)  # on its way into a transaction that cannot be committed
        assert submission.is_alive()
        house.kill_api()
        submission.join()
    assert submission.answer is None
    house.open_api()
    assert house.records.ids() == before
    house.start_worker()
    check_delivered(house.client, submit(house.client))
    check_books(house.records)


def test_an_api_killed_before_it_answers_has_accepted(house: House) -> None:
    prediction_id = kill_before_it_answers(house)
    house.open_api()
    house.start_worker()
    accepted = house.client.get(f"/api/v3/predictions/{prediction_id}").json()["data"]
    check_delivered(house.client, accepted)
    check_books(house.records)


def has_more_than(house: House, number: int) -> bool:
    return len(house.records.ids()) > number


def kill_before_it_answers(house: House) -> str:
    """Kills the API between the commit of a submit and its answer; returns what the commit has accepted."""
    for k in range(TRIES):
        submission = Submission(house.client, f"accepted {k}")
        number = len(house.records.ids())
        submission.start()
        wait_until(partial(has_more_than, house, number), pause=0)
        with stopped(house.server.process.pid):
            submission.join(0.2)
            if submission.answer is None:
                house.kill_api()
        submission.join()
        if submission.answer is None:
            return house.records.ids()[-1]
    pytest.fail("it was always quicker to answer")


def test_a_whole_group_killed_at_once(tmp_path: Path, ground: dict[str, str]) -> None:
    engines = {GATED: f"gate folder={tmp_path}"}
    with serving(tmp_path, engines, **ground) as server, server.client() as client:
        accepted = [submit(client, GATED, num_images=2), submit(client, GATED), submit(client)]
        wait_until((tmp_path / "entered").exists)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
    check_second_start(tmp_path, ground, accepted)


def test_a_worker_does_not_outlive_its_server(tmp_path: Path, ground: dict[str, str]) -> None:
    engines = {GATED: f"gate folder={tmp_path}"}
    with (
        serving(tmp_path, engines, LIMNER_GRACE_SECONDS="0.2", **ground) as server,
        server.client() as client,
    ):
        accepted = submit(client, GATED)
        wait_until((tmp_path / "entered").exists)
        with closing(Records.of(tmp_path, ground)) as records:
            worker_pid = records.worker_pid()
            assert is_alive(worker_pid)
            server.process.kill()
            server.process.wait()
            wait_until(lambda: not is_alive(worker_pid), seconds=10)
            state = records.state(accepted["id"])
    assert (state.status, state.attempt, state.engine_deaths) == ("processing", 2, 0)
    check_second_start(tmp_path, ground, [accepted])


def check_second_start(folder: Path, ground: dict[str, str], accepted: list[Any]) -> None:
    """With the gate open, everything accepted before is delivered."""
    (folder / "open").touch()
    with serving(folder, {GATED: f"gate folder={folder}"}, **ground) as server, server.client() as client:
        for one in accepted:
            check_delivered(client, one)
        with closing(Records.of(folder, ground)) as records:
            check_books(records)
