"""What the exported model can do, by the judge's eye and by yours: figures and contact sheets.

``python -m training.evaluate --folder runs/first`` prints a table in Markdown, ``--sheet FILE`` draws contact
sheets. The tasks are those of GenEval (Ghosh et al. 2023) in words of this model, in combinations that
training left out. Pictures come from the service's own engine. The judge is trained on renders only and never
chooses among samples; how often it is right on exact renders stands beside every figure.
"""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from limner.catalog import FAST, STANDARD, ULTRA
from limner.engines.engine import Engine, GenerationRequest
from limner.engines.nano import load as load_engine
from training.compositions import SceneMaker
from training.judge import Finding, Judge, find
from training.scenes import Scene, render, whole
from training.sentences import sentence
from training.sprites import Sprites, fetch
from training.stages import load
from training.vocabulary import COUNTS

Picture = NDArray[np.uint8]
BASE = 128  # what the judge looks at
EFFORTS = {"fast": FAST, "standard": STANDARD, "ultra": ULTRA}
APART = 0.1  # of the side: how much farther left or lower a thing must be to count as that


@dataclass(frozen=True)
class Task:
    """What is drawn at random, which of it is asked for, and when a picture shows it."""

    name: str
    arrangement: str
    wanted: Callable[[Scene], bool]
    is_shown: Callable[[Scene, Sequence[Finding]], bool]


def shows_things(scene: Scene, found: Sequence[Finding]) -> bool:
    return {thing.name for thing in scene.things} <= {finding.name for finding in found}


def shows_count(scene: Scene, found: Sequence[Finding]) -> bool:
    name = scene.things[0].name
    return sum(finding.name == name for finding in found) == len(scene.things)


def shows_colours(scene: Scene, found: Sequence[Finding]) -> bool:
    seen = {(finding.name, finding.colour) for finding in found}
    return {(thing.name, thing.colour) for thing in scene.things} <= seen


def shows_position(scene: Scene, found: Sequence[Finding]) -> bool:
    """Whether the centres lie as the caption says; what stands on something is above it."""
    places = {finding.name: finding for finding in reversed(found)}
    first, second = (places.get(thing.name) for thing in scene.things)
    if first is None or second is None:
        return False
    across, down = (first.x - second.x) / BASE, (first.y - second.y) / BASE
    (relation,) = [word for word in scene.words if word in SIDES]
    axis, sign = SIDES[relation]
    return (across, down)[axis] * sign > APART


SIDES = {"left of": (0, -1), "right of": (0, 1), "above": (1, -1), "on": (1, -1), "below": (1, 1)}


def are_coloured(scene: Scene) -> bool:
    return all(thing.colour != "natural" for thing in scene.things)


def are_related(scene: Scene) -> bool:
    return len(scene.things) == 2 and any(word in SIDES for word in scene.words)


def are_two(scene: Scene) -> bool:
    return len({thing.name for thing in scene.things}) == 2


TASKS = (
    Task("single object", "single", lambda scene: True, shows_things),
    Task("two objects", "pair", are_two, shows_things),
    Task(
        "counting (1-5)",
        "counted",
        lambda scene: len(scene.things) <= 5 and any(word in COUNTS for word in scene.words),
        shows_count,
    ),
    Task("colours", "single", are_coloured, shows_colours),
    Task("position", "pair", are_related, shows_position),
    Task("colour binding", "pair", lambda scene: are_two(scene) and are_coloured(scene), shows_colours),
)


def scenes_of(task: Task, sprites: Sprites, count: int, seed: int = 2026) -> list[Scene]:
    """Square, by day and in no style, of things and colours and places that training never combined."""
    maker = SceneMaker(sprites, seed, evaluation=True)
    chosen: list[Scene] = []
    while len(chosen) < count:
        scene = maker.scene(square=True, arrangement=task.arrangement)
        words = tuple(word for word in scene.words if not word.startswith(("light:", "style:")))
        if task.wanted(scene):
            chosen.append(replace(scene, light=0, style=0, words=words))
    return chosen


