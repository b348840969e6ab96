"""What the finisher is told beside the base picture: the same arrays in training and at run time.

The finisher turns the base picture into one of eight times its sides, in a light and a style. Where a style
has grain, strokes or panes, they follow two things that the network can see: the place within a fixed tile,
and seeded noise. Knows nothing of networks.
"""

import numpy as np
from numpy.typing import NDArray

from limner.nano.boxes import POSITION_UNIT

SCALE = 8  # pixels of the finished picture a base pixel
DETAIL = 2  # pixels of the finisher's input a base pixel
TILE = 16  # base pixels: after as many, a style's pattern begins anew
GRAINS = 4  # channels of noise

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def grain(seed: int, width: int, height: int) -> Floats:
    """(GRAINS, h, w) of normal noise: raindrops, flakes, paper. Sides in base pixels."""
    return noise(seed, 2, (GRAINS, height, width))


def noise(seed: int, part: int, shape: tuple[int, ...]) -> Floats:
    """Normal noise of a seed alone; each part of a picture has its own."""
    return generator(seed, part).standard_normal(shape, np.float32)


def uniform(seed: int, part: int, count: int) -> Floats:
    """Numbers in [0, 1), as ``noise``."""
    return generator(seed, part).random(count, np.float32)


def generator(seed: int, part: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, part]))


def tile_places(x: int, y: int, width: int, height: int) -> Integers:
    """(h, w): which of the TILE * TILE places of the tile each base pixel is, in a window whose corner is
    (x, y)."""
    rows, columns = (y + np.arange(height)) % TILE, (x + np.arange(width)) % TILE
    return rows[:, None] * TILE + columns[None, :]


def view(horizon: float, width: int, height: int) -> Floats:
    """(2, h, w): depth under the horizon in position units; square of the distance from the picture's middle,
    1 in the corners."""
    x = (np.arange(width, dtype=np.float32) + 0.5) * 2 / width - 1
    y = (np.arange(height, dtype=np.float32) + 0.5) * 2 / height - 1
    depth = ((np.arange(height, dtype=np.float32) + 0.5) - np.float32(horizon)) / POSITION_UNIT
    spread = np.broadcast_to(depth[:, None], (height, width))
    return np.stack([spread, (x[None, :] ** 2 + y[:, None] ** 2) / 2]).astype(np.float32)
