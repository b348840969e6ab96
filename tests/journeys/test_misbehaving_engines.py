"""An engine that does wrong costs its caller nothing, and the next prediction is made all the same."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import GROUNDS, ground_of
from tests.journeys.house import PATIENCE_SECONDS, Records, check_books, check_delivered, worker_of
from tests.server import Server, balance, finished, run, serving, submit, wait_until

WRONG_SIZE = "The engine delivered an image of (48, 64, 3) uint8, not (1024, 1024, 3) uint8."
TOO_FEW = "The engine delivered 0 images where 1 were asked for."
HUNG = "The engine stopped answering for 2 seconds; nothing was charged."
GIVEN_UP = "The engine broke down 5 times over this request; it was given up, free of charge."
EXIT_OF_THE_ENGINE = 17


Ground = dict[str, str]


@pytest.fixture(scope="module", params=GROUNDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ground]:
    folder = tmp_path_factory.mktemp("misbehaving")
    return folder, ground_of(request, request.param, folder)


@pytest.fixture(scope="module")
def server(place: tuple[Path, Ground]) -> Iterator[Server]:
    folder, ground = place
    engines = {
        "google/imagen4-ultra": "raises",
        "google/imagen4-fast": "wrong_size",
        "google/imagen3": "too_few",
        "google/imagen3-fast": "hangs",
        "wavespeed-ai/imagen4": f"exits_once marker={folder / 'exited'}",
    }
    with serving(folder, engines, LIMNER_STEP_TIMEOUT_SECONDS="2", **ground) as running:
        yield running


@pytest.fixture(scope="module")
def records(server: Server, place: tuple[Path, Ground]) -> Iterator[Records]:
    with closing(Records.of(*place)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("google/imagen4-ultra", "The paint ran out."),
        ("google/imagen4-fast", WRONG_SIZE),
        ("google/imagen3", TOO_FEW),
    ],
)
def test_what_an_engine_delivers_wrongly_is_free_and_the_worker_lives(
    server: Server, records: Records, model: str, text: str
) -> None:
    with server.client() as client:
        check_delivered(client, submit(client))
        worker_pid, credit = records.worker_pid(), balance(client)
        failed = run(client, model)
        assert (failed["status"], failed["error"], failed["outputs"]) == ("failed", text, [])
        assert balance(client) == credit
        check_delivered(client, submit(client))
    assert records.worker_pid() == worker_pid
    check_books(records)


def test_a_hanging_engine_is_ended_by_the_watchdog(server: Server, records: Records) -> None:
    with server.client() as client:
        check_delivered(client, submit(client))
        worker_pid = records.worker_pid()
        failed = run(client, "google/imagen3-fast")
        assert (failed["status"], failed["error"]) == ("failed", HUNG)
        check_delivered(client, submit(client))
        wait_until(lambda: records.worker_pid() != worker_pid)
        check_delivered(client, submit(client))
    check_books(records)


def test_an_engine_that_takes_the_worker_with_it_gets_another_try(server: Server, records: Records) -> None:
    with server.client() as client:
        check_delivered(client, submit(client, "wavespeed-ai/imagen4", seed=7))
        (died,) = records.rows(
            "SELECT engine_deaths FROM predictions WHERE model_id = 'wavespeed-ai/imagen4'"
        )
        assert died == (1,)
        check_delivered(client, submit(client))
    check_books(records)


def test_a_request_that_kills_five_workers_is_given_up(tmp_path: Path, ground: dict[str, str]) -> None:
    engines = {"google/imagen3": "exits"}
    with serving(tmp_path, engines, "--no-worker", **ground) as server, server.client() as client:
        deadly = submit(client, "google/imagen3", num_images=2)
        for _ in range(5):  # started by hand: the pauses of a supervisor grow with every death
            with worker_of(server) as worker:
                assert worker.wait(PATIENCE_SECONDS) == EXIT_OF_THE_ENGINE
        with worker_of(server), closing(Records.of(tmp_path, ground)) as records:
            failed = finished(client, deadly["id"])
            assert (failed["status"], failed["error"]) == ("failed", GIVEN_UP)
            check_delivered(client, submit(client))
            check_books(records)
