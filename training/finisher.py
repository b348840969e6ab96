"""The finisher: a base picture -> the picture at full size, in a light and a style, by one regression.

It learns on renders: the plain one, made small and a little soft as the painter's are, against the same
window as training/finishes.py finishes it. B is the batch, (h, w) base pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limner.nano.boxes import HALF_CELL
from limner.nano.finish import DETAIL, GRAINS, SCALE, TILE, tile_places, view
from training.batches import stacked
from training.compositions import SceneMaker
from training.finishes import finished
from training.networks import Conv, Residual
from training.painter import Painter
from training.paintings import Painted, Paintings
from training.scenes import Scene
from training.sprites import Sprites
from training.views import MARGIN, Array, View, view_of
from training.vocabulary import LIGHTS, STYLES

CROP = 48  # base pixels
FINISHES_OF_A_VIEW = 4  # rendering a view costs more than finishing it
PLAIN_SHARE = 0.24
PAINTED_SHARE = 0.6  # of the views, those whose small picture the painter made
TILE_DIMS, STYLE_DIMS = 24, 32
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
        self.style_tint = nn.Embedding(shape.styles, colours)
        self.light_tint = nn.Embedding(shape.lights, colours)
        self.style_last = nn.Embedding(shape.styles, leave)
        for own in (self.style_mix, self.light_mix, self.style_last, self.style_tint, self.light_tint):
            nn.init.zeros_(own.weight)
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
        large = F.interpolate(toned, scale_factor=SCALE // DETAIL, mode="bilinear", align_corners=False)
        return large + detail


def through(layer: Tensor, x: Tensor) -> Tensor:
    """(B, out, in) on (B, in, h, w) -> (B, out, h, w): each example through its own linear layer."""
    out = layer.to(x.dtype) @ x.flatten(2)
    return out.view(x.shape[0], -1, x.shape[2], x.shape[3])


def tinted(picture: Tensor, change: Tensor) -> Tensor:
    """(B, 3, h, w) with its colours through a matrix and a shift, (B, 12), of which zeros change nothing."""
    matrix, shift = change[:, :9].view(-1, 3, 3), change[:, 9:, None, None]
    return picture + through(matrix, picture) + shift


def fit_tints(network: Finisher, sprites: Sprites, seed: int, crops: int = 4) -> None:
    """Gives each style and each light the change of colours that comes nearest to it, by least squares over a
    few crops: what training begins with, because descent alone is long about it."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    for own, finishes in (
        (network.style_tint, [(0, style) for style in range(len(STYLES))]),
        (network.light_tint, [(light, 0) for light in range(len(LIGHTS))]),
    ):
        for row, finish in enumerate(finishes):
            pairs = [toned_pair(maker.scene(), sprites, rng, *finish) for _ in range(crops)]
            plain, wanted = (np.concatenate([pair[k] for pair in pairs]) for k in (0, 1))
            known = np.concatenate([plain, np.ones((len(plain), 1))], 1)
            ridge = 1e-3 * len(known) * np.eye(4)  # where the crops say little, colours stay
            change = np.linalg.solve(known.T @ known + ridge, known.T @ (wanted - plain))
            matrix, shift = change[:3].T.ravel(), change[3]
            own.weight.data[row] = torch.from_numpy(np.concatenate([matrix, shift])).float()


def toned_pair(
    scene: Scene, sprites: Sprites, rng: np.random.Generator, light: int, style: int
) -> tuple[Array, Array]:
    """(N, 3) in [-1, 1]: some pixels of a plain crop, and the same ones finished."""
    x, y = corner(scene, rng)
    seen, picture = view_of(scene, sprites, x, y, CROP, CROP, int(rng.integers(2**31)))
    done = finished(picture, seen, light, style)
    plain, wanted = (each[::6, ::6].reshape(-1, 3) * 2.0 - 1 for each in (picture, done))
    return plain, wanted


