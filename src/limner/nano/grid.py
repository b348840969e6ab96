"""The geometry that training and run time share: base pixels, cells, tokens, and where each of them lies.

The base picture is an eighth of the 1k size. A cell is 8 base pixels; a token is 2 x 2 cells. Positions are
measured from the picture's centre in units of 64 base pixels. Knows nothing of networks.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

CELL = 8  # base pixels
TOKEN = 2 * CELL
POSITION_UNIT = 64  # base pixels
TEXT_TOKENS, IMAGE_TOKENS = 26, 70  # 96 together: one shape for all ratios, a multiple of 16

FRAME = 5  # numbers of a cell: x, y and log2 side of its thing's square, which way that faces; the horizon
SMOOTHED_WITHIN = 2  # cells

Floats = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)


def centres(length: int, side: int) -> Floats:
    """Centres of the ``length // side`` pieces of a side, from its middle, in position units."""
    return (((np.arange(length // side) + 0.5) * side - length / 2) / POSITION_UNIT).astype(np.float32)


def token_positions(width: int, height: int) -> Floats:
    """(N, 2): x, y of each token of a picture of width x height base pixels, rows first."""
    x, y = np.meshgrid(centres(width, TOKEN), centres(height, TOKEN))
    return np.stack([x.ravel(), y.ravel()], -1)


def pixel_positions(width: int, height: int) -> Floats:
    """(2, h, w): x, y of each half-cell."""
    return np.stack(np.meshgrid(centres(width, CELL // 2), centres(height, CELL // 2)))


def patched(cells: NDArray[Scalar]) -> NDArray[Scalar]:
    """(..., h, w) over cells -> (h * w / 4, 4, ...) over tokens."""
    *lead, h, w = cells.shape
    k = len(lead)
    split = cells.reshape(*lead, h // 2, 2, w // 2, 2)
    return split.transpose(k, k + 2, k + 1, k + 3, *range(k)).reshape(h * w // 4, 4, *lead)


def unpatched(tokens: NDArray[Scalar], width: int, height: int) -> NDArray[Scalar]:
    """(h * w / 4, 4, ...) over tokens -> (..., h, w) over cells: the inverse of ``patched``."""
    rows, columns = height // TOKEN, width // TOKEN
    lead = tokens.shape[2:]
    split = tokens.reshape(rows, columns, 2, 2, *lead)
    moved = split.transpose(*range(4, 4 + len(lead)), 0, 2, 1, 3)
    return moved.reshape(*lead, 2 * rows, 2 * columns)


def where_of(frame: Floats, thing: NDArray[np.int64]) -> Floats:
    """(3, h, w): u and v of each cell in its thing's square (0 where there is none), height over the horizon.

    ``frame`` (FRAME, h, w) is in position units from the picture's centre. A thing that faces left has u
    backwards.
    """
    h, w = thing.shape
    x, y = np.meshgrid(centres(w * CELL, CELL), centres(h * CELL, CELL))
    half = np.exp2(frame[2]) / 2
    inside = thing > 0
    u = np.where(inside, (x - frame[0]) / half * np.where(frame[3] < 0, -1, 1), 0)
    v = np.where(inside, (y - frame[1]) / half, 0)
    ground = (y - frame[4]) * POSITION_UNIT / (h * CELL) * 2
    return np.stack([u, v, ground]).astype(np.float32)


def smoothed(frame: Floats, thing: NDArray[np.int64]) -> Floats:
    """A frame averaged over near cells of the same thing, the horizon over all: sampling leaves noise."""
    reach = range(-SMOOTHED_WITHIN, SMOOTHED_WITHIN + 1)
    total, count = np.zeros_like(frame), np.zeros(thing.shape, np.float32)
    for dy in reach:
        for dx in reach:
            near, there = shifted(frame, dy, dx), shifted(thing[None] + 1, dy, dx)[0] - 1
            alike = (there == thing) & (np.abs(near[:2] - frame[:2]).max(0) < 0.3 * np.exp2(frame[2]))
            total += near * alike
            count += alike
    average = total / count
    average[4] = frame[4].mean()
    return average


def shifted(cells: NDArray[Scalar], dy: int, dx: int) -> NDArray[Scalar]:
    """(k, h, w) moved by dy rows and dx columns; what comes in from outside is 0."""
    _, h, w = cells.shape
    padded = np.pad(cells, ((0, 0), (abs(dy),) * 2, (abs(dx),) * 2))
    return padded[:, abs(dy) + dy : abs(dy) + dy + h, abs(dx) + dx : abs(dx) + dx + w]
