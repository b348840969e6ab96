"""What the networks are told of coordinates: waves of them. Functions without weights."""

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
