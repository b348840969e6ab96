"""What those see who wait for a prediction: event streams, long polls, sync mode; and who cancels one.

The application and a worker run in this process; the server, the client and both databases are real.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from limner.api.views import PredictionView
from limner.predictions import store
from limner.settings import ModelChoice
from tests.conftest import GROUNDS, ground_of
from tests.contract.test_errors import check_refusal
from tests.contract.test_inside import answering
from tests.event_stream import picture_of, streaming
from tests.server import KEY, balance, finished, result, submit, wait_until
from tests.unit.workplace import Workplace, settings_of

GATED, SLOW = "google/imagen4", "google/imagen4-fast"
SLOW_ENGINE = ModelChoice(engine="gradient", options={"step_seconds": "0.07"})  # 12 steps


@dataclass
class Stage:
    """A worker whose model GATED stays inside its engine until the gate is opened."""

    place: Workplace
    client: httpx.Client
    folder: Path

    def enter(self, **inputs: Any) -> str:
        """Submits, waits until it is inside the engine, and returns its id."""
        (self.folder / "entered").unlink(missing_ok=True)  # of one that nobody waited for
        prediction_id: str = submit(self.client, GATED, **inputs)["id"]
        wait_until((self.folder / "entered").exists, pause=0.01)
        (self.folder / "entered").unlink()
        return prediction_id

    def _is_idle(self) -> bool:
        asked = [{"status": status, "page_size": 1} for status in ("created", "processing")]
        lists = [self.client.post("/api/v3/predictions", json=each).json()["data"] for each in asked]
        return not any(each["items"] for each in lists)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The gate is shut, once nothing of a former test is on its way, and open again afterwards."""
        wait_until(self._is_idle)
        (self.folder / "open").unlink(missing_ok=True)
        try:
            yield
        finally:
            self.open_gate()

    def open_gate(self) -> None:
        (self.folder / "open").touch()

    def cancel(self, prediction_id: str, **query: float) -> Any:
        response = self.client.post(f"/api/v3/predictions/{prediction_id}/cancel", params=query)
        assert response.status_code == 200, response.text
        return response.json()["data"]


@pytest.fixture(scope="module", params=GROUNDS)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    ground = ground_of(request, request.param, folder)
    url, storage_url = (ground.get(f"LIMNER_{name}_URL", "") for name in ("DATABASE", "STORAGE"))
    models = {SLOW: SLOW_ENGINE}
    settings = settings_of(
        folder,
        url,
        "gate",
        options={"folder": str(folder)},
        models=models,
        api_key=KEY,
        storage_url=storage_url,
    )
    place = Workplace.open(settings)
    with place.working(), answering(place.runtime) as client:
        stage = Stage(place, client, folder)
        stage.open_gate()
        yield stage
    place.runtime.close()


def test_a_stream_shows_a_prediction_from_its_beginning_to_its_end(stage: Stage) -> None:
    with stage.held():
        stage.enter()
        prediction_id = submit(stage.client, SLOW)["id"]
        with streaming(stage.client, prediction_id) as seen:
            first = next(seen)
            stage.open_gate()
            rest = list(seen)
    assert (first.name, first.data["status"], first.data["queue_position"]) == ("created", "created", 1)
    running = [event for event in rest if event.name == "processing"]
    steps = [event.data["progress"]["step"] for event in running]
    assert steps == sorted(steps)
    assert (
        len({event.data["progress"]["num_steps"] for event in running if event.data["progress"]["step"]}) == 1
    )
    previews = [picture_of(event.data["preview"]) for event in running if event.data["preview"]]
    assert [picture.size for picture in previews[:2]] == [(128, 128)] * 2
    assert [event.name for event in rest] == ["processing"] * len(running) + ["completed"]
    assert len({event.id for event in [first, *rest]}) == 1 + len(rest)
    PredictionView.model_validate(rest[-1].data, strict=True)
    assert rest[-1].data == result(stage.client, prediction_id)
    with stage.place.runtime.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM previews")).scalar() == 0


