"""The painter: a scene's objects and place -> its picture at the base size, by flow matching in pixels.

Objects are boxes with a thing and a colour in them. Each object says, at every half-cell, what of it is
there and how much it covers; objects are laid over each other from the back to the front; a U-Net paints
what comes of it. B is the batch, K objects, (h, w) half-cells of 4 base pixels.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limner.nano.boxes import HALF_CELL
from training.coordinates import channel_fourier, cosines, fourier
from training.networks import Conv, UNet

FORM_WAVES, FORM_DIMS = 16, 48
SKETCH_DIMS = 48  # colours of the 4 x 4 base pixels of a half-cell
OBJECT_DIMS = 160
POSITION_WAVES = (
    6  # the shortest is 8 base pixels long: tiles and windows repeat with them (training/places.py)
)


@dataclass(frozen=True)
class PainterShape:
    """What the painter is built from; stored in its checkpoint."""

    things: int
    colours: int
    places: int
    width: int = 128
    condition: int = 128
    middle: int = 192  # at half of that size
    deep: int = 256  # at a quarter


class Objects(nn.Module):
    """What the objects say of every half-cell, laid over each other."""

    def __init__(self, shape: PainterShape) -> None:
        super().__init__()
        self.thing, self.colour = nn.Embedding(shape.things, 48), nn.Embedding(shape.colours, 24)
        # Each thing's own linear layer on waves of u, v: where in the thing is which of its parts.
        self.form = nn.Embedding(shape.things, FORM_WAVES**2 * FORM_DIMS)
        nn.init.normal_(self.form.weight, std=0.05)
        self.first = Conv(48 + 24 + FORM_DIMS + 20 + 4, OBJECT_DIMS, 1)
        self.second = Conv(OBJECT_DIMS, OBJECT_DIMS, 1)
        self.cover = Conv(OBJECT_DIMS, 1, 1, gain=0.3)

    def forward(self, things: Tensor, colours: Tensor, boxes: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """things, colours (B, K) from back to front, 0 for none; boxes (B, K, 5): x, y, half width and half
        height in base pixels from the picture's corner, facing (1 or -1); like (B, 1, h, w) of any values ->
        what is seen (B, OBJECT_DIMS, h, w), how much of it covers the place (B, 1, h, w)."""
        b, k = things.shape
        h, w = like.shape[-2:]
        u, v, inside = within(boxes, like)
        inside = inside * (things > 0)[:, :, None, None]
        waves = self.forms(things, u, v)
        named = torch.cat([self.thing(things), self.colour(colours)], -1).view(b * k, 72, 1, 1)
        scale = (boxes[..., 2:4] / 16).log().view(b * k, 2, 1, 1)
        spread = u[:, :, None, :].expand(-1, -1, h, -1), v[:, :, :, None].expand(-1, -1, -1, w)
        at = torch.stack(spread, 2).reshape(b * k, 2, h, w).clamp(-1.5, 1.5)
        parts = [
            named.expand(-1, -1, h, w),
            waves,
            channel_fourier(at, 5),
            at,
            scale.expand(-1, -1, h, w),
        ]
        said = F.silu(self.first(torch.cat([part.to(waves.dtype) for part in parts], 1)))
        said = said + F.silu(self.second(said))
        covers = torch.sigmoid(self.cover(said)).view(b, k, 1, h, w) * inside[:, :, None]
        return laid_over(said.view(b, k, -1, h, w), covers)

    def forms(self, things: Tensor, u: Tensor, v: Tensor) -> Tensor:
        """What a thing's own layer says of half-cells at u (B, K, w), v (B, K, h): (B * K, FORM_DIMS, h, w).

        Waves across times waves down: u is the same in a column, v in a row, so columns come first.
        """
        objects, (h, w) = things.numel(), (v.shape[-1], u.shape[-1])
        layer = self.form(things).view(objects, FORM_WAVES, FORM_WAVES * FORM_DIMS)
        across = cosines(u.clamp(-1.2, 1.2), FORM_WAVES).view(objects, w, FORM_WAVES)
        down = cosines(v.clamp(-1.2, 1.2), FORM_WAVES).view(objects, h, FORM_WAVES)
        columns = (across @ layer).view(objects, w, FORM_WAVES, FORM_DIMS).transpose(1, 2)
        said: Tensor = down @ columns.reshape(objects, FORM_WAVES, w * FORM_DIMS)
        return said.view(objects, h, w, FORM_DIMS).permute(0, 3, 1, 2)


def within(boxes: Tensor, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """u of columns of half-cells in every box (B, K, w), v of rows (B, K, h): -1 to 1 inside, and u runs
    backwards in what faces left. And whether the box, with a half-cell around it, holds each (B, K, h, w)."""
    row, column = torch.ones_like(like[:, :, 0, :]), torch.ones_like(like[:, :, :, 0])
    # Counted up, not arange, so that an exported graph takes any size.
    x, y = ((ones.cumsum(-1) - 0.5) * HALF_CELL for ones in (row, column))
    cx, cy, half_w, half_h, facing = (part[..., None] for part in boxes.unbind(-1))
    dx, dy = x - cx, y - cy
    columns, rows = dx.abs() < half_w + 0.9 * HALF_CELL, dy.abs() < half_h + 0.9 * HALF_CELL
    inside = columns[:, :, None, :] & rows[:, :, :, None]
    return dx / half_w * facing, dy / half_h, inside.to(boxes.dtype)


def laid_over(said: Tensor, covers: Tensor) -> tuple[Tensor, Tensor]:
    """(B, K, D, h, w) and (B, K, 1, h, w) from back to front -> what is seen, and how much of it there is.

    Of each object as much is seen as it covers and those before it leave. Without a loop, so that an exported
    graph takes any number of objects.
    """
    left = (1 - covers.float()).clamp(min=1e-6).log()
    nearer = left.flip(1).cumsum(1).flip(1) - left
    shares = covers * nearer.exp().to(covers.dtype)
    return (said * shares).sum(1), shares.sum(1)


class Painter(UNet):
    """Noisy pixels, time and a scene -> clean pixels."""

    def __init__(self, shape: PainterShape) -> None:
        super().__init__()
        self.shape = shape
        w, c = shape.width, shape.condition
        self.objects = Objects(shape)
        self.place = nn.Embedding(shape.places, 48)
        self.describe = nn.Sequential(
            Conv(OBJECT_DIMS + 1 + 48 + 2 + 8 + 2 + 4 * POSITION_WAVES, 192, 1),
            nn.SiLU(),
            Conv(192, c, 1),
            nn.SiLU(),
            Conv(c, c, 1),
        )
        self.time = nn.Sequential(nn.Linear(16, c), nn.SiLU(), nn.Linear(c, c))
        self.sketch = Conv(OBJECT_DIMS, SKETCH_DIMS, 1, gain=0.3)
        self.add_layers(48 + c + SKETCH_DIMS, (w, shape.middle, shape.deep), c)

    def condition(
        self, things: Tensor, colours: Tensor, boxes: Tensor, place: Tensor, ground: Tensor, position: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What the scene says of each half-cell, the same at every step; and how much things cover it.

        things, colours, boxes: see Objects. place (B,), ground (B, 2, h, w): height under the horizon and
        the contact shadows, position (B, 2, h, w) -> (B, c + SKETCH_DIMS, h, w), of which the last are a
        first guess of the things' pixels, and (B, 1, h, w).
        """
        h, w = ground.shape[-2:]
        seen, cover = self.objects(things, colours, boxes, ground[:, :1])
        where = self.place(place)[:, :, None, None].expand(-1, -1, h, w)
        waves = channel_fourier(ground[:, :1], 4), channel_fourier(position, POSITION_WAVES)
        known = [seen, cover, where, ground, waves[0], position, waves[1]]
        described = self.describe(torch.cat([part.to(seen.dtype) for part in known], 1))
        return torch.cat([described, self.sketch(seen)], 1), cover

    def forward(self, noisy: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        """noisy (B, 3, 4h, 4w), t (B,), condition as above -> clean (B, 3, 4h, 4w) in [-1, 1]."""
        described, sketch = torch.split(condition, [self.shape.condition, SKETCH_DIMS], 1)
        c0 = described + self.time(fourier(t[:, None], 8))[:, :, None, None]
        clean: Tensor = self.painted(torch.cat([F.pixel_unshuffle(noisy, 4).to(c0.dtype), c0, sketch], 1), c0)
        return clean