def small(picture: Picture) -> NDArray[np.float32]:
    shrunk = cv2.resize(picture, (BASE, BASE), interpolation=cv2.INTER_AREA)
    return shrunk.astype(np.float32) / np.float32(255)


def picture_of(engine: Engine, prompt: str, seed: int, steps: int | None, negative: str = "") -> Picture:
    request = GenerationRequest(
        prompt, 1024, 1024, (seed,), negative_prompt=negative, num_inference_steps=steps
    )
    return engine.generate(request, lambda progress: None).images[0]


def interval(hits: int, count: int) -> str:
    """Share and Wilson's 95 % interval."""
    z, p = 1.96, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{p:.3f} ({middle - half:.2f}-{middle + half:.2f})"


def scored(
    task: Task, engine: Engine, judge: Judge, sprites: Sprites, count: int, efforts: Sequence[str]
) -> str:
    """A row of the table."""
    scenes = scenes_of(task, sprites, count)
    exact = sum(task.is_shown(scene, find(judge, render(scene, sprites, whole(scene)))) for scene in scenes)
    cells = []
    for effort in efforts:
        steps = EFFORTS[effort].num_inference_steps
        hits = 0
        for k, scene in enumerate(scenes):
            picture = picture_of(engine, sentence(scene), k, steps)
            hits += task.is_shown(scene, find(judge, small(picture)))
        cells.append(interval(hits, count))
    return f"| {task.name} | {count} | {exact / count:.3f} | {' | '.join(cells)} |"


def held_out_prompts(sprites: Sprites, each: int = 10) -> list[str]:
    return [sentence(s) for seed, task in enumerate(TASKS) for s in scenes_of(task, sprites, each, seed)]


def sheet(engine: Engine, prompts: Sequence[str], columns: int = 6, side: int = 256) -> Picture:
    """One picture for each prompt, seed 1, none picked, with its prompt below."""
    tiles = []
    for prompt in prompts:
        shrunk = cv2.resize(picture_of(engine, prompt, 1, None), (side, side), interpolation=cv2.INTER_AREA)
        tile = cv2.copyMakeBorder(shrunk, 0, 38, 0, 6, cv2.BORDER_CONSTANT, value=(255, 255, 255))
        for line in range(3):
            text = prompt[line * 44 : line * 44 + 44]
            cv2.putText(
                tile, text, (2, side + 11 + 12 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.3, (40, 40, 40), 1
            )
        tiles.append(tile)
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[k : k + columns]) for k in range(0, len(tiles), columns)]
    return np.vstack(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("runs/first"), help="where judge.pt is")
    parser.add_argument(
        "--weights", type=Path, default=None, help="exported weights; the shipped ones if unset"
    )
    parser.add_argument("--count", type=int, default=200, help="pictures for each task and effort")
    parser.add_argument("--efforts", nargs="+", default=list(EFFORTS), choices=list(EFFORTS))
    parser.add_argument("--prompts", type=Path, help="a file for --sheet, one a line; unset: held-out ones")
    parser.add_argument("--sheet", type=Path, default=None, help="where to write the contact sheet")
    args = parser.parse_args()
    engine = load_engine({"weights": str(args.weights)} if args.weights else {})
    sprites = Sprites(fetch(args.folder / "drawings"))
    if args.sheet:
        prompts = args.prompts.read_text().splitlines() if args.prompts else held_out_prompts(sprites)
        cv2.imwrite(str(args.sheet), cv2.cvtColor(sheet(engine, prompts), cv2.COLOR_RGB2BGR))
        return
    judge = load(args.folder / "judge.pt")
    print(f"| task | pictures | judge on exact renders | {' | '.join(args.efforts)} |")
    print(f"|---|---|---|{'---|' * len(args.efforts)}")
    for task in TASKS:
        print(scored(task, engine, judge, sprites, args.count, args.efforts), flush=True)


if __name__ == "__main__":
    main()
