"""Paintings of known scenes, beside what they should have been: what the finisher will be given to finish.

A scene is painted by the trained painter, but from a start that half shows its render, so that both agree on
where everything is. Paintings are kept and cut up many times: a new one costs more than a render.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from limner.nano.boxes import REFINING_FROM
from training.batches import painting_inputs, stacked
from training.compositions import SceneMaker
from training.painter import Painter
from training.scenes import Scene, render, whole
from training.sprites import Sprites

Array = NDArray[np.float32]
START = 0.65  # how much of the render the first painting begins with
STEPS = 2  # of each of the two paintings
KEPT = 256
NEW_SHARE = 0.1  # of the paintings drawn, those made anew


@dataclass(frozen=True)
class Painted:
    """A scene, and its painting in [0, 1] at twice the base size, if there is one."""

    scene: Scene
    picture: Array | None  # (2h, 2w, 3)


class Paintings:
    """An endless supply of paintings, from one seed."""

    def __init__(self, painter: Painter, sprites: Sprites, maker: SceneMaker, seed: int) -> None:
        self._painter, self._sprites, self._maker = painter, sprites, maker
        self._rng = np.random.default_rng(seed)
        self._kept: list[Painted] = []

    def draw(self) -> Painted:
        if len(self._kept) < 4 or self._rng.random() < NEW_SHARE:
            self._kept = [*self._kept[-KEPT:], self._new()]
            return self._kept[-1]
        return self._kept[self._rng.integers(len(self._kept))]

    def _new(self) -> Painted:
        scene = self._maker.scene()
        picture = render(scene, self._sprites, whole(scene)) * 2 - 1
        picture = self._painted(scene, picture, 1, START)
        h, w = picture.shape[:2]
        larger = cv2.resize(picture, (2 * w, 2 * h), interpolation=cv2.INTER_LINEAR).astype(np.float32)
        done = self._painted(scene, larger, 2, REFINING_FROM)
        return Painted(scene, ((done + 1) / 2).clip(0, 1).astype(np.float32))

    @torch.no_grad()
    def _painted(self, scene: Scene, picture: Array, scale: int, start: float) -> Array:
        """(h, w, 3) in [-1, 1], painted on from ``start`` as the sampler does it."""
        known = stacked([painting_inputs(scene, scale)])
        noise = self._rng.standard_normal(picture.shape, np.float32)
        mixed = (1 - start) * noise + np.float32(start) * picture
        x = torch.from_numpy(np.ascontiguousarray(mixed.transpose(2, 0, 1)))[None].float()
        with torch.autocast("cpu", torch.bfloat16):
            condition, _ = self._painter.condition(**known)
            for t, following in pairwise(np.linspace(start, 1, STEPS + 1).tolist()):
                clean = self._painter(x, torch.tensor([t]), condition).float()
                x = x + (following - t) / (1 - t) * (clean - x)
        return np.ascontiguousarray(x[0].permute(1, 2, 0).numpy()).clip(-1, 1)
