"""How long from `scripts/serve` in a fresh clone to the first picture, and from the second start?

The clone is of HEAD, and its packages come from pip's cache where they are there: on a machine that never
installed them, the first run measures the network, and the second is the figure. LIMNER_DATA_DIR is new.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.rig.table import ROOT, print_table
from tests.server import KEY, finished, submit

WEIGHTS = Path("src/limner/nano/weights")
STOP_SECONDS = 60


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        if not (clone / WEIGHTS).exists():  # not committed yet
            shutil.copytree(ROOT / WEIGHTS, clone / WEIGHTS)
        own = {"LIMNER_DATA_DIR": str(Path(name) / "state"), "LIMNER_API_KEY": KEY}
        rows = [row(start, clone, own, goal) for start, goal in (("first", "90"), ("second", "5"))]
    columns = ("start", "listens after s", "first picture after s", "goal s")
    print_table("`scripts/serve` to the first picture", columns, rows)


def row(start: str, clone: Path, own: Mapping[str, str], goal: str) -> list[str]:
    started = time.monotonic()
    with serving_from(clone, own) as origin:
        listening = time.monotonic() - started
        make_a_picture(origin)
        return [start, f"{listening:.1f}", f"{time.monotonic() - started:.1f}", goal]


@contextmanager
def serving_from(clone: Path, own: Mapping[str, str]) -> Iterator[str]:
    """The origin, as soon as `scripts/serve` says it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIMNER_")}
    command = [str(clone / "scripts" / "serve"), "--port", "0"]
    with subprocess.Popen(command, env=inherited | dict(own), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert "http://" in line, "the server did not start"
            yield line.split()[3]
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def make_a_picture(origin: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=origin, headers=headers, timeout=30) as client:
        prediction = finished(client, submit(client, prompt="a red apple on a wooden table")["id"])
        assert prediction["status"] == "completed", prediction["error"]
        assert client.get(prediction["outputs"][0]).content.startswith(b"\x89PNG")


if __name__ == "__main__":
    main()
