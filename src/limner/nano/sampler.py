"""Sampling: noise to a scene map, the map to a small picture, the small picture to full size.

Free functions over arrays. Flow matching with x-prediction (x_t = (1 - t) noise + t clean; t = 0 is noise),
Euler steps, guidance on the layout only. Random numbers come from the seed alone, so a picture is the same in
any batch and on any worker.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from limner.nano.grid import (
    CELL,
    IMAGE_TOKENS,
    TEXT_TOKENS,
    TOKEN,
    pixel_positions,
    smoothed,
    token_positions,
    unpatched,
    where_of,
)
from limner.nano.weights import Array, Weights

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
StepDone = Callable[[], None]
Look = Callable[[Floats], None]
"""Called after a step with the estimate of the clean picture, (1, 3, h, w) about [-1, 1]."""


@dataclass(frozen=True)
class SceneMap:
    """What is where, over cells (h, w)."""

    thing: Integers
    colour: Integers
    place: Integers
    where: Floats  # (3, h, w): u and v in the thing, height over the horizon


@dataclass(frozen=True)
class Steps:
    """How many steps each part takes."""

    layout: int
    pixels: int

    @classmethod
    def split(cls, total: int) -> "Steps":
        """Two in three go to the layout, which is the cheaper part and decides more."""
        pixels = max(1, round(total / 3))
        return cls(max(1, total - pixels), pixels)


def times(count: int, power: float) -> Iterator[tuple[float, float]]:
    """Steps from noise (0) to clean (1), dense at the noisy end, where the prompt decides."""
    return pairwise((k / count) ** power for k in range(count + 1))


def noise(seed: int, part: int, shape: tuple[int, ...]) -> Floats:
    generator = np.random.Generator(np.random.Philox(key=[seed, part]))
    return generator.standard_normal(shape, np.float32)


def text(ids: tuple[int, ...]) -> Integers:
    padded = np.zeros(TEXT_TOKENS, np.int64)
    padded[: len(ids)] = ids[:TEXT_TOKENS]
    return padded


def sample_layout(
    weights: Weights,
    words: tuple[int, ...],
    against: tuple[int, ...],
    size: tuple[int, int],
    seed: int,
    steps: int,
    guidance: float,
    done: StepDone,
) -> SceneMap:
    """A scene map for words, guided away from ``against`` (no words: from the average scene).

    ``size`` is width and height in base pixels.
    """
    width, height = size
    n = (width // TOKEN) * (height // TOKEN)
    position = np.zeros((1, IMAGE_TOKENS, 2), np.float32)
    position[0, :n] = token_positions(width, height)
    fixed: dict[str, Array] = {
        "words": np.stack([text(words), text(against)]),
        "position": position,
        "visible": (np.arange(IMAGE_TOKENS) < n).astype(np.float32)[None],
        "guidance": np.array([guidance], np.float32),
    }
    x = noise(seed, 0, (1, IMAGE_TOKENS, weights.page.token_codes))
    out: dict[str, NDArray[np.float32]] = {}
    for t, following in times(steps, 1.7):
        out = weights.layout({"noisy": x, "t": np.array([t], np.float32), **fixed})
        x = x + (following - t) / (1 - t) * (out["clean"] - x)
        done()
    place = int(out["place"][0, :n].mean(0).argmax())
    thing = unpatched(out["thing"][0, :n].argmax(-1), width, height)
    colour = unpatched(out["colour"][0, :n].argmax(-1), width, height)
    frame = smoothed(unpatched(out["frame"][0, :n], width, height), thing)
    return SceneMap(thing, colour, np.full_like(thing, place), where_of(frame, thing))


def paint(weights: Weights, scene: SceneMap, seed: int, steps: int, look: Look) -> Floats:
    """(1, 3, h, w) in [-1, 1]: the picture of a scene map at the base size. ``look`` sees every step."""
    height, width = (side * CELL for side in scene.thing.shape)
    fixed: dict[str, Array] = {
        "thing": scene.thing[None],
        "colour": scene.colour[None],
        "place": scene.place[None],
        "where": scene.where[None],
        "position": pixel_positions(width, height)[None],
    }
    x = noise(seed, 1, (1, 3, height, width))
    for t, following in times(steps, 1.5):
        clean = weights.pixels({"noisy": x, "t": np.array([t], np.float32), **fixed})["clean"]
        x = x + (following - t) / (1 - t) * (clean - x)
        look(clean)
    return x.clip(-1, 1)


def enlarge(weights: Weights, picture: Floats, doubled: bool) -> NDArray[np.uint8]:
    """(1, 3, h, w) in [-1, 1] -> (8h, 8w, 3) bytes, or (16h, 16w, 3) when doubled."""
    large = weights.upscale8({"small": picture})["large"]
    if doubled:
        large = weights.upscale2({"small": large})["large"]
    return as_pixels(large)


def as_pixels(picture: Floats) -> NDArray[np.uint8]:
    """(1, 3, h, w) in [-1, 1] -> (h, w, 3) bytes."""
    scaled = (picture[0] + 1) * 127.5 + 0.5
    return np.ascontiguousarray(scaled.clip(0, 255).astype(np.uint8).transpose(1, 2, 0))
