"""The upscalers to 1k and to 2k: learned regressions on renders, each run once a picture.

That to 1k is for pictures by day and in no style: lights and styles are the finisher's. It learns from
renders, made small, softened and shaken as paintings are, and never from paintings: what a painting has in
another place than its scene can only be learned as a blur (docs/decisions/0030). B is the batch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from limner.nano.finish import DETAIL, SCALE
from training.batches import channels_first, drawn_from, stacked
from training.compositions import SceneMaker
from training.finishing import as_painted
from training.full_size import Crisp, Larger
from training.networks import Conv
from training.scenes import Scene, Window, render
from training.sprites import Sprites

Picture = NDArray[np.float32]
Drawn = Callable[[Sprites, int, int], Iterator[dict[str, Tensor]]]


@dataclass(frozen=True)
class UpscalerShape:
    scale: int
    width: int
    depth: int
    group: int = 1  # pixels a side that the trunk takes together: 1 is the trunk at the size of the input


STEEPNESS = 1.4  # of what makes edges crisp before they are doubled: they are steep already
SHAPES = {"upscale4": UpscalerShape(4, 48, 6), "upscale2": UpscalerShape(2, 40, 3, group=2)}
CROP = 32  # base pixels
KEPT = 1500  # crops of renders
NEAR_SHARE = 0.65  # of the crops are near a thing; the rest are anywhere: horizons, window frames, furrows
NEW_SHARE = 0.15  # of the batches, those that bring one when so many are kept: it costs more than a step


class Upscaler(nn.Module):
    """(B, 3, h, w) in [-1, 1] -> (B, 3, scale h, scale w): an enlargement and what it lacks."""

    def __init__(self, shape: UpscalerShape) -> None:
        super().__init__()
        self.shape = shape
        self.base = Crisp(shape.scale, STEEPNESS, reach=1) if shape.scale == 2 else bilinearly(shape.scale)
        self.first = Conv(3 * shape.group**2, shape.width)
        self.trunk = nn.ModuleList(Conv(shape.width, shape.width, gain=0.7) for _ in range(shape.depth))
        self.last = Conv(shape.width, 3 * (shape.scale * shape.group) ** 2, gain=0)

    def forward(self, small: Tensor) -> Tensor:
        s = self.shape
        h = self.first(F.pixel_unshuffle(small, s.group))
        for conv in self.trunk:
            h = h + conv(F.silu(h))
        detail = F.pixel_shuffle(self.last(F.silu(h)), s.scale * s.group)
        enlarged: Tensor = self.base(small) + detail
        return enlarged


def bilinearly(scale: int) -> nn.Module:
    return nn.Sequential(Larger(scale), nn.PixelShuffle(scale))


def near_a_thing(scene: Scene, rng: np.random.Generator) -> tuple[float, float]:
    thing = scene.things[rng.integers(len(scene.things))]
    return thing.x + rng.normal(0, 0.3) * thing.width, thing.y + rng.normal(0, 0.3) * thing.height


def anywhere(scene: Scene, rng: np.random.Generator) -> tuple[float, float]:
    return rng.uniform(0, scene.width), rng.uniform(0, scene.height)


def window_at(scene: Scene, x: float, y: float, side: float, scale: int) -> Window:
    """With its corner there, or as near as it lies within the scene."""
    left, top = np.clip(x, 0, scene.width - side), np.clip(y, 0, scene.height - side)
    return Window(float(left), float(top), side, side, scale)


def crops_to_1k(sprites: Sprites, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    """Crops of renders at 1k, and at twice the base size as the painter would leave them: kept, and worn and
    mirrored anew each time they are drawn."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    kept: list[Picture] = []

    def made() -> list[Picture]:
        scene = maker.scene()
        looked_at = near_a_thing if rng.random() < NEAR_SHARE else anywhere
        x, y = looked_at(scene, rng)
        return [render(scene, sprites, window_at(scene, x - CROP / 2, y - CROP / 2, CROP, SCALE))]

    while True:
        share = NEW_SHARE if len(kept) == KEPT else 1
        chosen = drawn_from(kept, made, size, KEPT, share, rng)
        yield stacked([pair(large, rng) for large in chosen])


def pair(large: Picture, rng: np.random.Generator) -> dict[str, Picture]:
    if rng.random() < 0.5:
        large = large[:, ::-1]
    side = large.shape[0] * DETAIL // SCALE
    small = as_painted(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), rng)
    return {"small": channels_first(small), "large": channels_first(large)}


def batches(sprites: Sprites, size: int, seed: int, side: int = 96) -> Iterator[dict[str, Tensor]]:
    """Pairs of crops of renders at 1k and 2k: ``side`` pixels of 1k are side / 8 base pixels."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)

    def example() -> dict[str, Picture]:
        scene = maker.scene()
        x, y = near_a_thing(scene, rng)
        sizes = {"small": SCALE, "large": 2 * SCALE}  # painted pixels a base pixel
        windows = {name: window_at(scene, x, y, side / SCALE, scale) for name, scale in sizes.items()}
        return {name: channels_first(render(scene, sprites, window)) for name, window in windows.items()}

    while True:
        yield {key: value.float() for key, value in stacked([example() for _ in range(size)]).items()}


def loss(network: Upscaler, batch: dict[str, Tensor]) -> Tensor:
    """Absolute error of the pixels and of their differences."""
    error = network(batch["small"]).float() - batch["large"]
    across, down = error[..., 1:] - error[..., :-1], error[:, :, 1:] - error[:, :, :-1]
    total: Tensor = error.abs().mean() + 2 * (across.abs().mean() + down.abs().mean())
    return total
