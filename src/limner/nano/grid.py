"""The geometry that training and run time share: base pixels, cells, tokens, and where each of them lies.

The base picture is an eighth of the 1k size. A cell is 8 base pixels; a token is 2 x 2 cells. Positions are measured
from the picture's centre in units of 64 base pixels. Knows nothing of networks.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

CELL = 8  # base pixels
TOKEN = 2 * CELL
POSITION_UNIT = 64  # base pixels
TEXT_TOKENS, IMAGE_TOKENS = 26, 70  # 96 together: one shape for all ratios, a multiple of 16

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
