"""The upscalers: x8 from the base size to 1k, and x2 more to 2k.

Both are learned regressions, run once a picture. upscale8 learns on what the pixel network paints (one step
from half-clean noise) against the exact render, so that it mends the painter's softness instead of keeping
it; upscale2 learns on renders.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limner.nano.grid import CELL
from training.batches import painting_inputs, stacked
from training.maps import map_of
from training.networks import Conv, PixelNetwork
from training.scenes import SceneMaker, Window, render
from training.sprites import Sprites


@dataclass(frozen=True)
class UpscalerShape:
    scale: int
    width: int
    depth: int
    group: int = 1  # pixels a side that the trunk takes together: 1 is the trunk at the size of the input


SHAPES = {"upscale8": UpscalerShape(8, 48, 6), "upscale2": UpscalerShape(2, 40, 3, group=2)}


class Upscaler(nn.Module):
    """(B, 3, h, w) in [-1, 1] -> (B, 3, scale h, scale w): a bilinear enlargement and what it lacks."""

    def __init__(self, shape: UpscalerShape) -> None:
        super().__init__()
        self.shape = shape
        self.first = Conv(3 * shape.group**2, shape.width)
        self.trunk = nn.ModuleList(Conv(shape.width, shape.width, gain=0.7) for _ in range(shape.depth))
        self.last = Conv(shape.width, 3 * (shape.scale * shape.group) ** 2, gain=0.1)

    def forward(self, small: Tensor) -> Tensor:
        s = self.shape
        h = self.first(F.pixel_unshuffle(small, s.group))
        for conv in self.trunk:
            h = h + conv(F.silu(h))
        detail = F.pixel_shuffle(self.last(F.silu(h)), s.scale * s.group)
        return F.interpolate(small, scale_factor=s.scale, mode="bilinear", align_corners=False) + detail


@torch.no_grad()
def painted(painter: PixelNetwork, inputs: dict[str, Tensor], clean: Tensor, t: Tensor) -> Tensor:
    """The painter's view of a scene in one step from x_t: sharp where it knows, soft where it does not."""
    condition = painter.condition(
        inputs["thing"], inputs["colour"], inputs["place"], inputs["where"], inputs["position"]
    )
    k = t.view(-1, 1, 1, 1)
    out: Tensor = painter((1 - k) * torch.randn_like(clean) + k * clean, t, condition)
    return out.float().clamp(-1, 1)


def batches(
    stage: str, sprites: Sprites, size: int, seed: int, painter: PixelNetwork | None
) -> Iterator[dict[str, Tensor]]:
    """Pairs of small and large crops; for upscale8 the small ones are the painter's."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    scale, side = SHAPES[stage].scale, 32 if stage == "upscale8" else 96
    while True:
        yield (
            pairs_by(painter, maker, sprites, rng, size)
            if painter
            else pairs(maker, sprites, rng, size, scale, side)
        )


def pairs(
    maker: SceneMaker, sprites: Sprites, rng: np.random.Generator, size: int, scale: int, side: int
) -> dict[str, Tensor]:
    """Crops of renders at 1k and 2k: side pixels of 1k are side / 8 base pixels."""
    examples = []
    for _ in range(size):
        scene = maker.scene()
        thing = scene.things[rng.integers(len(scene.things))]
        x, y = thing.x + rng.normal(0, 0.3) * thing.side, thing.y + rng.normal(0, 0.3) * thing.side
        left = float(np.clip(x, 0, scene.width - side / 8))
        top = float(np.clip(y, 0, scene.height - side / 8))
        sizes = {"small": 8, "large": 8 * scale}  # painted pixels a base pixel
        crops = {
            name: render(scene, sprites, Window(left, top, side / 8, side / 8, size))
            for name, size in sizes.items()
        }
        examples.append({name: crop.transpose(2, 0, 1) * 2 - 1 for name, crop in crops.items()})
    return {key: value.float() for key, value in stacked(examples).items()}


def pairs_by(
    painter: PixelNetwork, maker: SceneMaker, sprites: Sprites, rng: np.random.Generator, size: int
) -> dict[str, Tensor]:
    """Whole scenes painted at the base size; four crops of each against the exact render at 1k."""
    small, large = [], []
    scenes = [maker.scene(square=True) for _ in range(max(1, size // 4))]
    clean = torch.from_numpy(
        np.stack([render(s, sprites, Window(0, 0, 128, 128, 1)).transpose(2, 0, 1) for s in scenes]) * 2 - 1
    )
    inputs = stacked([painting_inputs(map_of(s, sprites), s.width, s.height) for s in scenes])
    t = torch.from_numpy(rng.uniform(0.35, 0.95, len(scenes)).astype(np.float32))
    paintings = painted(painter, inputs, clean.float(), t)
    for scene, painting in zip(scenes, paintings, strict=True):
        for _ in range(4):
            thing = scene.things[rng.integers(len(scene.things))]
            centre = np.array([thing.x, thing.y]) + rng.normal(0, 0.35, 2) * thing.side
            x, y = (int(v) for v in np.clip(centre - 16, 0, 128 - 32) // CELL * CELL)
            small.append(painting[:, y : y + 32, x : x + 32])
            exact = render(scene, sprites, Window(x, y, 32, 32, 8)).transpose(2, 0, 1) * 2 - 1
            large.append(torch.from_numpy(exact).float())
    return {"small": torch.stack(small), "large": torch.stack(large)}


def loss(network: Upscaler, batch: dict[str, Tensor]) -> Tensor:
    """Absolute error of the pixels and of their differences."""
    error = network(batch["small"]).float() - batch["large"]
    across, down = error[..., 1:] - error[..., :-1], error[:, :, 1:] - error[:, :, :-1]
    total: Tensor = error.abs().mean() + 2 * (across.abs().mean() + down.abs().mean())
    return total
