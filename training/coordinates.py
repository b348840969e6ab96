"""What the networks are told of coordinates: waves of them, and maps at twice the detail.

Functions without weights. Shapes are (batch, channels, rows, columns) over cells unless said otherwise.
"""

import torch
from torch import Tensor


def fourier(x: Tensor, frequencies: int) -> Tensor:
    """(..., K) -> (..., 2 * K * frequencies): sines and cosines of x times pi, 2 pi, 4 pi ..."""
    scaled = x[..., None] * (torch.pi * 2.0 ** torch.arange(frequencies, device=x.device, dtype=x.dtype))
    return torch.cat([scaled.sin(), scaled.cos()], -1).flatten(-2)


def cosines(x: Tensor, count: int) -> Tensor:
    """(...,) in about [-1.2, 1.2] -> (..., count): 1, cos, cos of twice ...; no wave closes up inside."""
    harmonics = torch.arange(count, device=x.device, dtype=x.dtype)
    return torch.cos((x[..., None] + 1.25) * (torch.pi / 2.5) * harmonics)


def channel_fourier(x: Tensor, frequencies: int) -> Tensor:
    """(B, K, h, w) -> (B, 2 * K * frequencies, h, w); the slowest wave is 4 units long."""
    return fourier(x.permute(0, 2, 3, 1) * 0.5, frequencies).permute(0, 3, 1, 2)


def finer(where: Tensor, thing: Tensor) -> Tensor:
    """(B, 3, h, w) -> (B, 5, 2h, 2w): u, v, ground at half-cells, and the slopes of u along x and v along y.

    A half-cell goes on from its cell by the cell's own slopes, so u and v stay straight inside a thing.
    """
    dx, dy = slope(where, thing, 3), slope(where, thing, 2)
    rows = [torch.cat([where + a * dx * 0.25 + b * dy * 0.25 for a in (-1, 1)], 1) for b in (-1, 1)]
    b, c, h, w = where.shape
    stacked = torch.stack(rows, 1).view(b, 2, 2, c, h, w)  # B, row, column, 3, h, w
    fine = stacked.permute(0, 3, 4, 1, 5, 2).reshape(b, c, 2 * h, 2 * w)
    slopes = torch.cat([dx[:, :1], dy[:, 1:2]], 1).repeat_interleave(2, 2).repeat_interleave(2, 3)
    return torch.cat([fine, slopes], 1)


def slope(where: Tensor, thing: Tensor, axis: int) -> Tensor:
    """Difference to the next cell along an axis, averaged over the neighbours that belong to the same thing.

    (B, 3, h, w) and (B, h, w) -> (B, 3, h, w). A jump in u or v parts two things of one kind.
    """
    n = where.shape[axis]
    step = where.narrow(axis, 1, n - 1) - where.narrow(axis, 0, n - 1)
    same = thing.narrow(axis - 1, 1, n - 1) == thing.narrow(axis - 1, 0, n - 1)
    weight = (same[:, None] & (step.abs() < 0.9)).to(where.dtype)
    zero = torch.zeros_like(where.narrow(axis, 0, 1))
    total = torch.cat([step * weight, zero], axis) + torch.cat([zero, step * weight], axis)
    count = torch.cat([weight, zero], axis) + torch.cat([zero, weight], axis)
    return total / count.clamp(min=1)
