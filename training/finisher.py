"""The finisher: a base picture -> the picture at full size, in a light and a style, by one regression.

What it learns from is training/finishing.py's. B is the batch, (h, w) base pixels.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limner.nano.boxes import HALF_CELL
from limner.nano.finish import DETAIL, GRAINS, SCALE, TILE
from training.features import FEATURES, features
from training.full_size import NEIGHBOURS, Crisp, pieced
from training.networks import Conv, Residual
from training.vocabulary import STYLES

TILE_DIMS, STYLE_DIMS = 24, 32
BLOCK = 2  # base pixels: the squares of pixel art, before anything is learned
SAID = DETAIL**2 * 3 + 1 + 2 + GRAINS + TILE_DIMS  # what is known of a base pixel
LARGER = SCALE // DETAIL
STEEPNESS = 4.0  # of the edges in what is enlarged so far
CHANGES = 3 + 1  # of a pixel of the input: its colours, and how much falls there
MASKED = 0.15  # how much a wrong mask counts
COVERED = 4.0  # the logit of what is covered for certain
DETAILS = 3 * LARGER**2  # of a pixel of the input, at full size
PIECED = ("oil", "low poly")  # styles of pieces, each in one colour
FALLING = 2  # channels of the noise of which what falls is made: rain, flakes, stars
FALLING_REACH = 7  # base pixels a side
SURE = 40.0  # how suddenly noise is high enough


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


class Known(NamedTuple):
    """What the finisher is told; see `Finisher.forward`."""

    small: Tensor
    cover: Tensor
    around: Tensor
    grain: Tensor
    places: Tensor
    light: Tensor
    style: Tensor

    @classmethod
    def of(cls, batch: dict[str, Tensor]) -> "Known":
        return cls(*(batch[name] for name in cls._fields))


class Finisher(nn.Module):
    """A trunk at the base size and a few convolutions at twice that say how a light and a style change the
    picture; it is made crisp when it is enlarged (training/full_size.py).

    Everything is modulated, pixel by pixel, by the light, the style and the place within the tile, for which
    each style has codes of its own: so strokes, dots and panes are learned as patterns, not computed. By day
    and in no style nothing is changed: whatever is learned there by comparing pixels only softens edges.
    """

    slots: Tensor  # (styles,): which of the mixtures is whose, 0 for none

    def __init__(self, shape: FinisherShape) -> None:
        super().__init__()
        self.shape = shape
        w, c, f = shape.width, shape.condition, shape.fine
        self.style, self.light = (
            nn.Embedding(shape.styles, STYLE_DIMS),
            nn.Embedding(shape.lights, STYLE_DIMS),
        )
        self.tile = nn.Embedding(shape.styles * TILE**2, TILE_DIMS)
        self.said = nn.Sequential(
            Conv(2 * STYLE_DIMS + SAID - DETAIL**2 * 3, 2 * c, 1), nn.SiLU(), Conv(2 * c, c, 1), nn.SiLU()
        )
        self.first = Conv(SAID, w)
        self.trunk = nn.ModuleList(Residual(w, c) for _ in range(shape.depth))
        self.up = Conv(w, 4 * f, 1)
        self.fine = nn.ModuleList(Residual(f, c, second=3) for _ in range(shape.fine_depth))
        self.last, self.last_changes = Conv(f, DETAILS, gain=0.1), Conv(f, CHANGES, gain=0.1)
        self.last_mask = Conv(f, 1)
        self.crisp = Crisp(LARGER, STEEPNESS, reach=2)
        self._add_own(shape)

    def _add_own(self, shape: FinisherShape) -> None:
        """Layers of each style's and each light's own, as in the painter's `form`: with shared layers alone,
        450 steps had taught no style. They begin with zeros, or with what training/fitting.py finds."""
        layers, colours = shape.depth * shape.width**2, 3 * 4
        changes, details = shape.fine * CHANGES, shape.fine * DETAILS
        mixes = TILE**2 * (NEIGHBOURS**2 + 1) * SCALE**2
        falls = SCALE**2 * FALLING * FALLING_REACH**2
        self.style_mix, self.light_mix = (
            nn.Embedding(shape.styles, layers),
            nn.Embedding(shape.lights, layers),
        )
        self.style_tint, self.light_tint = (
            nn.Embedding(shape.styles, colours),
            nn.Embedding(shape.lights, colours),
        )
        self.style_changes, self.light_changes = (
            nn.Embedding(shape.styles, changes),
            nn.Embedding(shape.lights, changes),
        )
        self.style_last = nn.Embedding(shape.styles, details)
        self.style_features = nn.Embedding(shape.styles, 3 * FEATURES)
        self.style_blocks, self.style_pieces = nn.Embedding(shape.styles, 1), nn.Embedding(shape.styles, 1)
        self.style_mixes = nn.Embedding(1 + len(PIECED), mixes)
        self.light_least, self.light_falls = nn.Embedding(shape.lights, 2), nn.Embedding(shape.lights, falls)
        self.light_fallen = nn.Embedding(shape.lights, 3)
        for name, module in self.named_children():
            if name.startswith(("style_", "light_")) and isinstance(module, nn.Embedding):
                nn.init.zeros_(module.weight)
        for fitted in (
            self.style_blocks,
            self.style_pieces,
            self.style_mixes,
            self.style_features,
            self.light_least,
        ):  # and left so
            fitted.weight.requires_grad_(False)
        slots = [1 + PIECED.index(name) if name in PIECED else 0 for name in STYLES]
        self.register_buffer("slots", torch.tensor(slots), persistent=False)

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
        around (B, 2, h, w), grain (B, GRAINS, h, w) and places (B, h, w) of limner.nano.finish, from the
        corner of a tile on and in whole tiles; light (B,) and style (B,) -> (B, 3, 8h, 8w)."""
        return self.with_mask(Known(small, cover, around, grain, places, light, style))[0]

    def with_mask(self, known: Known) -> tuple[Tensor, Tensor]:
        """Also (B, 1, DETAIL h, DETAIL w): logits of what things cover."""
        light, style, h = known.light, known.style, self.seen(known)
        mask = coarse_mask(known.cover) + self.last_mask(h)
        own = (self.style_changes(style) + self.light_changes(light)).view(-1, CHANGES, self.shape.fine)
        changes = is_any(light + style, h) * (self.last_changes(h) + through(own, h))
        toned = self._toned(known, mask) + changes[:, :3]
        large = self._enlarged(toned, h, style)
        free = F.interpolate(1 + changes[:, 3:], scale_factor=LARGER, mode="bilinear").clamp(0, 1)
        falling = is_any(light, free) * free * self.fallen(known.grain, light)
        finished: Tensor = large + falling * (self.light_fallen(light)[:, :, None, None] - large)
        return finished, mask

    def _toned(self, known: Known, mask: Tensor) -> Tensor:
        """(B, 3, DETAIL h, DETAIL w): in the colours of the light and the style, with those features that the
        style wants."""
        wanted = self.style_features(known.style).view(-1, 3, FEATURES)
        return self.tinted(known) + through(wanted, features(known.small, mask.sigmoid()))

    def tinted(self, known: Known) -> Tensor:
        """(B, 3, DETAIL h, DETAIL w): in the tints alone; by day and in no style as it was."""
        light, style = known.light, known.style
        lit = tinted(known.small, self.light_tint(light) * (light > 0)[:, None])
        return tinted(lit, self.style_tint(style) * (style > 0)[:, None])

    def _enlarged(self, toned: Tensor, h: Tensor, style: Tensor) -> Tensor:
        """(B, 3, 8h, 8w): crisp and with details, in squares, or in pieces, as the style wants."""
        own = self.style_last(style).view(-1, DETAILS, self.shape.fine)
        details = is_any(style, h) * (self.last(h) + through(own, h))
        large: Tensor = self.crisp(toned) + F.pixel_shuffle(details, LARGER)
        large = large + share(self.style_blocks, style) * (blocky(toned) - large)
        mixes = self.style_mixes(self.slots[style]).view(-1, TILE**2, NEIGHBOURS**2 + 1, SCALE**2)
        pieces = pieced(F.avg_pool2d(toned, DETAIL), mixes)
        return large + share(self.style_pieces, style) * (pieces - large)

    def seen(self, known: Known) -> Tensor:
        """(B, fine, DETAIL h, DETAIL w): what the convolutions make of the picture, and of what else is known
        of each base pixel."""
        light, style = known.light, known.style
        tile = self.tile(style[:, None, None] * TILE**2 + known.places).permute(0, 3, 1, 2)
        covered = F.interpolate(known.cover, scale_factor=HALF_CELL, mode="bilinear", align_corners=False)
        told = torch.cat([covered, known.around, known.grain, tile], 1)
        named = torch.cat([self.style(style), self.light(light)], -1)[:, :, None, None]
        condition = self.said(torch.cat([told, named.expand(-1, -1, *told.shape[2:])], 1))
        h = self.first(torch.cat([F.pixel_unshuffle(known.small, DETAIL), told], 1))
        s = self.shape
        mixes = (self.style_mix(style) + self.light_mix(light)).view(-1, s.depth, s.width, s.width)
        for k, block in enumerate(self.trunk):
            h = block(h, condition)
            h = h + through(mixes[:, k], h)
        h = F.pixel_shuffle(self.up(h), 2)
        condition = F.interpolate(condition, scale_factor=2, mode="nearest")
        for block in self.fine:
            h = block(h, condition)
        return F.silu(h)

    def fallen(self, grain: Tensor, light: Tensor) -> Tensor:
        """(B, 1, 8h, 8w) in [0, 1]: where a drop or a flake is seen. They are where the noise is highest,
        each in the shape that the light has learned."""
        drops = falls(grain, self.light_least(light))
        near = F.unfold(drops, FALLING_REACH, padding=FALLING_REACH // 2)
        kernel = self.light_falls(light).view(-1, SCALE**2, FALLING * FALLING_REACH**2)
        shapes = (kernel.to(near.dtype) @ near).view(-1, SCALE**2, *grain.shape[2:])
        return F.pixel_shuffle(shapes, SCALE).clamp(0, 1)


def falls(grain: Tensor, least: Tensor) -> Tensor:
    """(B, FALLING, h, w) in [0, 1]: base pixels whose noise is above the ``least`` (B, FALLING)."""
    return (SURE * (grain[:, :FALLING] - least[:, :, None, None])).sigmoid()


def coarse_mask(cover: Tensor) -> Tensor:
    """(B, 1, h / 4, w / 4) -> (B, 1, DETAIL h, DETAIL w): logits as far as the painter knows."""
    near = F.interpolate(cover, scale_factor=HALF_CELL * DETAIL, mode="bilinear", align_corners=False)
    return COVERED * (2 * near - 1)


def is_any(kind: Tensor, x: Tensor) -> Tensor:
    """(B, 1, 1, 1) of the type of ``x``: 0 for the first kind, which is none."""
    return (kind > 0).to(x.dtype)[:, None, None, None]


def share(of_each: nn.Embedding, style: Tensor) -> Tensor:
    chosen: Tensor = of_each(style)[:, :, None, None]
    return chosen


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

    The mask of things is learned beside it. Absolute errors make crisp edges, but a hatching or a screen that
    cannot be placed yet is flat at its median, where they do not pull; squared errors do.
    """
    made, mask = network.with_mask(Known.of(batch))
    error = made.float() - batch["large"]
    across, down = error[..., 1:] - error[..., :-1], error[:, :, 1:] - error[:, :, :-1]
    absolute = error.abs().mean() + 2 * (across.abs().mean() + down.abs().mean())
    squared = error.square().mean() + 2 * (across.square().mean() + down.square().mean())
    missed = F.binary_cross_entropy_with_logits(mask.float(), batch["mask"])
    total: Tensor = absolute + squared + MASKED * missed
    return total
