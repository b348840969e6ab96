"""The upscalers to 1k and to 2k: crisp edges, and a network that adds what they lack, run once a picture.

That to 2k is a regression on renders, and learned here; that to 1k learns against a critic
(training/critic.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from training.batches import stacked
from training.compositions import SceneMaker
from training.full_size import Crisp
from training.networks import Conv
from training.scenes import Window, render
from training.sprites import Sprites


@dataclass(frozen=True)
class UpscalerShape:
    scale: int
    width: int
    depth: int
    group: int = 1  # pixels a side that the trunk takes together: 1 is the trunk at the size of the input


EDGES = {
    4: (4.0, 2),
    2: (1.4, 1),
}  # scale -> steepness and reach of what makes them crisp; at 1k they are steep
SHAPES = {"upscale4": UpscalerShape(4, 40, 4), "upscale2": UpscalerShape(2, 40, 3, group=2)}


class Upscaler(nn.Module):
    """(B, 3, h, w) in [-1, 1] -> (B, 3, scale h, scale w): a crisp enlargement and what it lacks."""

    def __init__(self, shape: UpscalerShape) -> None:
        super().__init__()
        self.shape = shape
        self.crisp = Crisp(shape.scale, *EDGES[shape.scale])
        self.first = Conv(3 * shape.group**2, shape.width)
        self.trunk = nn.ModuleList(Conv(shape.width, shape.width, gain=0.7) for _ in range(shape.depth))
        self.last = Conv(shape.width, 3 * (shape.scale * shape.group) ** 2, gain=0)

    def forward(self, small: Tensor) -> Tensor:
        s = self.shape
        h = self.first(F.pixel_unshuffle(small, s.group))
        for conv in self.trunk:
            h = h + conv(F.silu(h))
        detail = F.pixel_shuffle(self.last(F.silu(h)), s.scale * s.group)
        enlarged: Tensor = self.crisp(small) + detail
        return enlarged


def batches(sprites: Sprites, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    """Pairs of crops of renders at 1k and 2k."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    while True:
        yield pairs(maker, sprites, rng, size, scale=2, side=96)


def pairs(
    maker: SceneMaker, sprites: Sprites, rng: np.random.Generator, size: int, scale: int, side: int
) -> dict[str, Tensor]:
    """Crops of renders at 1k and 2k: side pixels of 1k are side / 8 base pixels."""
    examples = []
    for _ in range(size):
        scene = maker.scene()
        thing = scene.things[rng.integers(len(scene.things))]
        x, y = thing.x + rng.normal(0, 0.3) * thing.width, thing.y + rng.normal(0, 0.3) * thing.height
        left = float(np.clip(x, 0, scene.width - side / 8))
        top = float(np.clip(y, 0, scene.height - side / 8))
        sizes = {"small": 8, "large": 8 * scale}  # painted pixels a base pixel
        crops = {
            name: render(scene, sprites, Window(left, top, side / 8, side / 8, size))
            for name, size in sizes.items()
        }
        examples.append({name: crop.transpose(2, 0, 1) * 2 - 1 for name, crop in crops.items()})
    return {key: value.float() for key, value in stacked(examples).items()}


def loss(network: Upscaler, batch: dict[str, Tensor]) -> Tensor:
    """Absolute error of the pixels and of their differences."""
    error = network(batch["small"]).float() - batch["large"]
    across, down = error[..., 1:] - error[..., :-1], error[:, :, 1:] - error[:, :, :-1]
    total: Tensor = error.abs().mean() + 2 * (across.abs().mean() + down.abs().mean())
    return total
