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

from benchmarks.rig.flops import bf16_peak, channels_of, graph_flops
from benchmarks.rig.table import print_table
from limner import images
from limner.catalog import STANDARD
from limner.engines.nano import DEFAULT_GUIDANCE, DEFAULT_STEPS
from limner.nano import sampler
from limner.nano.boxes import HALF_CELL
from limner.nano.finish import DETAIL
from limner.nano.tokenizer import Tokenizer
from limner.nano.weights import BUILT_IN, Weights
from tests.server import serving, submit

PROMPT = "a red apple on a wooden table"
THINGS = 1  # that it names; the table is a place
PICTURES = 12  # in this process
REQUESTS = 6  # of a server, each
BASE = 128  # base pixels of a side
PARTS = ("composing", "painting", "finishing", "PNG")
STEPS = sampler.Steps.split(STANDARD.num_inference_steps or DEFAULT_STEPS)
REQUESTED: Mapping[str, Mapping[str, Any]] = {
    "1 at 1k": {},
    "1 at 2k": {"resolution": "2k"},
    "4 at 1k": {"num_images": 4},
}
GOALS = {"1 at 1k": "1000 ms", "1 at 2k": "1800 ms", "4 at 1k": "3 x one"}
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
    counts = f"{STEPS.composing} + {STEPS.painting} + {STEPS.refining}"
    title = f"One 1024x1024 picture in {counts} steps, in this process"
    print_table(title, ("part", "p50 ms", "GFLOP", f"share of {peak / 1e12:.2f} TFLOP/s bf16"), rows)


def make(weights: Weights, seed: int) -> list[float]:
    """The seconds of each part."""
    words = Tokenizer(weights.page.vocabulary).tokenize(PROMPT).ids
    marks = [time.perf_counter()]
    size = (BASE, BASE)
    wish = sampler.Wish(words)
    scene = sampler.compose(weights, wish, size, seed, STEPS.composing, DEFAULT_GUIDANCE, _no_report)
    marks.append(time.perf_counter())
    painting = sampler.paint(weights, scene, seed, STEPS, _no_report)
    marks.append(time.perf_counter())
    pixels = sampler.enlarge(weights, painting, scene, seed, is_doubled=False)
    marks.append(time.perf_counter())
    images.encode(pixels, "png")
    marks.append(time.perf_counter())
    return [after - before for before, after in pairwise(marks)]


def flops_of_a_picture() -> dict[str, float]:
    composing = graph_flops(BUILT_IN / "reader.xml", {})
    composing += STEPS.composing * graph_flops(BUILT_IN / "composer.xml", {})
    base, twice = (flops_of_painting(side) for side in (BASE, 2 * BASE))
    painting = base[0] + twice[0] + STEPS.painting * base[1] + STEPS.refining * twice[1]
    flops = {"composing": composing, "painting": painting, "finishing": flops_of_finishing(), "PNG": 0.0}
    return {**flops, "together": sum(flops.values())}


def flops_of_painting(side: int) -> tuple[float, float]:
    """Of describing a scene for a picture of this side, and of one step."""
    half_cells = (side // HALF_CELL, side // HALF_CELL)
    described = {
        "things": (1, THINGS),
        "colours": (1, THINGS),
        "boxes": (1, THINGS, 5),
        "place": (1,),
        "ground": (1, 2, *half_cells),
        "position": (1, 2, *half_cells),
    }
    channels = channels_of(BUILT_IN / "condition.xml", "condition")
    painted = {"noisy": (1, 3, side, side), "t": (1,), "condition": (1, channels, *half_cells)}
    return graph_flops(BUILT_IN / "condition.xml", described), graph_flops(BUILT_IN / "painter.xml", painted)


def flops_of_finishing() -> float:
    """By day and in no style, as the prompt is."""
    return graph_flops(BUILT_IN / "upscale4.xml", {"small": (1, 3, DETAIL * BASE, DETAIL * BASE)})


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
    return [name, f"{whole:.0f}", f"{engine:.0f}", GOALS[name]]


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
