"""How long from a submit to the start of its engine, on an idle server?"""

import random
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import httpx

from benchmarks.rig import stamp
from benchmarks.rig.table import print_table
from tests.server import finished, serving, submit

SUBMITS = 60
PAUSE_SECONDS = (0.2, 0.3)  # of its own each time, so as not to fall in step with the worker's polling


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, found_in = folder / "stamps", stamp.install(folder)
        engine = {"google/imagen4": f"stamp log={log}"}
        with serving(folder, engine, PYTHONPATH=found_in) as server, server.client() as client:
            submit_once(client)
            times = [submit_once(client) for _ in range(SUBMITS)]
        started = [float(line) for line in log.read_text().split()][1:]
    rows = [
        row("sending the submit", [at - sent for at, (sent, _) in zip(started, times, strict=True)], "60 ms"),
        row("its answer", [at - answered for at, (_, answered) in zip(started, times, strict=True)], ""),
    ]
    print_table(
        "To the start of the engine, on an idle server", ("from", "p50 ms", "p99 ms", "goal p50"), rows
    )


def submit_once(client: httpx.Client) -> tuple[float, float]:
    """When it was sent and when it was answered."""
    time.sleep(random.uniform(*PAUSE_SECONDS))
    sent = time.time()
    prediction = submit(client)
    answered = time.time()
    time.sleep(PAUSE_SECONDS[0])
    assert finished(client, prediction["id"])["status"] == "completed"
    return sent, answered


def row(since: str, seconds: list[float], goal: str) -> list[str]:
    return [since, f"{median(seconds) * 1000:.0f}", f"{quantiles(seconds, n=100)[-1] * 1000:.0f}", goal]


if __name__ == "__main__":
    main()
