"""How late is an event, of one open stream and of 500, and what do they cost the server?

Steps are committed here as a worker does it, four a second with a preview each; the streams are held by a
process of their own.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import httpx
import numpy as np

from benchmarks.rig.stock import running_predictions, waiting_predictions
from benchmarks.rig.streams import Arrival, streams
from benchmarks.rig.table import print_table
from limner import images
from limner.predictions import lifecycle, store
from limner.runtime import Runtime, build_runtime
from limner.settings import read_settings
from tests.server import KEY, Server, serving

MANY = 500
STEPS = 40
STEP_SECONDS = 0.25
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Of the server's process."""

    cpu_seconds: float
    threads: int
    resident_mib: float

    @classmethod
    def of(cls, pid: int) -> "Cost":
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        cpu = (int(fields[11]) + int(fields[12])) / TICKS
        return cls(cpu, int(fields[17]), pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), {}, "--no-worker") as server:
        state = Path(folder) / "state"
        moving, waiting = running_predictions(state, MANY), waiting_predictions(state, MANY)
        with closing(build_runtime(read_settings(data_dir=state))) as runtime:
            rows = [
                row(server, runtime, "1, of a prediction at work", moving[:1], moving[:1]),
                row(server, runtime, f"{MANY}, of one at work", moving[:1] * MANY, moving[:1]),
                row(
                    server,
                    runtime,
                    f"{MANY}, of one at work and {MANY - 1} that wait",
                    moving[:1] + waiting[1:],
                    moving[:1],
                ),
                row(server, runtime, f"{MANY}, of {MANY} at work", moving, moving),
            ]
    columns = ("streams", "events/s", "p50 ms", "p99 ms", "share of a core", "threads", "MiB")
    print_table(f"Events: {1 / STEP_SECONDS:g} steps a second, with previews", columns, rows)


def row(
    server: Server, runtime: Runtime, what: str, watched: Sequence[str], moving: Sequence[str]
) -> list[str]:
    port = httpx.URL(server.origin).port
    assert port is not None
    with streams(port, KEY, watched) as opened:
        before, started = Cost.of(server.process.pid), time.monotonic()
        committed = move(runtime, moving)
        time.sleep(STEP_SECONDS)
        after, seconds = Cost.of(server.process.pid), time.monotonic() - started
        arrivals = opened.arrivals()
    late = quantiles(latencies_ms(arrivals, committed), n=100)
    share = (after.cpu_seconds - before.cpu_seconds) / seconds
    return [
        what,
        f"{len(arrivals) / seconds:.0f}",
        f"{late[49]:.0f}",
        f"{late[98]:.0f}",
        f"{share:.0%}",
        str(after.threads),
        f"{after.resident_mib:.0f}",
    ]


def move(runtime: Runtime, prediction_ids: Sequence[str]) -> dict[int, float]:
    """When each step of all of them was committed."""
    committed = {}
    with runtime.database.read() as tx:
        predictions = [store.find_any(tx, one) for one in prediction_ids]
    noise = np.random.default_rng(0).integers(64, 192, (128, 128, 3), np.uint8)
    preview = images.preview(noise)
    for step in range(1, STEPS + 1):
        due = time.monotonic() + STEP_SECONDS
        with runtime.database.begin() as tx:
            for prediction in predictions:
                assert prediction is not None
                lifecycle.record_progress(tx, prediction, step, STEPS, preview)
        committed[step] = time.monotonic()
        time.sleep(max(0.0, due - time.monotonic()))
    return committed


def latencies_ms(arrivals: Sequence[Arrival], committed: dict[int, float]) -> list[float]:
    """Without the states that were sent when the streams were opened."""
    late = [(at - committed[step]) * 1000 for _, step, at in arrivals if step in committed]
    return [one for one in late if one >= 0]


if __name__ == "__main__":
    main()
