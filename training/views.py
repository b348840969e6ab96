"""What a finish (a light and a style, training/finishes.py) may look at: a window of a scene at full size.

Every array is of the window, so a finish that reads no further than MARGIN base pixels from a pixel gives the
same picture for a crop as for the whole.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from limner.nano.finish import GRAINS, SCALE
from limner.nano.finish import grain as seeded_grain
from training.scenes import Scene, Window, coverage, render
from training.sprites import Sprites

Array = NDArray[Any]  # float32
MARGIN = 8  # base pixels


@dataclass(frozen=True)
class View:
    """A window of a scene, SCALE pixels a base pixel; its corner lies on a base pixel."""

    x: int
    y: int
    width: int
    height: int  # base pixels, as the corner
    scene_width: int
    scene_height: int
    horizon: float
    cover: Array  # (H, W) in [0, 1]: how much things cover each pixel
    grain: Array  # (GRAINS, height, width) of normal noise

    @cached_property
    def across(self) -> Array:
        """(1, W): x of each pixel in base pixels of the scene."""
        return (self.x + (np.arange(self.width * SCALE, dtype=np.float32) + 0.5) / SCALE)[None, :]

    @cached_property
    def down(self) -> Array:
        """(H, 1): y of each pixel."""
        return (self.y + (np.arange(self.height * SCALE, dtype=np.float32) + 0.5) / SCALE)[:, None]

    @cached_property
    def depth(self) -> Array:
        """(H, 1): base pixels under the horizon."""
        return self.down - np.float32(self.horizon)

    @cached_property
    def corner(self) -> Array:
        """(H, W): square of the distance from the picture's middle, 1 in the corners."""
        u, v = 2 * self.across / self.scene_width - 1, 2 * self.down / self.scene_height - 1
        return (u * u + v * v) / 2

    def smooth_grain(self, which: int, spread: float = 0) -> Array:
        """(H, W): a channel of the noise, enlarged, of unit variance; first blurred by ``spread`` base
        pixels, if asked."""
        noise = self.grain[which]
        if spread:
            noise = cv2.GaussianBlur(noise, (0, 0), spread) * np.float32(2 * spread * np.sqrt(np.pi))
        return enlarged(noise)


def enlarged(small: Array) -> Array:
    h, w = small.shape[:2]
    large: Array = cv2.resize(small, (w * SCALE, h * SCALE), interpolation=cv2.INTER_CUBIC)
    return large


def view_of(
    scene: Scene, sprites: Sprites, x: int, y: int, width: int, height: int, seed: int
) -> tuple[View, Array]:
    """A window of a scene, with the noise of a seed, and its plain render (H, W, 3)."""
    window = Window(x, y, width, height, SCALE)
    cover = coverage(scene, sprites, window)
    return View(
        x,
        y,
        width,
        height,
        scene.width,
        scene.height,
        scene.horizon,
        cover,
        grain_in(scene, x, y, width, height, seed),
    ), render(scene, sprites, window)


def grain_in(scene: Scene, x: int, y: int, width: int, height: int, seed: int) -> Array:
    """The noise of a window; beyond the scene's edge it is the noise from the opposite side."""
    whole = seeded_grain(seed, scene.width, scene.height)
    rows, columns = (y + np.arange(height)) % scene.height, (x + np.arange(width)) % scene.width
    cut = whole[:, rows[:, None], columns[None, :]]
    assert cut.shape == (GRAINS, height, width)
    return np.ascontiguousarray(cut)
