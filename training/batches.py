"""Batches for training, drawn endlessly from random scenes: captions and renders, with their objects."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from limner.nano.boxes import (
    CELL,
    HALF_CELL,
    OBJECTS,
    POSITION_UNIT,
    REFINING_FROM,
    TEXT_TOKENS,
    back_to_front,
    frames_of,
    ground_of,
    pixel_positions,
    stretched,
)
from training.compositions import SceneMaker
from training.landmarks import LONE, SUN
from training.scenes import Scene, Window, coverage, render
from training.sprites import Sprites
from training.vocabulary import COLOUR_NAMES, PAINTED, PLACE_NAMES, THINGS, WORDS, place_kind

Example = dict[str, NDArray[Any]]
Kept = TypeVar("Kept")
REFINING_SHARE = 0.4  # of the examples of the painter
ANYWHERE_SHARE = 0.4  # of its crops; the others look at a thing
LONE_SHARE = 0.4  # of those others, where a place has a moon or a sun
WORD_INDEX = {word: index for index, word in enumerate(WORDS)}
THING_INDEX = {name: index for index, name in enumerate(THINGS)}
PAINTED_INDEX = {drawn: index for index, drawn in enumerate(PAINTED)}
COLOUR_INDEX = {name: index for index, name in enumerate(COLOUR_NAMES)}


def word_ids(words: tuple[str, ...]) -> NDArray[np.int64]:
    ids = np.zeros(TEXT_TOKENS, np.int64)
    known = [WORD_INDEX[word] for word in words][:TEXT_TOKENS]
    ids[: len(known)] = known
    return ids


def objects_of(scene: Scene) -> Example:
    """thing, drawing, colour (OBJECTS,) and boxes (OBJECTS, 5) of limner.nano.boxes, in the order of mention;
    0 where there is none."""
    things, painted, colours = (np.zeros(OBJECTS, np.int64) for _ in range(3))
    boxes = np.tile(np.array([0, 0, 16, 16, 1], np.float32), (OBJECTS, 1))
    for k, thing in enumerate(scene.things[:OBJECTS]):
        things[k], colours[k] = THING_INDEX[thing.name], COLOUR_INDEX[thing.colour]
        painted[k] = PAINTED_INDEX[thing.name, thing.drawing]
        boxes[k] = thing.x, thing.y, thing.width / 2, thing.height / 2, -1 if thing.flipped else 1
    return {"things": things, "painted": painted, "colours": colours, "boxes": boxes}


def composer_example(scene: Scene, sprites: Sprites) -> Example:
    """Every box as that of the thing's first drawing: it is not told which one stands there."""
    objects = objects_of(scene)
    back = np.ones((OBJECTS, 2), np.float32)
    for k, thing in enumerate(scene.things[:OBJECTS]):
        back[k] = [1 / times for times in sprites.stretch(thing.name, thing.drawing)]
    boxes = stretched(objects["boxes"], back)
    frames = frames_of(boxes, scene.width, scene.height) * (objects["things"] > 0)[:, None]
    return {
        "words": word_ids(scene.words),
        "things": objects["things"],
        "colours": objects["colours"],
        "frames": frames.astype(np.float32),
        "place": np.array(place_kind(scene.place, scene.tint), np.int64),
        "light": np.array(scene.light, np.int64),
        "style": np.array(scene.style, np.int64),
        "horizon": np.array([(scene.horizon - scene.height / 2) / POSITION_UNIT], np.float32),
        "size": np.array([scene.width, scene.height], np.float32) / 2 / POSITION_UNIT,
    }


def painting_inputs(scene: Scene, scale: int = 1) -> Example:
    """What the painter sees of a whole scene: objects from back to front, ``scale`` pixels a base pixel."""
    objects = objects_of(scene)
    count = len(scene.things[:OBJECTS])
    order = np.concatenate([back_to_front(objects["boxes"][:count]), np.arange(count, OBJECTS)])
    boxes = objects["boxes"][order] * np.array([scale, scale, scale, scale, 1], np.float32)
    width, height = scene.width * scale, scene.height * scale
    return {
        "things": objects["painted"][order],
        "colours": objects["colours"][order],
        "boxes": boxes,
        "place": np.array(place_kind(scene.place, scene.tint), np.int64),
        "ground": ground_of(boxes[:count], scene.horizon * scale, width, height),
        "position": pixel_positions(width, height),
    }


