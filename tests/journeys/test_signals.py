"""Ctrl-C and SIGTERM in the middle of pictures: each is finished, or put back for the next start."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.journeys.house import PATIENCE_SECONDS, House, Records, check_books, check_delivered, worker_of
from tests.server import environment, serving, submit, wait_until

HELD, FREE = "google/imagen4", "google/imagen4-ultra"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("grace_seconds", "is_let_go", "first", "third"),
    [
        (20, True, ("completed", 1), {("created", 1), ("created", 2)}),  # its place was free: taken, put back
        (1, False, ("processing", 2), {("created", 1)}),
    ],
    ids=["finished", "put back"],
)
def test_what_is_under_way_is_finished_or_put_back(
    tmp_path: Path,
    ground: dict[str, str],
    number: signal.Signals,
    grace_seconds: int,
    is_let_go: bool,
    first: tuple[str, int],
    third: set[tuple[str, int]],
) -> None:
    """As a terminal sends it, to all processes of the group."""
    engines = {HELD: f"gate folder={tmp_path}"}
    with serving(tmp_path, engines, LIMNER_GRACE_SECONDS=str(grace_seconds), **ground) as server:
        with server.client() as client, closing(Records.of(tmp_path, ground)) as records:
            accepted = [submit(client, HELD, num_images=2)]
            wait_until((tmp_path / "entered").exists)
            accepted += [submit(client, FREE), submit(client, HELD)]
            wait_until(lambda: records.state(accepted[1]["id"]).queued == "PENDING")  # waits for its turn
        os.killpg(server.process.pid, number)
        wait_until(lambda: not answers(server.origin))
        if is_let_go:
            (tmp_path / "open").touch()
        assert server.process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in (tmp_path / "stderr.log").read_text()
    with closing(Records.of(tmp_path, ground)) as records:
        states = [records.state(one["id"]) for one in accepted]
        ends = [(state.status, state.attempt) for state in states]
        assert ends[:2] == [first, ("created", 2)]
        assert ends[2] in third
        assert [state.engine_deaths for state in states] == [0, 0, 0]
        (tmp_path / "open").touch()
        with serving(tmp_path, engines, **ground) as server, server.client() as client:
            for one in accepted:
                check_delivered(client, one)
            check_books(records)


@pytest.mark.parametrize("pause_seconds", [0.02, 0.5])  # the server is about to close; waits for the worker
def test_an_impatient_ctrl_c_loses_nothing(
    tmp_path: Path, ground: dict[str, str], pause_seconds: float
) -> None:
    engines = {HELD: f"gate folder={tmp_path}"}
    with serving(tmp_path, engines, LIMNER_GRACE_SECONDS="1", **ground) as server:
        with server.client() as client:
            accepted = submit(client, HELD)
        wait_until((tmp_path / "entered").exists)
        os.killpg(server.process.pid, signal.SIGINT)
        time.sleep(pause_seconds)
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in (tmp_path / "stderr.log").read_text()
    (tmp_path / "open").touch()
    with serving(tmp_path, engines, **ground) as server, server.client() as client:
        check_delivered(client, accepted)


def test_an_early_ctrl_c_leaves_no_traceback(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "limner.cli", "serve", "--port", "0")
    with (
        (tmp_path / "stderr.log").open("w") as log,
        subprocess.Popen(
            command, env=environment(tmp_path, {}), stdout=subprocess.PIPE, stderr=log, start_new_session=True
        ) as process,
    ):
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.3)  # the worker is in the middle of its imports
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in (tmp_path / "stderr.log").read_text()


def answers(origin: str) -> bool:
    try:
        return httpx.get(f"{origin}/health").is_success
    except httpx.TransportError:
        return False


def test_signals_upon_signals_end_a_worker_all_the_same(house: House) -> None:
    """As when a Ctrl-C, the server that stops and the death of the server come at once."""
    for _ in range(3):
        with worker_of(house.server) as worker:
            wait_until(lambda: worker.pid == house.records.worker_pid())
            deadline = time.monotonic() + PATIENCE_SECONDS / 2
            while worker.poll() is None:
                assert time.monotonic() < deadline
                worker.send_signal(signal.SIGTERM)
                worker.send_signal(signal.SIGINT)
            # When all is done, Python gives the signals back their first meaning.
            assert worker.returncode in (0, -signal.SIGTERM, -signal.SIGINT)
