"""A child that dies is started again; one that is told to stop is not."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from limner import supervisor
from limner.supervisor import Supervisor

PATIENCE_SECONDS = 120


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.02)


@pytest.fixture
def starts(tmp_path: Path) -> Path:
    """A file with one line per start of the child."""
    (tmp_path / "starts").touch()
    return tmp_path / "starts"


def child(starts: Path, then: str, stop_seconds: float = PATIENCE_SECONDS) -> Supervisor:
    script = f"import os, signal, sys, time\nopen({str(starts)!r}, 'a').write('x\\n')\n{then}"
    return Supervisor([sys.executable, "-c", script], {}, stop_seconds)


def count(starts: Path) -> int:
    return len(starts.read_text().splitlines())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_child_that_dies_is_started_again(starts: Path) -> None:
    with child(starts, "sys.exit(3)").running():
        wait_for(lambda: count(starts) >= 3)


def test_a_child_that_lives_is_left_alone_and_stopped_in_the_end(starts: Path) -> None:
    supervised = child(starts, "time.sleep(600)")
    with supervised.running():
        wait_for(lambda: count(starts) == 1)
        wait_for(lambda: supervised.child_pid is not None)
    wait_for(lambda: supervised.child_pid is None)
    assert count(starts) == 1


def test_a_child_may_finish_what_it_has_begun(starts: Path) -> None:
    finish = (
        "def finish(*_):\n    time.sleep(0.3)\n"
        f"    open({str(starts)!r}, 'a').write('finished\\n')\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, finish)\n"
        f"open({str(starts)!r}, 'a').write('ready\\n')\ntime.sleep(600)"
    )
    with child(starts, finish).running():
        wait_for(lambda: "ready" in starts.read_text())
    assert "finished" in starts.read_text()


def test_a_child_that_will_not_stop_is_killed(starts: Path) -> None:
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('r', flush=True)\ntime.sleep(600)"
    stubborn = child(starts, deaf, stop_seconds=0.2)
    with stubborn.running():
        wait_for(lambda: count(starts) == 1)
        time.sleep(0.1)
    assert stubborn.child_pid is None


def test_pauses_grow(starts: Path) -> None:
    with child(starts, "sys.exit(3)").running():
        wait_for(lambda: count(starts) >= 2)
        started = time.monotonic()
        wait_for(lambda: count(starts) >= 4)
        assert time.monotonic() - started > 0.3  # 0.1 and 0.2 seconds


def test_a_child_that_cannot_be_started_is_tried_again(starts: Path, tmp_path: Path) -> None:
    late, ready = tmp_path / "late", tmp_path / "ready"
    ready.write_text(f"#!/bin/sh\necho x >> {starts}\nexec sleep 600\n")
    ready.chmod(0o755)
    with capture_logs() as logs, Supervisor([str(late)], {"PATH": os.environ["PATH"]}).running():
        wait_for(lambda: len([one for one in logs if "cannot be started" in one["event"]]) >= 2)
        ready.rename(late)
        wait_for(lambda: count(starts) == 1)
    assert "No such file" in logs[0]["cause"]
    assert logs[1]["pause_seconds"] == 2 * logs[0]["pause_seconds"]
