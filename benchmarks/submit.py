"""How long does a submit take, one at a time and from 16 connections, beside a bare Starlette POST?"""

import json
import tempfile
from pathlib import Path

import httpx

from benchmarks.rig.bare import bare_server
from benchmarks.rig.load import Load, post
from benchmarks.rig.table import print_table
from benchmarks.rig.versus import Versus, compare
from tests.server import KEY, Server, serving

PATH = "/api/v3/google/imagen4"
BODY = json.dumps({"prompt": "a red apple on a wooden table", "seed": 7})
COUNT = 300  # a round; what is left out of 5 000 a minute is the rate limit's
SECONDS = 10.0


def main() -> None:
    rows = []
    for beside, arguments in (("none", ["--no-worker"]), ("one, with a tiny engine", [])):
        with tempfile.TemporaryDirectory() as folder, serving(Path(folder), {}, *arguments) as server:
            rows += [row(server, beside, connections) for connections in (1, 16)]
    columns = ("worker", "connections", "p50 ms", "p99 ms", "bare p50 ms", "p50 in bare p50s", "goal p50")
    print_table("Submit", columns, rows)


def row(server: Server, beside: str, connections: int) -> list[str]:
    answer = server.client().post(PATH, content=BODY).content
    port = httpx.URL(server.origin).port
    assert port is not None
    with bare_server(answer) as bare_port:
        ours = Load(port, [post(PATH, KEY, BODY)], connections, COUNT, SECONDS)
        bare = Load(bare_port, [post("/", KEY, BODY)], connections, COUNT, SECONDS)
        return [beside, str(connections), *figures(compare(ours, bare)), "5 ms" if connections == 1 else ""]


def figures(versus: Versus) -> list[str]:
    p50, bare_p50, multiple = versus.latencies_ms(50)
    p99, _, _ = versus.latencies_ms(99)
    return [f"{p50:.1f}", f"{p99:.1f}", f"{bare_p50:.2f}", f"{multiple:.1f}"]


if __name__ == "__main__":
    main()
