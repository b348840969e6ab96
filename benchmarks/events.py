"""How late is an event, of one open stream and of 500, and what do they cost the server? And who waits?

Steps are committed here as a worker does it, four a second with a preview each; the streams are held by a
process of their own.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import httpx
import numpy as np

from benchmarks.rig.stock import running_predictions, waiting_predictions
from benchmarks.rig.streams import Arrival, streams
from benchmarks.rig.table import print_table
from limner import images
from limner.predictions import lifecycle, store
from limner.predictions.prediction import Failure
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
            waits = [
                wait_row(server, runtime, moving[:20], 1),
                wait_row(server, runtime, moving[100:400], 100),
            ]
    columns = ("streams", "events/s", "p50 ms", "p99 ms", "share of a core", "threads", "MiB")
    print_table(f"Events: {1 / STEP_SECONDS:g} steps a second, with previews", columns, rows)
    print_table(
        "From the end of a prediction to the answer of `?wait=9`", ("who wait", *columns[2:4], "goal"), waits
    )


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


def wait_row(server: Server, runtime: Runtime, prediction_ids: Sequence[str], at_once: int) -> list[str]:
    late: list[float] = []
    for k in range(0, len(prediction_ids) - at_once + 1, at_once):
        late += asyncio.run(wait_for(server, runtime, prediction_ids[k : k + at_once]))
    percentiles = quantiles(late, n=100)
    return [str(at_once), f"{percentiles[49]:.0f}", f"{percentiles[98]:.0f}", "100 ms"]


async def wait_for(server: Server, runtime: Runtime, prediction_ids: Sequence[str]) -> list[float]:
    """The milliseconds of each."""
    ended: dict[str, float] = {}
    headers, limits = {"Authorization": f"Bearer {KEY}"}, httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=server.origin, headers=headers, limits=limits, timeout=30
    ) as client:

        async def wait(prediction_id: str) -> float:
            answer = await client.get(f"/api/v3/predictions/{prediction_id}/result", params={"wait": 9})
            answered = time.monotonic()
            assert answer.json()["data"]["status"] == "failed"
            return (answered - ended[prediction_id]) * 1000

        waiting = [asyncio.create_task(wait(one)) for one in prediction_ids]
        await asyncio.sleep(0.5)
        for prediction_id in prediction_ids:
            await asyncio.to_thread(end, runtime, prediction_id, ended)
        return await asyncio.gather(*waiting)


def end(runtime: Runtime, prediction_id: str, ended: dict[str, float]) -> None:
    with runtime.database.begin() as tx:
        prediction = store.find_any(tx, prediction_id)
        assert prediction is not None
        lifecycle.fail(tx, prediction, Failure("The paint ran out."), runtime.queue, datetime.now(UTC))
    ended[prediction_id] = time.monotonic()


def latencies_ms(arrivals: Sequence[Arrival], committed: dict[int, float]) -> list[float]:
    """Without the states that were sent when the streams were opened."""
    late = [(at - committed[step]) * 1000 for _, step, at in arrivals if step in committed]
    return [one for one in late if one >= 0]


if __name__ == "__main__":
    main()