def test_who_comes_back_gets_what_it_missed_and_nothing_twice(stage: Stage) -> None:
    with stage.held():
        prediction_id = stage.enter()
        with streaming(stage.client, prediction_id) as seen:
            had = next(event for event in seen if event.data["preview"])
        with streaming(stage.client, prediction_id, had.id) as seen:
            opening = threading.Timer(0.3, stage.open_gate)
            opening.start()
            started = time.monotonic()
            event = next(seen)
            assert time.monotonic() - started > 0.25  # nothing that it had
            assert event.data.get("preview", "") == ""
            events = [event, *seen]
    assert events[-1].name == "completed"
    assert had.id not in {event.id for event in events}
    path = f"/api/v3/predictions/{prediction_id}/events"
    again = stage.client.get(path, headers={"Last-Event-ID": events[-1].id})
    assert (again.status_code, again.content) == (204, b"")
    with answering(stage.place.runtime) as elsewhere, streaming(elsewhere, prediction_id, had.id) as seen:
        assert list(seen) == events[-1:]  # another process would do the same
    for last_id in ("", "nonsense", "1.completed", "9" * 5000 + ".completed.0.0.0", None):
        with streaming(stage.client, prediction_id, last_id) as seen:
            assert list(seen) == events[-1:]


def test_streams_are_for_the_account_alone_and_for_what_there_is(stage: Stage) -> None:
    prediction_id = submit(stage.client, GATED)["id"]
    path = f"/api/v3/predictions/{prediction_id}/events"
    check_refusal(httpx.get(f"{stage.client.base_url}{path}"), 401, "key")
    check_refusal(stage.client.get(path.replace(prediction_id, "0" * 32)), 404, "0" * 32)
    check_refusal(stage.client.get(path.replace(prediction_id, "x")), 404, "x")
    assert stage.client.head(path).status_code == 200


def test_an_account_has_so_many_streams_and_those_that_are_left_do_not_count(stage: Stage) -> None:
    with stage.held():
        prediction_id = stage.enter()
        path = f"/api/v3/predictions/{prediction_id}/events"
        with ExitStack() as opened:
            streams = [opened.enter_context(streaming(stage.client, prediction_id)) for _ in range(3)]
            assert all(next(stream) for stream in streams)
            refused = stage.client.get(path)
            check_refusal(refused, 429, "3 event streams")
            assert refused.headers["retry-after"] == "1"
        wait_until(lambda: is_streaming(stage.client, path))
    finished(stage.client, prediction_id)


def is_streaming(client: httpx.Client, path: str) -> bool:
    with client.stream("GET", path) as response:
        return response.status_code == 200


def test_a_deleted_prediction_ends_its_streams(stage: Stage) -> None:
    with stage.held():
        prediction_id = stage.enter()
        with streaming(stage.client, prediction_id) as seen:
            next(seen)
            with stage.place.runtime.database.begin() as tx:
                for table, column in (("previews", "prediction_id"), ("predictions", "id")):
                    tx.execute(text(f"DELETE FROM {table} WHERE {column} = '{prediction_id}'"))
            assert list(seen)[-1].name == "deleted"
    finished(stage.client, submit(stage.client, GATED)["id"])  # the worker goes on


def test_streams_outlive_a_database_that_is_away_for_a_moment(stage: Stage) -> None:
    with stage.held():
        prediction_id = stage.enter()
        with streaming(stage.client, prediction_id) as seen:
            next(event for event in seen if event.data["preview"])
            rename(stage, "previews", "elsewhere")
            time.sleep(0.3)
            rename(stage, "elsewhere", "previews")
            stage.open_gate()
            assert list(seen)[-1].name == "completed"


def rename(stage: Stage, table: str, name: str) -> None:
    with stage.place.runtime.database.begin() as tx:
        tx.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


def after(seconds: float, act: Callable[[], None]) -> None:
    threading.Timer(seconds, act).start()


def test_a_poll_that_waits_is_answered_when_the_prediction_is_finished(stage: Stage) -> None:
    with stage.held():
        prediction_id = stage.enter()
        after(0.3, stage.open_gate)
        waited = stage.client.get(f"/api/v3/predictions/{prediction_id}/result", params={"wait": 9}).json()[
            "data"
        ]
        answered = time.time()
    assert waited["status"] == "completed"
    with stage.place.runtime.database.read() as tx:
        completed_at = store.find(tx, stage.place.caller.account_id, prediction_id).completed_at
    assert completed_at is not None
    assert (
        answered - completed_at.timestamp() < 4
    )  # not when the time is up; benchmarks/events.py measures it


