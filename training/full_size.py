"""From small fields to full size: crisp edges, pieces of one colour, and what falls from the sky.

Knows nothing of styles and of what is learned. B is the batch, (h, w) are the pixels that are enlarged;
colours are about [-1, 1].
"""

from collections.abc import Callable
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limner.nano.finish import SCALE, TILE

FAINT, STRONG = 0.04, 0.20  # half the contrast, below which nothing is an edge, and above which everything is
NEIGHBOURS = 5  # base pixels a side: what a pixel of a piece is mixed from


class Larger(nn.Module):
    """(B, 3, h, w) -> (B, 3 scale^2, h, w), to be shuffled: bilinear interpolation. Has no parameters."""

    kernel: Tensor

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.register_buffer("kernel", bilinear(scale, 3).view(3 * scale**2, 3, 3, 3), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), self.kernel.to(x.dtype))


class Crisp(nn.Module):
    """(B, 3, h, w) -> (B, 3, scale h, scale w), with edges that are ``steepness`` times as steep as bilinear
    interpolation leaves them; their two tones are looked for ``reach`` pixels to either side.

    Enlarged first, a step is sharper than the pixels it came from, and its place is known to a fraction of
    one: the idea of signed distance fields for letters (Green 2007). Has no parameters.
    """

    def __init__(self, scale: int, steepness: float, reach: int) -> None:
        super().__init__()
        self.scale, self.steepness, self.reach = scale, steepness, reach
        self.larger = Larger(scale)

    def forward(self, small: Tensor) -> Tensor:
        middle, half, at = (self.larger(each) for each in two_tones(small, self.reach))
        at = (self.steepness * at).clamp(-1, 1)
        return F.pixel_shuffle(middle + half * (at * (1.5 - 0.5 * at * at)), self.scale)


def two_tones(level: Tensor, reach: int) -> tuple[Tensor, Tensor, Tensor]:
    """Each pixel (B, 3, h, w) as a place between the two tones of the edge that it is on.

    Returns the middle of the two, half their difference, and where between them the pixel is, from -1 to 1.
    Where there is no edge: the pixel itself, nothing, and anything. A slope that is longer than the reach is
    always in the middle, and stays as it is.
    """
    high, low = (most(level, reach, of) for of in (torch.maximum, torch.minimum))
    middle, half = (high + low) / 2, ((high - low) / 2).clamp(min=1e-3)
    share = ((half.amax(1, keepdim=True) - FAINT) / (STRONG - FAINT)).clamp(0, 1)
    return level + share * (middle - level), share * half, (level - middle) / half


def most(x: Tensor, reach: int, of: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """The largest or the smallest within reach, across and then down. OpenVINO takes six times as long to
    pool three channels."""
    for dim in (3, 2):
        pad = (reach, reach, 0, 0) if dim == 3 else (0, 0, reach, reach)
        wide, size = F.pad(x, pad, mode="replicate"), x.shape[dim]
        x = reduce(of, (wide.narrow(dim, start, size) for start in range(2 * reach + 1)))
    return x


def bilinear(scale: int, channels: int) -> Tensor:
    """(channels scale^2, channels 9): the 3 x 3 convolution that enlarges, before a pixel shuffle."""
    places = (torch.arange(scale) + 0.5) / scale - 0.5
    taps = torch.stack([(-places).clamp(min=0), 1 - places.abs(), places.clamp(min=0)], 1)
    kernel = torch.einsum("ir,jc->ijrc", taps, taps).reshape(scale**2, 9)
    whole = torch.zeros(channels, scale**2, channels, 9)
    for channel in range(channels):
        whole[channel, :, channel] = kernel
    return whole.reshape(channels * scale**2, channels * 9)


def pieced(base: Tensor, mixes: Tensor) -> Tensor:
    """(B, 3, h, w) base pixels, of which the tile begins at the corner, -> (B, 3, 8h, 8w).

    Each pixel of the tile has a mixture of its own, (B, TILE^2, NEIGHBOURS^2 + 1, SCALE^2), of the base
    pixels around it and of one: so all pixels of a facet can have the colour of its middle.
    """
    b, c, h, w = base.shape
    down, across = h // TILE, w // TILE
    near = neighbours(base)
    mixed = near @ mixes.to(near.dtype)
    full = mixed.view(b, TILE, TILE, c, down, across, SCALE, SCALE).permute(0, 3, 4, 1, 6, 5, 2, 7)
    return full.reshape(b, c, h * SCALE, w * SCALE)


def neighbours(base: Tensor) -> Tensor:
    """(B, 3, h, w) -> (B, TILE^2, N, NEIGHBOURS^2 + 1): for each place in the tile, the base pixels around it
    in every channel of every tile, and one."""
    b, c, h, w = base.shape
    around = F.pad(base, (NEIGHBOURS // 2,) * 4, mode="replicate")
    near = F.unfold(around, NEIGHBOURS).view(b, c, NEIGHBOURS**2, h, w)
    near = torch.cat([near, torch.ones_like(near[:, :, :1])], 2)
    tiles = near.view(b, c, -1, h // TILE, TILE, w // TILE, TILE).permute(0, 4, 6, 1, 3, 5, 2)
    return tiles.reshape(b, TILE**2, -1, NEIGHBOURS**2 + 1)
