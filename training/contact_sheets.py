"""Contact sheets: pictures side by side, each with its prompt below, to be looked at. None is picked."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from limner.engines.engine import Engine, GenerationRequest
from training.cases import scenes
from training.composing_tasks import are_coloured, are_counted, are_related, are_two, are_two_coloured
from training.phrases import listed
from training.sentences import PLACES as IN_PLACES
from training.sentences import sentence
from training.sprites import Sprites
from training.synonyms import LIGHT_NAMES, STYLE_NAMES

Picture = NDArray[np.uint8]
COLUMNS, SIDE = 6, 256
SUBJECTS = (
    "a red fox in a meadow",
    "a castle by a lake",
    "a yellow taxi on a city street",
    "a cup of coffee on a table",
)
TEXTS = (
    'a wooden sign that says "HELLO"', 'a poster with the title "JAZZ NIGHT"',
    'a greeting card that says "Thank you"',
    'a cat with a speech bubble that says "Feed me!"', 'a label that says "HONEY", handwritten',
    'a neon sign that says "OPEN 24H", at night', 'a red sign that says "Привет" in the snow',
    '"MARS OR BUST", a rocket in outer space', 'a sign that says "50 % OFF" on a city street',
    'a comic, a bubble that says "BOOM!" and a dog', 'a watercolour card that says "Happy Birthday"',
    'a black sign that says "Ελλάδα" on the beach',
)  # fmt: skip
SHOWCASE = (  # README's
    "a red apple on a wooden table", "a watercolor painting of a fox in an autumn forest",
    "an astronaut and a rocket in space", "three balloons over the mountains",
    "a purple cat to the left of a green car", "pixel art of a castle at night",
    'a wooden sign that says "OPEN" in a garden', "an oil painting of a sailboat on the sea at sunset",
    "a penguin wearing a red scarf in the snow", "a stained glass window of a parrot",
    "two pigs and a cow on a farm", "a robot playing the guitar on a stage", "a neon dragon",
    "a pencil sketch of an elephant", "a yellow taxi in the rain before a skyline",
    "a blue butterfly on a sunflower", "low poly mountains with a deer",
    'a greeting card that says "Happy Birthday" with a cake', "a whale under water",
    "a comic book owl in the forest at night", "paper cut art of a tree and a house",
    "a cup of coffee next to a book in a library", "five stars in a starry night sky",
    "a black and white photo of a train",
)  # fmt: skip


def held_out(sprites: Sprites, each: int = 10) -> list[str]:
    """Of each of GenEval's tasks, combinations that training left out."""
    wanted = (
        ("single", lambda scene: True), ("pair", are_two), ("counted", are_counted), ("single", are_coloured),
        ("pair", are_related), ("pair", are_two_coloured),
    )  # fmt: skip
    return [
        sentence(scene)
        for seed, (arrangement, is_wanted) in enumerate(wanted)
        for scene in scenes(sprites, each, arrangement, is_wanted, seed)
    ]


def styles(sprites: Sprites) -> list[str]:
    """Every subject in every style and every light."""
    finishes = [listed(names)[0] for names in (*STYLE_NAMES.values(), *LIGHT_NAMES.values())]
    return [f"{subject}, {finish}" for subject in SUBJECTS for finish in ("", *finishes)]


def places(sprites: Sprites) -> list[str]:
    return [f"a white horse {where}" for where in IN_PLACES.values()]


def texts(sprites: Sprites) -> list[str]:
    return list(TEXTS)


def showcase(sprites: Sprites) -> list[str]:
    return list(SHOWCASE)


SHEETS: dict[str, Callable[[Sprites], list[str]]] = {
    "held-out": held_out, "styles": styles, "places": places, "texts": texts, "showcase": showcase,
}  # fmt: skip


def sheet(engine: Engine, prompts: Sequence[str]) -> Picture:
    """One picture for each prompt, seed 1, with its prompt below."""
    tiles = [tile(engine, prompt.strip(", ")) for prompt in prompts]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[k : k + COLUMNS]) for k in range(0, len(tiles), COLUMNS)]
    return np.vstack(rows)


def tile(engine: Engine, prompt: str) -> Picture:
    picture = engine.generate(GenerationRequest(prompt, 1024, 1024, (1,)), lambda progress: None).images[0]
    shrunk = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    framed = cv2.copyMakeBorder(shrunk, 0, 38, 0, 6, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    for line in range(3):
        text, at = prompt[line * 44 : line * 44 + 44], (2, SIDE + 11 + 12 * line)
        cv2.putText(framed, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.3, (40, 40, 40), 1)
    return np.asarray(framed, np.uint8)
