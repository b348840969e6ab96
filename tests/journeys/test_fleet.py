"""Workers that serve some of the models, make several pictures at once, and leave without losing any."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.journeys.house import GATED, MODEL, SLOW, WORKER, House, check_books, check_delivered
from tests.server import MODELS, STOP_SECONDS, finished, result, serving, submit, wait_until


@contextmanager
def fleet_worker(house: House, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The only one there is."""
    house.kill_worker()
    with (house.folder / "worker.log").open("a") as log:
        process = subprocess.Popen([*WORKER, *arguments], env=house.server.environment, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def num_workers(house: House) -> int:
    return len(house.records.rows("SELECT 1 FROM workers WHERE pools IS NULL OR CAST(pools AS TEXT) <> '[]'"))


def test_several_pictures_are_made_at_once_and_a_stop_loses_none(house: House) -> None:
    with fleet_worker(house, "--concurrency", "2") as worker:
        wait_until(lambda: num_workers(house) == 2)
        accepted = [submit(house.client, SLOW, num_images=4) for _ in range(4)]
        ids = [one["id"] for one in accepted]
        wait_until(lambda: [result(house.client, one)["status"] for one in ids].count("processing") == 2)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(STOP_SECONDS) == 0
        assert house.records.rows("SELECT 1 FROM workers") == []
    # What was not finished was put back: nobody has it.
    assert (
        house.records.rows(
            "SELECT 1 FROM predictions WHERE owner IS NOT NULL AND status IN ('created', 'processing')"
        )
        == []
    )
    house.start_worker()
    for one in accepted:
        check_delivered(house.client, one)
    check_books(house.records)


def test_who_is_told_twice_to_stop_puts_back_at_once(house: House) -> None:
    house.shut_gate()
    with fleet_worker(house) as worker:
        accepted = submit(house.client, GATED)
        house.wait_at_gate()
        worker.send_signal(signal.SIGTERM)
        wait_until(lambda: house.records.rows("SELECT 1 FROM workers WHERE stopping_at IS NOT NULL"))
        waiting = submit(house.client, MODEL)  # nobody takes it any more
        time.sleep(0.5)
        assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(25) == 0  # of the 30 seconds that it had
    state = house.records.state(accepted["id"])
    assert (state.attempt, state.engine_deaths, state.is_in_engine) == (2, 0, False)
    assert result(house.client, waiting["id"])["status"] == "created"
    house.open_gate()
    house.start_worker()
    for one in (accepted, waiting):
        check_delivered(house.client, one)
    check_books(house.records)


def test_a_worker_takes_only_what_it_can_make_and_health_names_the_rest(house: House) -> None:
    house.open_gate()
    with fleet_worker(house, "--models", SLOW):
        # Whoever served before is dead, and counts until it is found to be.
        wait_until(lambda: set(house.server.health()["unserved_models"]) == set(MODELS) - {SLOW})
        waiting = submit(house.client, GATED)
        assert finished(house.client, submit(house.client, SLOW)["id"])["status"] == "completed"
        assert result(house.client, waiting["id"])["status"] == "created"
        with fleet_worker(house, "--models", f"{GATED},{MODEL}"):
            check_delivered(house.client, waiting)
            assert house.server.health()["unserved_models"] == []
    check_books(house.records)


def test_a_model_that_there_is_not_is_refused(tmp_path: Path) -> None:
    command = [*WORKER, "--models", "google/imagen5"]
    environment = {"LIMNER_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert 'there is no model "google/imagen5"' in ended.stderr


def test_a_server_that_stops_says_so_before_it_closes_its_door(tmp_path: Path) -> None:
    with serving(tmp_path, {}, "--no-worker", LIMNER_DRAIN_SECONDS="3") as server, server.client() as client:
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: client.get("/health").status_code == 503)
        assert server.health()["status"] == "stopping"
        assert submit(client)["status"] == "created"  # whoever has not noticed yet is served
        assert server.process.wait(STOP_SECONDS) == 0
