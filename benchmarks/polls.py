"""How many result polls a second, of 16 connections, beside a bare Starlette endpoint of the same answer?"""

import tempfile
from pathlib import Path

import httpx

from benchmarks.rig.bare import bare_server
from benchmarks.rig.load import Load, get
from benchmarks.rig.stock import finished_predictions, running_predictions
from benchmarks.rig.table import print_table
from benchmarks.rig.versus import compare
from tests.server import KEY, Server, serving

CONNECTIONS = 16
MANY = 1_000
SECONDS = 2.0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), {}, "--no-worker") as server:
        state = Path(folder) / "state"
        finished, running = finished_predictions(state, MANY), running_predictions(state, MANY)
        rows = [
            row(server, "one finished prediction", finished[:1], "0.35"),
            row(server, f"{CONNECTIONS} running ones", running[:CONNECTIONS], "0.20"),
            row(server, f"{MANY} finished ones in turn", finished, "0.20"),
            row(server, f"{MANY} running ones in turn", running, ""),
        ]
    columns = ("polled", "polls/s", "bare Starlette", "share", "goal")
    print_table(f"Result polls, {CONNECTIONS} keep-alive connections", columns, rows)


def row(server: Server, polled: str, ids: list[str], goal: str) -> list[str]:
    paths = [f"/api/v3/predictions/{prediction_id}/result" for prediction_id in ids]
    answer = server.client().get(paths[0]).content
    port = httpx.URL(server.origin).port
    assert port is not None
    with bare_server(answer) as bare_port:
        ours = Load(port, [get(path, KEY) for path in paths], CONNECTIONS, seconds=SECONDS)
        bare = Load(bare_port, [get("/", KEY)], CONNECTIONS, seconds=SECONDS)
        per_second, bare_per_second, share = compare(ours, bare).rates()
    return [polled, f"{per_second:,.0f}", f"{bare_per_second:,.0f}", f"{share:.2f}", goal]


if __name__ == "__main__":
    main()
