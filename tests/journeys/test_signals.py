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

QUICK, ENDLESS = "google/imagen4", "google/imagen4-ultra"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_under_way_is_finished_or_put_back(tmp_path: Path, number: signal.Signals) -> None:
    """As a terminal sends it: to all processes of the group."""
    gates = {QUICK: tmp_path / "quick", ENDLESS: tmp_path / "endless"}
    for gate in gates.values():
        gate.mkdir()
    engines = {model: f"gate folder={gate}" for model, gate in gates.items()}
    with serving(tmp_path, engines, LIMNER_GRACE_SECONDS="1") as server, server.client() as client:
        accepted = [submit(client, model, num_images=2) for model in (QUICK, ENDLESS, QUICK)]
        for gate in gates.values():
            wait_until((gate / "entered").exists)
        os.killpg(server.process.pid, number)
        wait_until(lambda: not answers(server.origin))
        (gates[QUICK] / "open").touch()
        assert server.process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in (tmp_path / "stderr.log").read_text()
    with closing(Records.in_folder(tmp_path)) as records:
        states = [records.state(one["id"]) for one in accepted]
        assert [state.status for state in states] == ["completed", "processing", "created"]
        assert [state.engine_deaths for state in states] == [0, 0, 0]
        (gates[ENDLESS] / "open").touch()
        with serving(tmp_path, engines) as server, server.client() as client:
            for one in accepted:
                check_delivered(client, one)
            check_books(records)


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