def test_a_poll_that_waited_in_vain_is_answered_with_the_state(stage: Stage) -> None:
    with stage.held():
        prediction_id = stage.enter()
        started = time.monotonic()
        path = f"/api/v3/predictions/{prediction_id}"
        assert stage.client.get(path, params={"wait": "0.4"}).json()["data"]["status"] == "processing"
        assert 0.4 <= time.monotonic() - started < 2
    finished(stage.client, prediction_id)
    started = time.monotonic()
    assert stage.client.get(path, params={"wait": "9"}).json()["data"]["status"] == "completed"
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("wait", ["-1", "10", "9.001", "9.5", "", "x", "1e0", "nan", "٣", "0x1", " 1"])
def test_only_so_many_seconds_can_be_waited(stage: Stage, wait: str) -> None:
    path = f"/api/v3/predictions/{'0' * 32}/result"
    check_refusal(stage.client.get(path, params={"wait": wait}), 400, "wait")


def check_cancelled(prediction: Any) -> None:
    assert (prediction["status"], prediction["error"], prediction["code"]) == (
        "failed",
        "Cancelled by request",
        1405,
    )
    assert (prediction["cancelled"], prediction["charged"], prediction["outputs"]) == (True, 0, [])


def test_what_waits_is_cancelled_at_once(stage: Stage) -> None:
    before = balance(stage.client)
    with stage.held():
        first = stage.enter()
        waiting = submit(stage.client, GATED, num_images=4)
        with streaming(stage.client, waiting["id"]) as seen:
            next(seen)
            check_cancelled(stage.cancel(waiting["id"]))
            check_cancelled(list(seen)[-1].data)
        assert result(stage.client, first)["status"] == "processing"
    finished(stage.client, first)
    assert balance(stage.client) == pytest.approx(before - 0.038)


def test_what_runs_is_cancelled_at_its_next_step(stage: Stage) -> None:
    before = balance(stage.client)
    prediction_id = submit(stage.client, SLOW, num_images=4)["id"]  # 3.4 s
    with streaming(stage.client, prediction_id) as seen:
        next(event for event in seen if event.name == "processing" and event.data["progress"]["step"])
        started = time.monotonic()
        check_cancelled(stage.cancel(prediction_id, wait=9))
        assert time.monotonic() - started < 1
        check_cancelled(list(seen)[-1].data)
    assert balance(stage.client) == before


def test_what_is_finished_stays_so(stage: Stage) -> None:
    done = finished(stage.client, submit(stage.client, GATED)["id"])
    assert stage.cancel(done["id"]) == done
    assert done["charged"] == done["price"] == 0.038


def test_only_the_own_can_be_cancelled(stage: Stage) -> None:
    path = f"/api/v3/predictions/{'0' * 32}/cancel"
    check_refusal(stage.client.post(path), 404, "0" * 32)
    check_refusal(stage.client.post("/api/v3/predictions/x/cancel"), 404, "x")
    check_refusal(httpx.post(f"{stage.client.base_url}{path}"), 401, "key")


def test_the_line_and_the_time_left_are_told(stage: Stage) -> None:
    finished(stage.client, submit(stage.client, GATED)["id"])  # which tells how long one takes
    with stage.held():
        running = stage.enter()
        waiting = [submit(stage.client, GATED)["id"] for _ in range(3)]
        wait_until(lambda: result(stage.client, waiting[-1])["queue_position"] == 3)
        views = [result(stage.client, prediction_id) for prediction_id in (running, *waiting)]
        done = [stage.cancel(prediction_id) for prediction_id in waiting]
    done.append(finished(stage.client, running))
    assert [view["queue_position"] for view in views] == [0, 1, 2, 3]
    etas = [view["eta_seconds"] for view in views]
    assert etas[1:] == sorted(etas[1:])
    assert etas[0] >= 0  # what is held takes longer than the one before did
    assert min(etas[1:]) > 0
    assert {(view["queue_position"], view["eta_seconds"]) for view in done} == {(0, 0)}