def finisher_batches(
    sprites: Sprites, size: int, seed: int, painter: Painter | None = None
) -> Iterator[dict[str, Tensor]]:
    """Several finishes of each view; of ``painter``'s own paintings, most of them, where there is one."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    paintings = Paintings(painter, sprites, maker, seed) if painter else None
    while True:
        examples: list[dict[str, Array]] = []
        while len(examples) < size:
            is_painted = paintings is not None and rng.random() < PAINTED_SHARE
            made = paintings.draw() if paintings and is_painted else Painted(maker.scene(), None)
            examples += finishes_of_a_view(made, sprites, rng)
        yield stacked(examples[:size])


def drawn_finish(rng: np.random.Generator) -> tuple[int, int]:
    """A light and a style: often neither, mostly one of the two."""
    draw = rng.random()
    if draw < PLAIN_SHARE:
        return 0, 0
    light, style = int(rng.integers(1, len(LIGHTS))), int(rng.integers(1, len(STYLES)))
    if draw < PLAIN_SHARE + 0.50:
        return 0, style
    return (light, 0) if draw < PLAIN_SHARE + 0.68 else (light, style)


def finishes_of_a_view(
    made: Painted, sprites: Sprites, rng: np.random.Generator, count: int = FINISHES_OF_A_VIEW
) -> list[dict[str, Array]]:
    scene = made.scene
    x, y = corner(scene, rng)
    side, seed = CROP + 2 * MARGIN, int(rng.integers(2**31))
    seen, picture = view_of(scene, sprites, x - MARGIN, y - MARGIN, side, side, seed)
    inside = slice(MARGIN * SCALE, (MARGIN + CROP) * SCALE)
    rows, columns = (slice(at * DETAIL, (at + CROP) * DETAIL) for at in (y, x))
    known = inputs(scene, seen, picture, MARGIN, rng)
    if made.picture is not None:
        painted = made.picture[rows, columns].transpose(2, 0, 1)
        known["small"] = np.ascontiguousarray(painted * 2 - 1, np.float32)
    examples = []
    for light, style in (drawn_finish(rng) for _ in range(count)):
        large = finished(picture, seen, light, style)[inside, inside]
        examples.append(
            known
            | {
                "light": np.array(light, np.int64),
                "style": np.array(style, np.int64),
                "large": np.ascontiguousarray(large.transpose(2, 0, 1) * 2 - 1, np.float32),
            }
        )
    return examples


def corner(scene: Scene, rng: np.random.Generator) -> tuple[int, int]:
    """The top left of a crop, about a thing as a rule, on a half-cell."""
    thing = scene.things[rng.integers(len(scene.things))]
    middle = np.array([thing.x, thing.y]) + rng.normal(0, 0.4, 2) * (thing.width, thing.height)
    most = np.array([scene.width, scene.height]) - CROP
    x, y = (np.clip(middle - CROP / 2, 0, most) // HALF_CELL * HALF_CELL).astype(int)
    return int(x), int(y)


def inputs(
    scene: Scene, seen: View, picture: Array, margin: int, rng: np.random.Generator | None
) -> dict[str, Array]:
    """What the network gets of a view, the margin cut off; softened and shaken when there is an ``rng``."""
    keep = slice(margin, seen.height - margin), slice(margin, seen.width - margin)
    at = (
        slice(seen.y + margin, seen.y + seen.height - margin),
        slice(seen.x + margin, seen.x + seen.width - margin),
    )
    cut = picture[
        margin * SCALE : (seen.height - margin) * SCALE, margin * SCALE : (seen.width - margin) * SCALE
    ]
    covered = seen.cover[
        margin * SCALE : (seen.height - margin) * SCALE, margin * SCALE : (seen.width - margin) * SCALE
    ]
    h, w = cut.shape[0] // SCALE, cut.shape[1] // SCALE
    small = cv2.resize(cut, (w * DETAIL, h * DETAIL), interpolation=cv2.INTER_AREA)
    if rng is not None:
        small = as_painted(small, rng)
    return {
        "small": np.ascontiguousarray(small.transpose(2, 0, 1) * 2 - 1, np.float32),
        "cover": cv2.resize(covered, (w // HALF_CELL, h // HALF_CELL), interpolation=cv2.INTER_AREA)[None],
        "around": np.ascontiguousarray(view(scene.horizon, scene.width, scene.height)[:, at[0], at[1]]),
        "grain": np.ascontiguousarray(seen.grain[:, keep[0], keep[1]]),
        "places": tile_places(seen.x + margin, seen.y + margin, w, h),
    }


def as_painted(small: Array, rng: np.random.Generator) -> Array:
    """With the softness of a painting, at times that of one of the base size, and a little noise."""
    h, w = small.shape[:2]
    if rng.random() < 0.5:
        half = cv2.resize(small, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
        small = cv2.resize(half, (w, h), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.6:
        small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.3, 0.8))
    noise = rng.standard_normal(small.shape, np.float32) * np.float32(rng.uniform(0, 0.012))
    return np.asarray(small + noise, np.float32)


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
