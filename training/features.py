"""What a style may go by beside the colours of a pixel: lightness in small steps, lines, what is in front.

Works on pictures at DETAIL pixels a base pixel, with a mask of what things cover, and has no parameters: how
much of each feature a style wants is found by least squares (training/fitting.py). B is the batch, (h, w) are
such pixels; colours are about [-1, 1], masks in [0, 1].
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from limner.nano.finish import DETAIL

LUMA = (0.299, 0.587, 0.114)
KNOTS = 33  # of a curve over lightness
AREA = 2  # pixels: within areas of so many, lightness is made even, across edges it is not
EVEN = 0.02  # variance of lightness: what varies less is even
VIVID, DARK = 2.6, 0.05  # times as far from grey; less light has no hue
STEEP_FROM, STEEP_RISE = 0.06, 0.12  # of [0, 1] a base pixel: where a line is
GLOWS = (0.5, 1.7)  # base pixels: standard deviations of light around a line
THIN, WIDE, OUTLINE = 0.36, 0.61, 0.03  # base pixels of two blurs, and their difference on the dark side
FAR = 1.5  # base pixels: standard deviation of the blur of what is behind
RIM, RIM_FROM, RIM_RISE = 0.55, 0.12, 0.14  # base pixels of blur of the mask; where in it a rim is
SHADOW, SHADOW_DOWN, SHADOW_RIGHT = 0.6, 1.125, 0.875  # base pixels: of blur, and of shift
FRONT_FROM, FRONT_RISE = 0.35, 0.3  # of the mask
FEATURES = KNOTS + 3 * (1 + len(GLOWS)) + 2 + 3 * 3


def features(picture: Tensor, mask: Tensor) -> Tensor:
    """(B, 3, h, w) and (B, 1, h, w) -> (B, FEATURES, h, w)."""
    return torch.cat([knots(picture), *lines(picture), *layers(picture, mask)], 1)


def knots(picture: Tensor) -> Tensor:
    """(B, KNOTS, h, w): how near the lightness of each pixel is to each knot, from 0 to 1."""
    level = (even(lightness(picture)).clamp(-1, 1) + 1) / 2 * (KNOTS - 1)
    at = torch.arange(KNOTS, dtype=picture.dtype, device=picture.device).view(1, -1, 1, 1)
    return (1 - (level - at).abs()).clamp(min=0)


def lines(picture: Tensor) -> list[Tensor]:
    """Light in the hue of what is beside each edge, its glows, the edge itself, and its dark side."""
    edge = rise((steepness(picture) - STEEP_FROM) / STEEP_RISE)
    light = edge * vivid(gaussian(picture, 0.5 * DETAIL))
    level = lightness(picture)
    dark = gaussian(level, WIDE * DETAIL) - gaussian(level, THIN * DETAIL)
    return [light, *(gaussian(light, glow * DETAIL) for glow in GLOWS), edge, rise(dark / OUTLINE)]


def layers(picture: Tensor, mask: Tensor) -> list[Tensor]:
    """What changes when what is behind is out of focus, lies in a shadow, or has a white rim over it."""
    free = 1 - rise((mask - FRONT_FROM) / FRONT_RISE)
    around = rise((gaussian(mask, RIM * DETAIL) - RIM_FROM) / RIM_RISE)
    cast = gaussian(around, SHADOW * DETAIL, SHADOW_DOWN * DETAIL, SHADOW_RIGHT * DETAIL)
    blur = (1 - mask) * (behind(picture, mask) - picture)
    return [blur, -free * cast * (picture + 1), free * around * (1 - picture)]


def behind(picture: Tensor, mask: Tensor) -> Tensor:
    """(B, 3, h, w): what is not covered, in a blur that takes nothing from what is in front."""
    seen = F.avg_pool2d(torch.cat([picture * (1 - mask), 1 - mask], 1), DETAIL)
    soft = gaussian(seen, FAR)
    return F.interpolate(soft[:, :3] / (soft[:, 3:] + 1e-3), scale_factor=DETAIL, mode="bilinear")


def lightness(picture: Tensor) -> Tensor:
    """(B, 1, h, w), as the eye weighs it."""
    weights = torch.tensor(LUMA, dtype=picture.dtype, device=picture.device)
    return (picture * weights.view(1, 3, 1, 1)).sum(1, keepdim=True)


def even(level: Tensor) -> Tensor:
    """(B, 1, h, w), smooth within areas, edges kept: a guided filter led by itself (He et al. 2010)."""
    centre = mean(level)
    variance = mean(level * level) - centre * centre
    slope = variance / (variance + EVEN)
    return mean(slope) * level + mean((1 - slope) * centre)


def mean(x: Tensor) -> Tensor:
    return F.avg_pool2d(F.pad(x, (AREA,) * 4, mode="replicate"), 2 * AREA + 1, 1)


def steepness(picture: Tensor) -> Tensor:
    """(B, 1, h, w): how fast the colours change, in [0, 1] a base pixel (Scharr 2000)."""
    wide = F.pad(picture, (1,) * 4, mode="replicate") * (DETAIL / 2)
    across, down = (wide[..., 2:] - wide[..., :-2]) / 2, (wide[:, :, 2:] - wide[:, :, :-2]) / 2
    across = (3 * across[:, :, :-2] + 10 * across[:, :, 1:-1] + 3 * across[:, :, 2:]) / 16
    down = (3 * down[..., :-2] + 10 * down[..., 1:-1] + 3 * down[..., 2:]) / 16
    return (across * across + down * down).amax(1, keepdim=True).clamp(min=1e-8).sqrt()


def vivid(picture: Tensor) -> Tensor:
    """(B, 3, h, w) in [0, 1]: the colour of each pixel as if it shone."""
    shown = (picture + 1).clamp(0, 2) / 2
    bright = shown / (shown.amax(1, keepdim=True) + DARK)
    level = lightness(bright)
    return (level + VIVID * (bright - level)).clamp(0, 1)


def rise(x: Tensor) -> Tensor:
    """0 below 0, 1 above 1, smooth between."""
    t = x.clamp(0, 1)
    return t * t * (3 - 2 * t)


def gaussian(x: Tensor, spread: float, down: float = 0, right: float = 0) -> Tensor:
    """(B, C, h, w), each channel blurred by a standard deviation of ``spread`` pixels, and shifted."""
    b, c, h, w = x.shape
    reach = round(3 * spread + max(down, right))
    at = torch.arange(-reach, reach + 1, dtype=torch.float32, device=x.device)
    columns, rows = (torch.exp(-((at + shift) ** 2) / (2 * spread**2)) for shift in (right, down))
    flat = F.pad(x.reshape(b * c, 1, h, w), (reach,) * 4, mode="replicate")
    for line, shape in ((columns, (1, 1, 1, -1)), (rows, (1, 1, -1, 1))):
        flat = F.conv2d(flat, (line / line.sum()).view(shape).to(x.dtype))
    return flat.view(b, c, h, w)
