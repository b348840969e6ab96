"""Are the model's edges as crisp as the renderer's? Widths of edges, halos, straight lines, side by side.

``python -m training.edges`` has the shipped painter, finisher and upscaler paint scenes of which everything
is known, renders the same scenes at the same size, and prints what is measured in both
(training/sharpness.py) as a table in Markdown. ``--sheet FILE`` draws crops of both beside each other.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from limner.nano import sampler
from limner.nano.boxes import back_to_front
from limner.nano.sampler import Steps
from limner.nano.weights import BUILT_IN, Weights
from training.batches import objects_of
from training.cases import EFFORTS
from training.compositions import SceneMaker
from training.scenes import Scene, Thing, render, whole
from training.sharpness import Sharpness, sharpness
from training.sprites import Sprites, fetch
from training.vocabulary import place_kind

Picture = NDArray[np.uint8]
SIZES = {"1k": 8, "2k": 16}  # pixels a base pixel
HALO = 0.05  # of an edge's contrast: more can be seen
BINS = (0, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 99)  # pixels
CROP = 20  # base pixels: a side of a crop on the sheet


def scenes_of(sprites: Sprites, count: int, seed: int) -> list[Scene]:
    """Square, by day and in no style: what a style does to edges is the style's."""
    maker = SceneMaker(sprites, seed, evaluation=True)
    return [replace(maker.scene(square=True), light=0, style=0) for _ in range(count)]


def known_to_sampler(scene: Scene) -> sampler.Scene:
    """A scene of training as the composer would hand it on."""
    objects, count = objects_of(scene), len(scene.things)
    named = ("things", "painted", "colours", "boxes")
    things, painted, colours, boxes = (objects[name][:count] for name in named)
    order = back_to_front(boxes)
    kind = place_kind(scene.place, scene.tint)
    drawn = things[order], painted[order], colours[order], boxes[order]
    return sampler.Scene(scene.width, scene.height, *drawn, kind, 0, 0, scene.horizon)


def steps_of(effort: str) -> Steps:
    return Steps.split(EFFORTS[effort].num_inference_steps or 24)


def painted(weights: Weights, scene: Scene, seed: int, steps: Steps, is_doubled: bool) -> Picture:
    known = known_to_sampler(scene)
    painting = sampler.paint(weights, known, seed, steps, lambda clean: None)
    return sampler.enlarge(weights, painting, known, seed, is_doubled)


def rendered(scene: Scene, sprites: Sprites, scale: int) -> Picture:
    return (render(scene, sprites, whole(scene, scale)) * 255 + 0.5).astype(np.uint8)


def row(name: str, size: str, found: Sequence[Sharpness]) -> str:
    """A row of the table: shares of edges up to each width, medians, halos, wobble."""
    widths, halos, strayed = (
        np.concatenate([getattr(each, kind) for each in found]) for kind in ("widths", "halos", "wobbles")
    )
    low, median, high = np.percentile(widths, (25, 50, 75))
    shares = np.histogram(widths, BINS)[0] / len(widths)
    strays = (
        f"{np.median(strayed):.2f} / {np.percentile(strayed, 90):.2f} ({len(strayed)})"
        if len(strayed)
        else "-"
    )
    return (
        f"| {size} {name} | {len(widths)} | {low:.2f} | **{median:.2f}** | {high:.2f} | "
        f"{' | '.join(f'{share:.2f}' for share in shares)} | {(halos > HALO).mean():.3f} | {strays} |"
    )


def heading() -> str:
    bins = [*(f"{low:g}-{high:g}" for low, high in pairwise(BINS[:-1])), f"> {BINS[-2]:g}"]
    columns = [
        "picture", "edges", "width 25 %", "50 %", "75 %", *bins, f"halos > {HALO:g}",
        "wobble 50 / 90 % (lines)",
    ]  # fmt: skip
    return f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def crops(scene: Scene, both: Sequence[Picture], scale: int) -> Picture:
    """The top of the first thing in the render and in the model's picture, as large, with a line between."""
    x, y = corner(scene, scene.things[0])
    cut = [picture[y * scale : (y + CROP) * scale, x * scale : (x + CROP) * scale] for picture in both]
    side = CROP * SIZES["2k"]
    large = [cv2.resize(each, (side, side), interpolation=cv2.INTER_NEAREST) for each in cut]
    tiles = [
        cv2.copyMakeBorder(each, 0, 4, 0, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255)) for each in large
    ]
    return np.hstack(tiles)


def corner(scene: Scene, thing: Thing) -> tuple[int, int]:
    x, y = thing.x - CROP / 2, thing.y - thing.height / 2 - 2
    return int(np.clip(x, 0, scene.width - CROP)), int(np.clip(y, 0, scene.height - CROP))


def pairs(
    weights: Weights, scenes: Sequence[Scene], sprites: Sprites, size: str, steps: Steps
) -> Iterator[tuple[Picture, Picture]]:
    for seed, scene in enumerate(scenes):
        scale = SIZES[size]
        yield rendered(scene, sprites, scale), painted(weights, scene, seed, steps, size == "2k")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("runs/first"), help="where the drawings are")
    parser.add_argument(
        "--weights", type=Path, default=BUILT_IN, help="exported weights; the shipped ones if unset"
    )
    parser.add_argument("--count", type=int, default=24, help="scenes")
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--effort", default="standard", choices=list(EFFORTS))
    parser.add_argument("--seed", type=int, default=2027, help="of the scenes")
    parser.add_argument(
        "--sheet", type=Path, help="where to draw crops, render left, model right; six scenes a size"
    )
    return parser.parse_args()


def main() -> None:
    args = arguments()
    sprites, weights = Sprites(fetch(args.folder / "drawings")), Weights(args.weights)
    scenes = scenes_of(sprites, args.count, args.seed)
    steps = steps_of(args.effort)
    rows = []
    print(heading())
    for size in args.sizes:
        found: dict[str, list[Sharpness]] = {"renderer": [], "model": []}
        shown: list[Picture] = []
        for scene, both in zip(scenes, pairs(weights, scenes, sprites, size, steps), strict=True):
            for name, picture in zip(found, both, strict=True):
                found[name].append(sharpness(picture))
            if len(shown) < 6:
                shown.append(crops(scene, both, SIZES[size]))
        for name, each in found.items():
            print(row(name, size, each), flush=True)
        rows += [np.hstack(shown[k : k + 2]) for k in range(0, len(shown), 2)]
    if args.sheet:
        cv2.imwrite(str(args.sheet), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
