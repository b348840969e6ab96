"""Fixed patterns that some styles lay over a picture, repeating: strokes, facets, panes.

They repeat after TILE base pixels, are drawn once, and are the same in every picture.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from limner.nano.finish import SCALE, TILE
from training.tones import rise
from training.views import Array, View

SIDE = TILE * SCALE


@dataclass(frozen=True)
class Pattern:
    """Pieces that cover the tile: for each pixel the way to the middle of its piece, a tone of the piece in
    [0, 1], and how far it is to the next piece (base pixels)."""

    to_x: Array
    to_y: Array
    tone: Array
    rim: Array


def placed(tile: Array, view: View) -> Array:
    """A tile's array laid over a view."""
    rows = (view.y * SCALE + np.arange(view.height * SCALE)) % SIDE
    columns = (view.x * SCALE + np.arange(view.width * SCALE)) % SIDE
    return np.ascontiguousarray(tile[rows[:, None], columns[None, :]])


def piecewise(picture: Array, pattern: Pattern, view: View) -> Array:
    """Each piece in the colour that the picture has at its middle."""
    h, w = picture.shape[:2]
    x = np.arange(w, dtype=np.float32)[None, :] + placed(pattern.to_x, view) * SCALE
    y = np.arange(h, dtype=np.float32)[:, None] + placed(pattern.to_y, view) * SCALE
    read: Array = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return read


@lru_cache
def cells(across: int, down: int, stretch: float, turn: float, seed: int) -> Pattern:
    """Voronoi cells around points scattered about a lattice of across x down; distances are measured as if
    the plane were ``stretch`` times as long along the direction ``turn`` (radians) as it is."""
    rng = np.random.default_rng(seed)
    step_x, step_y = TILE / across, TILE / down
    points = []
    for row in range(down):
        for column in range(across):
            jx, jy = rng.uniform(-0.32, 0.32, 2)
            points.append(
                ((column + 0.5 + 0.5 * (row % 2) + jx) * step_x, (row + 0.5 + jy) * step_y, rng.random())
            )
    y, x = (np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) + 0.5) / SCALE
    near = np.full((SIDE, SIDE), 1e9, np.float32)
    second = near.copy()
    to_x, to_y, tone = (np.zeros((SIDE, SIDE), np.float32) for _ in range(3))
    c, s = np.cos(turn), np.sin(turn)
    for px, py, shade in points:
        for ox in (-TILE, 0, TILE):
            for oy in (-TILE, 0, TILE):
                dx, dy = px + ox - x, py + oy - y
                far = np.hypot((c * dx + s * dy) / stretch, c * dy - s * dx).astype(np.float32)
                is_nearest = far < near
                second = np.where(is_nearest, near, np.minimum(second, far))
                near = np.where(is_nearest, far, near)
                to_x, to_y = np.where(is_nearest, dx, to_x), np.where(is_nearest, dy, to_y)
                tone = np.where(is_nearest, shade, tone)
    return Pattern(to_x.astype(np.float32), to_y.astype(np.float32), tone.astype(np.float32), second - near)


@lru_cache
def triangles(count: int, seed: int) -> Pattern:
    """Triangles over a jittered lattice of count x count points."""
    rng = np.random.default_rng(seed)
    jitter = rng.uniform(-0.3, 0.3, (count, count, 2))
    tones = rng.random((count, count, 2))
    fine = 4  # drawn larger, read at the middles of pixels
    to_x, to_y, tone = (np.zeros((SIDE * fine, SIDE * fine), np.float32) for _ in range(3))
    y, x = (np.mgrid[0 : SIDE * fine, 0 : SIDE * fine].astype(np.float32) + 0.5) / (SCALE * fine)

    def corner(row: int, column: int) -> Array:
        jx, jy = jitter[row % count, column % count]
        return np.array([(column + jx), (row + jy)], np.float32) * (TILE / count)

    for row in range(-1, count + 1):
        for column in range(-1, count + 1):
            a, b = corner(row, column), corner(row, column + 1)
            d, c = corner(row + 1, column), corner(row + 1, column + 1)
            halves = ((a, b, c), (a, c, d)) if (row + column) % 2 else ((a, b, d), (b, c, d))
            for which, three in enumerate(halves):
                shape = np.round(np.array(three) * SCALE * fine).astype(np.int32)
                mask = np.zeros_like(tone, np.uint8)
                cv2.fillConvexPoly(mask, shape, 1)
                is_in = mask.astype(bool)
                middle = np.mean(three, 0)
                to_x[is_in], to_y[is_in] = middle[0] - x[is_in], middle[1] - y[is_in]
                tone[is_in] = tones[row % count, column % count, which]
    pick = slice(fine // 2, None, fine)
    return Pattern(to_x[pick, pick], to_y[pick, pick], tone[pick, pick], np.ones((SIDE, SIDE), np.float32))


@lru_cache
def hatch(lines: int, slope: int) -> Array:
    """(SIDE, SIDE) in [0, 1]: nearness to slanted lines, of which ``lines`` cross a tile's side."""
    y, x = (np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) + 0.5) / SIDE
    phase = np.mod((x * slope + y) * lines, 1)
    near: Array = 1 - 2 * np.abs(phase - 0.5)
    return near


@lru_cache
def dots(lines: int) -> Array:
    """(SIDE, SIDE) in [0, 1]: a halftone screen at 45 degrees, high in the middles of the dots."""
    y, x = (np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) + 0.5) / SIDE
    waves: Array = np.cos(2 * np.pi * lines * x) + np.cos(2 * np.pi * lines * y)
    return 0.5 + 0.25 * waves


@lru_cache
def weave() -> Array:
    """(SIDE, SIDE) about 0: threads of a canvas, two a base pixel."""
    y, x = (np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) + 0.5) / SCALE
    along: Array = np.sin(2 * np.pi * x) * np.sin(np.pi * y) ** 2
    down: Array = np.sin(2 * np.pi * y) * np.cos(np.pi * x) ** 2
    return (along + down) / 2


def rimmed(pattern: Pattern, wide: float, view: View) -> Array:
    """(H, W): 1 between pieces, over ``wide`` base pixels; 0 inside."""
    return placed(1 - rise(pattern.rim - np.float32(wide), 0.25), view)
