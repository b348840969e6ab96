"""The upscalers to 1k and to 2k: learned regressions on renders, each run once a picture.

That to 1k is for pictures by day and in no style: lights and styles are the finisher's. It learns from
renders, made small, softened and shaken as paintings are, and never from paintings: what a painting has in
another place than its scene can only be learned as a blur (docs/decisions/0030). B is the batch.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from limner.nano.finish import DETAIL, SCALE
from training.batches import stacked
from training.compositions import SceneMaker
from training.finishing import as_painted
from training.full_size import Crisp, bilinear
from training.networks import Conv
from training.scenes import Scene, Window, render
from training.sprites import Sprites

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class UpscalerShape:
    scale: int
    width: int
    depth: int
    group: int = 1  # pixels a side that the trunk takes together: 1 is the trunk at the size of the input


STEEPNESS = 1.4  # of what makes edges crisp before they are doubled: they are steep already
SHAPES = {"upscale4": UpscalerShape(4, 48, 6), "upscale2": UpscalerShape(2, 40, 3, group=2)}
CROP = 32  # base pixels
KEPT, NEW_SHARE = (
    1500,
    0.15,
)  # crops of renders; of the batches, those that bring one: it costs more than a step


class Enlarged(nn.Module):
    """(B, 3, h, w) -> (B, 3, scale h, scale w), bilinear. Has no parameters."""

    kernel: Tensor

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.register_buffer("kernel", bilinear(scale, 3).view(3 * scale**2, 3, 3, 3), persistent=False)

    def forward(self, small: Tensor) -> Tensor:
        around = F.pad(small, (1, 1, 1, 1), mode="replicate")
        return F.pixel_shuffle(F.conv2d(around, self.kernel.to(small.dtype)), self.scale)


class Upscaler(nn.Module):
    """(B, 3, h, w) in [-1, 1] -> (B, 3, scale h, scale w): an enlargement and what it lacks."""

    def __init__(self, shape: UpscalerShape) -> None:
        super().__init__()
        self.shape = shape
        self.base = Crisp(shape.scale, STEEPNESS, reach=1) if shape.scale == 2 else Enlarged(shape.scale)
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


def corner_of(scene: Scene, side: float, rng: np.random.Generator) -> tuple[float, float]:
    """Left and top of a crop that looks at a thing."""
    thing = scene.things[rng.integers(len(scene.things))]
    x, y = thing.x + rng.normal(0, 0.3) * thing.width, thing.y + rng.normal(0, 0.3) * thing.height
    left, top = np.clip(x - side / 2, 0, scene.width - side), np.clip(y - side / 2, 0, scene.height - side)
    return float(left), float(top)


def crops_to_1k(sprites: Sprites, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    """Crops of renders at 1k, and at twice the base size as the painter would leave them: kept, and worn and
    mirrored anew each time they are drawn."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    kept: list[Picture] = []
    while True:
        while len(kept) < size or rng.random() < NEW_SHARE or (len(kept) < KEPT and rng.random() < 0.5):
            scene = maker.scene()
            kept.append(render(scene, sprites, Window(*corner_of(scene, CROP, rng), CROP, CROP, SCALE)))
        del kept[:-KEPT]
        yield stacked([pair(kept[k], rng) for k in rng.choice(len(kept), size, replace=False)])


def pair(large: Picture, rng: np.random.Generator) -> dict[str, Picture]:
    if rng.random() < 0.5:
        large = large[:, ::-1]
    side = large.shape[0] * DETAIL // SCALE
    small = as_painted(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), rng)
    return {
        "small": np.ascontiguousarray(small.transpose(2, 0, 1) * 2 - 1, np.float32),
        "large": np.ascontiguousarray(large.transpose(2, 0, 1) * 2 - 1, np.float32),
    }


def batches(sprites: Sprites, size: int, seed: int, side: int = 96) -> Iterator[dict[str, Tensor]]:
    """Pairs of crops of renders at 1k and 2k: ``side`` pixels of 1k are side / 8 base pixels."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    while True:
        examples = []
        for _ in range(size):
            scene = maker.scene()
            x, y = corner_of(scene, side / SCALE, rng)
            windows = {
                name: Window(x, y, side / SCALE, side / SCALE, scale)
                for name, scale in (("small", SCALE), ("large", 2 * SCALE))
            }
            examples.append(
                {
                    name: render(scene, sprites, window).transpose(2, 0, 1) * 2 - 1
                    for name, window in windows.items()
                }
            )
        yield {key: value.float() for key, value in stacked(examples).items()}


def loss(network: Upscaler, batch: dict[str, Tensor]) -> Tensor:
    """Absolute error of the pixels and of their differences."""
    error = network(batch["small"]).float() - batch["large"]
    across, down = error[..., 1:] - error[..., :-1], error[:, :, 1:] - error[:, :, :-1]
    total: Tensor = error.abs().mean() + 2 * (across.abs().mean() + down.abs().mean())
    return total
