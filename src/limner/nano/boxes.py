"""The geometry that training and run time share: base pixels, half-cells, boxes of objects.

The base picture is an eighth of the 1k size; a half-cell is 4 base pixels. Positions for networks are
measured from the picture's centre in units of 64 base pixels. Knows nothing of networks.
"""

import numpy as np
from numpy.typing import NDArray

CELL, HALF_CELL = 8, 4  # base pixels
TOKEN = 16  # base pixels: both sides of a picture are multiples of it
POSITION_UNIT = 64  # base pixels
TEXT_TOKENS, OBJECTS = 48, 8  # most words of a caption, most objects of a scene

REFINING_FROM = 0.3  # the least time at which the painter is asked to refine at twice the base size

FRAME = 5  # numbers of an object: x, y, log2 width and log2 height of its box, which way it faces

Floats = NDArray[np.float32]


def centres(length: int, side: int) -> Floats:
    """Centres of the ``length // side`` pieces of a side, from its middle, in position units."""
    return (((np.arange(length // side) + 0.5) * side - length / 2) / POSITION_UNIT).astype(np.float32)


def pixel_positions(width: int, height: int) -> Floats:
    """(2, h, w): x, y of each half-cell from the picture's centre, in position units."""
    return np.stack(np.meshgrid(centres(width, HALF_CELL), centres(height, HALF_CELL)))


def boxes_of(frames: Floats, width: int, height: int) -> Floats:
    """(K, FRAME) in position units from the centre -> (K, 5): x, y, half width, half height in base pixels
    from the picture's corner, facing (1 or -1)."""
    x = frames[:, 0] * POSITION_UNIT + width / 2
    y = frames[:, 1] * POSITION_UNIT + height / 2
    half = np.exp2(frames[:, 2:4]) * POSITION_UNIT / 2
    facing = np.where(frames[:, 4] < 0, -1, 1)
    return np.stack([x, y, half[:, 0], half[:, 1], facing], -1).astype(np.float32)


def frames_of(boxes: Floats, width: int, height: int) -> Floats:
    """The inverse of ``boxes_of``."""
    x, y = (boxes[:, 0] - width / 2) / POSITION_UNIT, (boxes[:, 1] - height / 2) / POSITION_UNIT
    sizes = np.log2(boxes[:, 2:4] * 2 / POSITION_UNIT)
    return np.stack([x, y, sizes[:, 0], sizes[:, 1], boxes[:, 4]], -1).astype(np.float32)


def stretched(boxes: Floats, stretches: Floats) -> Floats:
    """Boxes (K, 5) made as many times as wide and as high as (K, 2) says; each stands where it stood."""
    x, y, half_w, half_h, facing = boxes.T
    wide, high = stretches.T
    return np.stack([x, y + half_h - half_h * high, half_w * wide, half_h * high, facing], -1)


def inside(boxes: Floats, width: int, height: int) -> Floats:
    """Boxes (K, 5) moved into the picture; what is too large for it goes to its middle."""
    x, y, half_w, half_h, facing = boxes.T
    middle = width / 2, height / 2
    x = np.clip(x, np.minimum(half_w, middle[0]), np.maximum(width - half_w, middle[0]))
    y = np.clip(y, np.minimum(half_h, middle[1]), np.maximum(height - half_h, middle[1]))
    return np.stack([x, y, half_w, half_h, facing], -1)


def back_to_front(boxes: Floats) -> NDArray[np.int64]:
    """The order in which objects are laid over each other: what stands lower is nearer."""
    return np.argsort(boxes[:, 1] + boxes[:, 3], kind="stable")


def ground_of(boxes: Floats, horizon: float, width: int, height: int) -> Floats:
    """(2, h, w): each half-cell's depth under the horizon, in half heights, and the contact shadows of the
    boxes (K, 5) that stand on the ground. ``horizon`` is in base pixels from the top."""
    x = (np.arange(width // HALF_CELL) + 0.5) * HALF_CELL
    y = (np.arange(height // HALF_CELL) + 0.5) * HALF_CELL
    depth = np.broadcast_to(((y - horizon) / (height / 2))[:, None], (len(y), len(x)))
    shadow = np.zeros((len(y), len(x)), np.float32)
    for cx, cy, half_w, half_h, _ in boxes:
        foot = cy + half_h
        if foot >= horizon:
            d = ((x - cx) / half_w)[None, :] ** 2 + ((y - foot) / (0.22 * half_w))[:, None] ** 2
            shadow += np.exp(-1.4 * d)
    return np.stack([depth, shadow]).astype(np.float32)