def crop_corner(scene: Scene, crop: int, scale: int, rng: np.random.Generator) -> tuple[int, int]:
    """The top left of a crop, in cells of 8 pixels: three in five look at a thing, or at what the place has
    but one of."""
    columns, rows = (scene.width * scale - crop) // CELL, (scene.height * scale - crop) // CELL
    if rng.random() < ANYWHERE_SHARE:
        return int(rng.integers(columns + 1)), int(rng.integers(rows + 1))
    lone = lone_in(scene)
    if lone and rng.random() < LONE_SHARE:
        return corner_about(lone[0] * scale, lone[1] * scale, crop, columns, rows)
    thing = scene.things[rng.integers(len(scene.things))]
    reach = [max(0.0, side * scale - 0.7 * crop) / 2 + 6 for side in (thing.width, thing.height)]
    x, y = (
        thing.x * scale + rng.uniform(-reach[0], reach[0]),
        thing.y * scale + rng.uniform(-reach[1], reach[1]),
    )
    return corner_about(x, y, crop, columns, rows)


def corner_about(x: float, y: float, crop: int, columns: int, rows: int) -> tuple[int, int]:
    """Of a crop with (x, y) in its middle, or as near to that as the picture allows."""
    column = np.clip((x - crop / 2) / CELL + 0.5, 0, columns)
    row = np.clip((y - crop / 2) / CELL + 0.5, 0, rows)
    return int(column), int(row)


def lone_in(scene: Scene) -> tuple[float, float] | None:
    """Where a place has what there is one of (a moon, a sun), in base pixels of the scene."""
    name = PLACE_NAMES[scene.place]
    if name == "sunset":
        return scene.width / 2 + SUN, scene.horizon
    if name in LONE:
        return scene.width / 2 + LONE[name][0], scene.height / 2 + LONE[name][1]
    return None


def painter_example(
    scene: Scene, sprites: Sprites, crop: int, scale: int, rng: np.random.Generator
) -> Example:
    """A crop at the base size, or at twice that: there the painter only refines what it has painted."""
    column, row = crop_corner(scene, crop, scale, rng)
    inputs = painting_inputs(scene, scale)
    inputs["boxes"] = inputs["boxes"] - np.array([column * CELL, row * CELL, 0, 0, 0], np.float32)
    k, side = CELL // HALF_CELL, crop // HALF_CELL
    for name in ("ground", "position"):
        inputs[name] = inputs[name][:, k * row : k * row + side, k * column : k * column + side]
    window = Window(column * CELL / scale, row * CELL / scale, crop / scale, crop / scale, scale)
    cover = coverage(scene, sprites, window).reshape(side, HALF_CELL, side, HALF_CELL).mean((1, 3))
    picture = (render(scene, sprites, window) * 2 - 1).astype(np.float32)
    known = softened(picture) if scale > 1 and rng.random() < 0.6 else picture
    return {
        **inputs,
        "cover": cover[None].astype(np.float32),
        "pixels": picture.transpose(2, 0, 1),
        "known": known.transpose(2, 0, 1),
        "least_time": np.array(REFINING_FROM if scale > 1 else 0, np.float32),
    }


def softened(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """A picture as it is after half its size: what refining begins with."""
    h, w = picture.shape[:2]
    small = cv2.resize(picture, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


def channels_first(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 3) in [0, 1] -> (3, h, w) in [-1, 1]."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)) * 2 - 1


def drawn_from(
    kept: list[Kept],
    made: Callable[[], Sequence[Kept]],
    size: int,
    most: int,
    share: float,
    rng: np.random.Generator,
) -> list[Kept]:
    """``size`` different ones of those that are ``kept``, ``most`` at most, where it is dear to make one.

    Some are made if there are too few, and else in a ``share`` of the draws.
    """
    while len(kept) < size:
        kept += made()
    if rng.random() < share:
        kept += made()
    del kept[:-most]
    return [kept[k] for k in rng.choice(len(kept), size, replace=False)]


def stacked(examples: list[Example]) -> dict[str, Tensor]:
    return {key: torch.from_numpy(np.stack([example[key] for example in examples])) for key in examples[0]}


def composer_batches(sprites: Sprites, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    maker = SceneMaker(sprites, seed)
    while True:
        yield stacked([composer_example(maker.scene(), sprites) for _ in range(size)])


def painter_batches(sprites: Sprites, size: int, crop: int, seed: int) -> Iterator[dict[str, Tensor]]:
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    while True:
        scales = np.where(np.arange(size) < size * REFINING_SHARE, 2, 1)
        yield stacked([painter_example(maker.scene(), sprites, crop, int(k), rng) for k in scales])
