"""The finisher: a base picture -> the picture at full size, in a light and a style, by one regression.

What it learns from is training/finishing.py's. B is the batch, (h, w) base pixels.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limner.nano.boxes import HALF_CELL
from limner.nano.finish import DETAIL, GRAINS, SCALE, TILE
from training.networks import Conv, Residual

TILE_DIMS, STYLE_DIMS = 24, 32
BLOCK = 2  # base pixels: the squares of pixel art, before anything is learned
SAID = DETAIL**2 * 3 + 1 + 2 + GRAINS + TILE_DIMS  # what is known of a base pixel


@dataclass(frozen=True)
class FinisherShape:
    """What the finisher is built from; stored in its checkpoint."""

    lights: int
    styles: int
    width: int = 80
    condition: int = 48
    depth: int = 5
    fine: int = 56
    fine_depth: int = 2


class Finisher(nn.Module):
    """A trunk at the base size, a few convolutions at twice that, and pixel shuffles.

    Everything is modulated, pixel by pixel, by the light, the style and the place within the tile, for which
    each style has codes of its own: so strokes, dots and panes are learned as patterns, not computed.
    """

    def __init__(self, shape: FinisherShape) -> None:
        super().__init__()
        self.shape = shape
        w, c, f = shape.width, shape.condition, shape.fine
        self.style, self.light = (
            nn.Embedding(shape.styles, STYLE_DIMS),
            nn.Embedding(shape.lights, STYLE_DIMS),
        )
        self.tile = nn.Embedding(shape.styles * TILE**2, TILE_DIMS)
        # Linear layers of each style's and each light's own, as in the painter's `form`: with shared layers
        # alone, 450 steps had taught no style.
        layers, colours, leave = shape.depth * w * w, 3 * 4, f * 3 * (SCALE // 2) ** 2
        self.style_mix, self.light_mix = (
            nn.Embedding(shape.styles, layers),
            nn.Embedding(shape.lights, layers),
        )
        self.style_blocks = nn.Embedding(shape.styles, 1)
        self.style_tint = nn.Embedding(shape.styles, colours)
        self.light_tint = nn.Embedding(shape.lights, colours)
        self.style_last = nn.Embedding(shape.styles, leave)
        own = (
            self.style_mix,
            self.light_mix,
            self.style_last,
            self.style_blocks,
            self.style_tint,
            self.light_tint,
        )
        for embedding in own:
            nn.init.zeros_(embedding.weight)
        self.said = nn.Sequential(
            Conv(2 * STYLE_DIMS + SAID - DETAIL**2 * 3, 2 * c, 1), nn.SiLU(), Conv(2 * c, c, 1), nn.SiLU()
        )
        self.first = Conv(SAID, w)
        self.trunk = nn.ModuleList(Residual(w, c) for _ in range(shape.depth))
        self.up = Conv(w, 4 * f, 1)
        self.fine = nn.ModuleList(Residual(f, c, second=3) for _ in range(shape.fine_depth))
        self.last = Conv(f, 3 * (SCALE // 2) ** 2, gain=0.1)

    def forward(
        self,
        small: Tensor,
        cover: Tensor,
        around: Tensor,
        grain: Tensor,
        places: Tensor,
        light: Tensor,
        style: Tensor,
    ) -> Tensor:
        """small (B, 3, DETAIL h, DETAIL w) in [-1, 1]; cover (B, 1, h / 4, w / 4), as the painter gives it;
        around (B, 2, h, w), grain (B, GRAINS, h, w) and places (B, h, w) of limner.nano.finish; light (B,)
        and style (B,) -> (B, 3, 8h, 8w)."""
        tile = self.tile(style[:, None, None] * TILE**2 + places).permute(0, 3, 1, 2)
        named = torch.cat([self.style(style), self.light(light)], -1)[:, :, None, None]
        covered = F.interpolate(cover, scale_factor=HALF_CELL, mode="bilinear", align_corners=False)
        known = torch.cat([covered, around, grain, tile], 1)
        condition = self.said(torch.cat([known, named.expand(-1, -1, *places.shape[1:])], 1))
        h = self.first(torch.cat([F.pixel_unshuffle(small, DETAIL), known], 1))
        s = self.shape
        mixes = (self.style_mix(style) + self.light_mix(light)).view(-1, s.depth, s.width, s.width)
        for k, block in enumerate(self.trunk):
            h = block(h, condition)
            h = h + through(mixes[:, k], h)
        h = F.pixel_shuffle(self.up(h), 2)
        condition = F.interpolate(condition, scale_factor=2, mode="nearest")
        for block in self.fine:
            h = block(h, condition)
        h = F.silu(h)
        own = self.style_last(style).view(-1, 3 * (SCALE // 2) ** 2, s.fine)
        detail = F.pixel_shuffle(self.last(h) + through(own, h), SCALE // 2)
        toned = tinted(tinted(small, self.light_tint(light)), self.style_tint(style))
        smooth, blocks = enlarged(toned), blocky(toned)
        large: Tensor = smooth + self.style_blocks(style)[:, :, None, None] * (blocks - smooth) + detail
        return large


def enlarged(small: Tensor) -> Tensor:
    return F.interpolate(small, scale_factor=SCALE // DETAIL, mode="bilinear", align_corners=False)


def blocky(small: Tensor) -> Tensor:
    """At full size, in squares of BLOCK base pixels."""
    squares = F.avg_pool2d(small, BLOCK * DETAIL)
    return F.interpolate(squares, scale_factor=BLOCK * SCALE, mode="nearest")


def through(layer: Tensor, x: Tensor) -> Tensor:
    """(B, out, in) on (B, in, h, w) -> (B, out, h, w): each example through its own linear layer."""
    out = layer.to(x.dtype) @ x.flatten(2)
    return out.view(x.shape[0], -1, x.shape[2], x.shape[3])


def tinted(picture: Tensor, change: Tensor) -> Tensor:
    """(B, 3, h, w) with its colours through a matrix and a shift, (B, 12), of which zeros change nothing."""
    matrix, shift = change[:, :9].view(-1, 3, 3), change[:, 9:, None, None]
    return picture + through(matrix, picture) + shift


def finisher_loss(network: Finisher, batch: dict[str, Tensor]) -> Tensor:
    """Absolute and squared error of the pixels and of their differences.

    Absolute errors make crisp edges, but a hatching or a screen that cannot be placed yet is flat at its
    median, where they do not pull; squared errors do.
    """
    known = {key: value for key, value in batch.items() if key != "large"}
    error = network(**known).float() - batch["large"]
    across, down = error[..., 1:] - error[..., :-1], error[:, :, 1:] - error[:, :, :-1]
    absolute = error.abs().mean() + 2 * (across.abs().mean() + down.abs().mean())
    squared = error.square().mean() + 2 * (across.square().mean() + down.square().mean())
    total: Tensor = absolute + 2 * squared
    return total
