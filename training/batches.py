"""Batches for training, drawn endlessly from random scenes: maps with captions, renders with their maps."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from limner.nano.grid import CELL, IMAGE_TOKENS, TEXT_TOKENS, TOKEN, patched, pixel_positions, token_positions
from training.maps import SceneMap, map_of
from training.scenes import Scene, SceneMaker, Window, render
from training.sprites import Sprites
from training.vocabulary import COLOUR_NAMES, PLACE_NAMES, RELATIONS, THINGS

Example = dict[str, NDArray[Any]]

WORDS = ("", "<quote>", *COLOUR_NAMES[1:], *THINGS[1:], *PLACE_NAMES, *RELATIONS)
WORD_INDEX = {word: index for index, word in enumerate(WORDS)}


def word_ids(words: tuple[str, ...]) -> NDArray[np.int64]:
    ids = np.zeros(TEXT_TOKENS, np.int64)
    known = [WORD_INDEX[word] for word in words][:TEXT_TOKENS]
    ids[: len(known)] = known
    return ids


def layout_example(scene: Scene, sprites: Sprites) -> Example:
    scene_map = map_of(scene, sprites)
    n = scene.width * scene.height // TOKEN**2
    pad = IMAGE_TOKENS - n
    return {
        "words": word_ids(scene.words),
        "thing": np.pad(patched(scene_map.thing), ((0, pad), (0, 0))),
        "colour": np.pad(patched(scene_map.colour), ((0, pad), (0, 0))),
        "frame": np.pad(patched(scene_map.frame), ((0, pad), (0, 0), (0, 0))),
        "place": np.array(scene_map.place, np.int64),
        "position": np.pad(token_positions(scene.width, scene.height), ((0, pad), (0, 0))),
        "visible": (np.arange(IMAGE_TOKENS) < n).astype(np.float32),
    }


def painting_inputs(scene_map: SceneMap, width: int, height: int) -> Example:
    """What the pixel network sees of a whole scene."""
    return {
        "thing": scene_map.thing,
        "colour": scene_map.colour,
        "place": np.full_like(scene_map.thing, scene_map.place),
        "where": scene_map.where,
        "position": pixel_positions(width, height),
    }


def crop_corner(scene: Scene, crop: int, rng: np.random.Generator) -> tuple[int, int]:
    """The top left cell of a crop: three in four look at a thing."""
    columns, rows = (scene.width - crop) // CELL, (scene.height - crop) // CELL
    if rng.random() < 0.25:
        return int(rng.integers(columns + 1)), int(rng.integers(rows + 1))
    thing = scene.things[rng.integers(len(scene.things))]
    spread = max(0.0, thing.side - 0.7 * crop) / 2 + 6
    x, y = thing.x + rng.uniform(-spread, spread), thing.y + rng.uniform(-spread, spread)
    column = np.clip((x - crop / 2) / CELL + 0.5, 0, columns)
    row = np.clip((y - crop / 2) / CELL + 0.5, 0, rows)
    return int(column), int(row)


def pixel_example(scene: Scene, sprites: Sprites, crop: int, rng: np.random.Generator) -> Example:
    column, row = crop_corner(scene, crop, rng)
    side = crop // CELL
    inputs = painting_inputs(map_of(scene, sprites), scene.width, scene.height)
    cut = {k: v[..., row : row + side, column : column + side] for k, v in inputs.items() if k != "position"}
    cut["where"] = cut["where"] + rng.normal(0, 0.01, cut["where"].shape).astype(np.float32)  # as sampled
    position = inputs["position"][:, 2 * row : 2 * (row + side), 2 * column : 2 * (column + side)]
    picture = render(scene, sprites, Window(column * CELL, row * CELL, crop, crop, 1))
    return {**cut, "position": position, "pixels": (picture * 2 - 1).transpose(2, 0, 1).astype(np.float32)}


def stacked(examples: list[Example]) -> dict[str, Tensor]:
    return {key: torch.from_numpy(np.stack([example[key] for example in examples])) for key in examples[0]}


def layout_batches(sprites: Sprites, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    maker = SceneMaker(sprites, seed)
    while True:
        yield stacked([layout_example(maker.scene(), sprites) for _ in range(size)])


def pixel_batches(sprites: Sprites, size: int, crop: int, seed: int) -> Iterator[dict[str, Tensor]]:
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    while True:
        yield stacked([pixel_example(maker.scene(), sprites, crop, rng) for _ in range(size)])
