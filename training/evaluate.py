"""What the exported model can do, by the judge's eye and by yours: figures and contact sheets.

``python -m training.evaluate`` prints a table, ``--sheets docs/pictures`` draws the sheets.
Pictures come from the service's own engine. The judge is trained on renders only and never chooses
among samples; combinations are those that training left out.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from limner.engines.engine import Engine, GenerationRequest
from limner.engines.nano import load as load_engine
from training.judge import SIDE, Judge, single
from training.scenes import Scene, SceneMaker, render, whole
from training.sprites import Sprites, fetch
from training.train import load
from training.vocabulary import COLOUR_NAMES, PLACES, THINGS

Picture = NDArray[np.uint8]
SIZE = 1024  # pixels
APPLE = "a red apple on a wooden table"
OTHERS = (
    "a yellow car under a blue sky",
    "a cat on a wooden table",
    "a purple balloon over the sea",
    "a castle in the mountains",
    "a penguin in the snow",
    "a green tree on a meadow",
    "a rocket at night",
    "a blue teapot on a table",
    "a dog on the beach",
    "a sunflower in a garden",
    "a robot in the city street",
    "a white rabbit in the forest",
    "an elephant in the desert",
    "a sailboat on the ocean at sunset",
    "a red umbrella on a plain white background",
    "a birthday cake on a table",
    "a guitar in the living room",
    "a black horse on the beach",
    "an owl at night",
    "a pink pig on green grass",
    "a yellow banana on a blue background",
    "a strawberry on a table",
    "a brown teddy bear in a room",
    "a snowman in the snow",
    "a red house in the mountains",
    "an orange fish",
    "a small green turtle on the beach",
    "a big yellow star at night",
    "a butterfly in the meadow",
    "a crown on a purple background",
    "a red apple and a yellow banana on a table",
    "a cat next to a dog on the grass",
    "a blue car to the left of a red bus on the road",
    "a green cactus to the right of a white house in the desert",
    "two red balloons under a blue sky",
    'a sign that says "LIMNER" on a green meadow',
    'a cat with a sign saying "HELLO" in the snow',
    "a tractor on a field",
    "an airplane in the clouds",
    "a tulip and a mushroom in the forest",
)


def generate(engine: Engine, prompt: str, seed: int) -> Picture:
    request = GenerationRequest(prompt, SIZE, SIZE, (seed,))
    return engine.generate(request, lambda progress: None).images[0]


def prompts(sprites: Sprites, count: int) -> Iterator[tuple[Scene, str]]:
    """Single things in colours and places that training never put together."""
    maker = SceneMaker(sprites, seed=20261121, evaluation=True)
    for _ in range(count):
        scene = single(maker.scene(square=True))
        thing, place = scene.things[0], PLACES[scene.place]
        coloured = thing.name if thing.colour == "natural" else f"{thing.colour} {thing.name}"
        where = f"{scene.tint} background" if scene.tint != "natural" else place.phrases[0]
        yield scene, f"a {coloured}, {where}"


@torch.no_grad()
def verdicts(judge: Judge, pictures: Sequence[Picture]) -> NDArray[np.int64]:
    """(n, 3): the thing, the colour and the place that the judge names."""
    small = [cv2.resize(p, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for p in pictures]
    batch = torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return torch.stack([answer.argmax(-1) for answer in judge(batch)], -1).numpy()


def truth(scene: Scene) -> tuple[int, int, int]:
    thing = scene.things[0]
    return THINGS.index(thing.name), COLOUR_NAMES.index(thing.colour), scene.place


def score(judge: Judge, engine: Engine, sprites: Sprites, count: int) -> None:
    """Prints how often the judge names what was asked for: in renders (its reliability), in pictures."""
    asked = list(prompts(sprites, count))
    expected = np.array([truth(scene) for scene, _ in asked])
    made = [generate(engine, prompt, seed) for seed, (_, prompt) in enumerate(asked)]
    drawn = [(render(scene, sprites, whole(scene)) * 255).astype(np.uint8) for scene, _ in asked]
    coloured = expected[:, 1] > 0
    for name, pictures in (("renders", drawn), ("the model's pictures", made)):
        right = verdicts(judge, pictures) == expected
        shares = (right[:, 0].mean(), right[coloured, 1].mean(), right[:, 2].mean())
        print(
            f"{name:22} thing {shares[0]:.3f}  colour {shares[1]:.3f}  place {shares[2]:.3f}  (n = {count})"
        )
        if pictures is made:
            missed = [prompt for (_, prompt), hit in zip(asked, right[:, 0], strict=True) if not hit]
            print("not named:", "; ".join(missed))


def sheet(pictures: Sequence[Picture], labels: Sequence[str], columns: int, side: int = 256) -> Picture:
    """A contact sheet with its prompts."""
    tiles = []
    for picture, label in zip(pictures, labels, strict=True):
        tile = np.full((side + 22, side + 8, 3), 255, np.uint8)
        tile[4 : side + 4, 4 : side + 4] = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        cv2.putText(
            tile, label[:44], (5, side + 17), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (40, 40, 40), 1, cv2.LINE_AA
        )
        tiles.append(tile)
    tiles += [np.full_like(tiles[0], 255)] * (math.ceil(len(tiles) / columns) * columns - len(tiles))
    return np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])


def draw_sheets(engine: Engine, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    apples = [generate(engine, APPLE, seed) for seed in range(20)]
    others = [generate(engine, prompt, 7) for prompt in OTHERS]
    for name, pictures, labels, columns in (
        ("apples", apples, [f"seed {seed}" for seed in range(20)], 5),
        ("others", others, list(OTHERS), 8),
    ):
        drawn = cv2.cvtColor(sheet(pictures, labels, columns), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{name}.jpg"), drawn, [cv2.IMWRITE_JPEG_QUALITY, 88])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/first"), help="where judge.pt and the drawings are"
    )
    parser.add_argument("--weights", default="", help="exported weights; without it, those of the service")
    parser.add_argument("--count", type=int, default=230, help="single-object prompts to score; 0 for none")
    parser.add_argument("--sheets", type=Path, help="draws contact sheets into this folder")
    args = parser.parse_args()
    engine = load_engine({"weights": args.weights} if args.weights else {})
    if args.count:
        sprites = Sprites(fetch(args.folder / "drawings"))
        score(load(args.folder / "judge.pt"), engine, sprites, args.count)
    if args.sheets:
        draw_sheets(engine, args.sheets)


if __name__ == "__main__":
    main()
