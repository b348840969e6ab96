"""How long does a picture of the built-in model take, where does the time go, and how near is that to what
the processor can do?"""

import tempfile
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from benchmarks.rig.flops import bf16_peak, graph_flops
from benchmarks.rig.table import print_table
from limner import images
from limner.catalog import STANDARD
from limner.engines.nano import DEFAULT_GUIDANCE, DEFAULT_STEPS
from limner.nano import sampler
from limner.nano.grid import CELL
from limner.nano.tokenizer import Tokenizer
from limner.nano.weights import BUILT_IN, Weights
from tests.server import serving, submit

PROMPT = "a red apple on a wooden table"
PICTURES = 12  # in this process
REQUESTS = 6  # of a server, each
BASE = 128  # base pixels of a side
PARTS = ("layout", "pixels", "upscale", "PNG")
STEPS = sampler.Steps.split(STANDARD.num_inference_steps or DEFAULT_STEPS)
REQUESTED: Mapping[str, Mapping[str, Any]] = {
    "1 at 1k": {},
    "1 at 2k": {"resolution": "2k"},
    "4 at 1k": {"num_images": 4},
}
LOOK_SECONDS = 0.02


def main() -> None:
    parts_in_this_process()
    from_submit_to_end()


def parts_in_this_process() -> None:
    weights, peak = Weights(), bf16_peak()
    runs = [make(weights, seed) for seed in range(1 + PICTURES)][1:]  # the first one compiles the graphs
    seconds = {part: median(run[n] for run in runs) for n, part in enumerate(PARTS)}
    seconds["together"] = median(map(sum, runs))
    flops, peak = flops_of_a_picture(), max(peak, bf16_peak())  # the machine may have been busy once
    rows = [
        [part, f"{taken * 1000:.0f}", f"{flops[part] / 1e9:.1f}", f"{flops[part] / taken / peak:.0%}"]
        for part, taken in seconds.items()
    ]
    title = f"One 1024x1024 picture in {STEPS.layout} + {STEPS.pixels} steps, in this process"
    print_table(title, ("part", "p50 ms", "GFLOP", f"share of {peak / 1e12:.2f} TFLOP/s bf16"), rows)


def make(weights: Weights, seed: int) -> list[float]:
    """The seconds of each part."""
    words = Tokenizer(weights.page.vocabulary).tokenize(PROMPT).ids
    marks = [time.perf_counter()]
    size = (BASE, BASE)
    scene = sampler.sample_layout(weights, words, (), size, seed, STEPS.layout, DEFAULT_GUIDANCE, _no_report)
    marks.append(time.perf_counter())
    small = sampler.paint(weights, scene, seed, STEPS.pixels, _no_report)
    marks.append(time.perf_counter())
    pixels = sampler.enlarge(weights, small, doubled=False)
    marks.append(time.perf_counter())
    images.encode(pixels, "png")
    marks.append(time.perf_counter())
    return [after - before for before, after in pairwise(marks)]


def flops_of_a_picture() -> dict[str, float]:
    cells, halves = (1, BASE // CELL, BASE // CELL), (BASE * 2 // CELL,) * 2
    pixels = {
        "noisy": (1, 3, BASE, BASE),
        "t": (1,),
        **dict.fromkeys(("thing", "colour", "place"), cells),
        "where": (1, 3, *cells[1:]),
        "position": (1, 2, *halves),
    }
    flops = {
        "layout": STEPS.layout * graph_flops(BUILT_IN / "layout.xml", {}),
        "pixels": STEPS.pixels * graph_flops(BUILT_IN / "pixels.xml", pixels),
        "upscale": graph_flops(BUILT_IN / "upscale8.xml", {"small": (1, 3, BASE, BASE)}),
        "PNG": 0.0,
    }
    return {**flops, "together": sum(flops.values())}


def from_submit_to_end() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), {"google/imagen4": "nano"}) as server,
        server.client() as client,
    ):
        rows = [row(client, name, inputs) for name, inputs in REQUESTED.items()]
    columns = ("pictures", "p50 ms", "of which in the engine", "goal")
    print_table("From sending the submit to seeing it completed", columns, rows)


def row(client: httpx.Client, name: str, inputs: Mapping[str, Any]) -> list[str]:
    runs = [request(client, inputs, seed) for seed in range(1 + REQUESTS)][1:]
    whole, engine = (median(run[n] for run in runs) for n in (0, 1))
    return [name, f"{whole:.0f}", f"{engine:.0f}", "1500 ms" if name == "1 at 1k" else ""]


def request(client: httpx.Client, inputs: Mapping[str, Any], seed: int) -> tuple[float, float]:
    """Milliseconds from the submit to the end as a poller sees it, and inside the engine."""
    started = time.perf_counter()
    prediction = submit(client, prompt=PROMPT, seed=seed, **inputs)
    while prediction["status"] not in ("completed", "failed"):
        time.sleep(LOOK_SECONDS)
        prediction = client.get(f"/api/v3/predictions/{prediction['id']}/result").json()["data"]
    assert prediction["status"] == "completed", prediction["error"]
    return (time.perf_counter() - started) * 1000, prediction["timings"]["inference"]


def _no_report(*_: object) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    main()
