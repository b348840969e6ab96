"""What places are painted on: coordinates, a scene's random numbers, and a few ways to mix colours.

Coordinates are base pixels of the scene (a square scene is 128 x 128), whatever the scale that is painted.
Knows no place.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # float32 as a rule; some places are painted in float64
LATTICE = 64  # side of the random lattices that noise is read from; they wrap around


@dataclass
class Canvas:
    """Where to paint: coordinate grids (h, w) in base pixels, the scene's size and its random lattices."""

    x: Array
    y: Array
    width: float
    height: float
    horizon: float  # base pixels from the top
    texel: float  # size of one painted pixel, in base pixels
    lattices: Array  # (8, LATTICE, LATTICE) in [0, 1]
    draws: Array  # (16,) in [0, 1]: the scene's own random numbers

    @property
    def across(self) -> Array:
        """x from the picture's middle."""
        return self.x - self.width / 2

    @property
    def down(self) -> Array:
        """y from the picture's middle."""
        return self.y - self.height / 2

    def noise(self, which: int, fx: float, fy: float | None = None) -> Array:
        """Smooth noise in [0, 1] with fx, fy bumps per base pixel."""
        offset = 7.3 * which + 13 * float(self.draws[which % 16])
        u = np.mod(self.x * fx + offset, LATTICE - 2).astype(np.float32)
        v = np.mod(self.y * (fx if fy is None else fy) + 2 * offset, LATTICE - 2).astype(np.float32)
        lattice = np.ascontiguousarray(self.lattices[which % 8])
        read: Array = cv2.remap(lattice, u, v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
        return read

    def clouds(self, which: int, fx: float, fy: float) -> Array:
        """Two octaves of noise in about [0, 1]."""
        return 0.68 * self.noise(which, fx, fy) + 0.32 * self.noise(which + 1, 2.3 * fx, 2.3 * fy)

    def below(self, line: Array | float) -> Array:
        """1 below a line y(x), 0 above, smooth over one painted pixel."""
        return step((self.y - line) / max(self.texel, 0.05))

    def ridge(self, which: int, frequency: float, height: float, sharp: bool = False) -> Array:
        """A skyline y(x): the horizon raised by up to ``height`` base pixels."""
        d = self.draws
        a = np.sin(self.x * frequency + 6.3 * d[which]) + 0.6 * np.sin(
            self.x * 2.1 * frequency + 6.3 * d[which + 1]
        )
        if sharp:
            p = self.x * frequency / 3.0 + 5 * d[which]
            a = (
                2.2 * np.abs(2 * np.mod(p, 1.0) - 1)
                + 1.0 * np.abs(2 * np.mod(2.3 * p + d[which + 1], 1.0) - 1)
                - 1.6
            )
        raised: Array = self.horizon - height * (a + 1.6) / 3.2
        return raised


def step(x: Array) -> Array:
    t = np.clip(x + 0.5, 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def colour(r: float, g: float, b: float) -> Array:
    return np.array([r, g, b], np.float32) / 255


def mix(a: Array, b: Array, k: Array | float) -> Array:
    k = np.asarray(k, np.float32)[..., None]
    return a * (1 - k) + b * k


def fade(c: Canvas, top: Array, bottom: Array, start: float, end: float) -> Array:
    return mix(top, bottom, np.clip((c.y - start) / max(end - start, 1), 0, 1))


def flakes(c: Canvas, frequency: float, radius: float) -> Array:
    """Round dots, one in each lattice cell, jittered: snow and stars."""
    gx, gy = c.x * frequency + 9 * c.draws[8], c.y * frequency + 9 * c.draws[9]
    ix, iy = np.floor(gx).astype(int) % LATTICE, np.floor(gy).astype(int) % LATTICE
    jx, jy = 0.2 + 0.6 * c.lattices[6][iy, ix], 0.2 + 0.6 * c.lattices[7][iy, ix]
    size = radius * (0.25 + 0.75 * c.lattices[5][iy, ix] ** 2)
    distance = np.hypot(gx - np.floor(gx) - jx, gy - np.floor(gy) - jy)
    return step((size - distance) / max(c.texel * frequency, 0.02) + 0.5)
