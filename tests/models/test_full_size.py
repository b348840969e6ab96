"""Small fields at full size: edges are steps, slopes stay slopes, and a piece has one colour."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from limner.nano.finish import SCALE, TILE
from training.full_size import NEIGHBOURS, Crisp, bilinear, pieced
from training.sharpness import sharpness

LARGER = 4


def enlarged(x: Tensor, channels: int) -> Tensor:
    kernel = bilinear(LARGER, channels).view(channels * LARGER**2, channels, 3, 3)
    return F.pixel_shuffle(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel), LARGER)


crisp = Crisp(LARGER, steepness=4, reach=2)


def half_plane(side: int, angle: float, offset: float) -> Tensor:
    """(1, 3, side, side): orange below a line and blue above it, each pixel the mean of what it covers."""
    fine = 4
    y, x = np.mgrid[0 : side * fine, 0 : side * fine] / fine - side / 2
    below = (np.cos(angle) * y + np.sin(angle) * x > offset).astype(np.float32)
    share = torch.from_numpy(below.reshape(side, fine, side, fine).mean((1, 3)))
    orange, blue = torch.tensor([0.9, 0.5, -0.6]), torch.tensor([-0.7, -0.5, 0.6])
    return (blue[:, None, None] + share * (orange - blue)[:, None, None])[None]


def in_bytes(picture: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    colours_last = picture[0].permute(1, 2, 0).numpy()
    return np.ascontiguousarray(((colours_last + 1) * 127.5 + 0.5).clip(0, 255).astype(np.uint8))


def test_a_convolution_enlarges_as_bilinear_interpolation_does() -> None:
    x = torch.rand(2, 5, 12, 16)
    wanted = F.interpolate(x, scale_factor=LARGER, mode="bilinear", align_corners=False)
    assert torch.allclose(enlarged(x, 5), wanted, atol=1e-5)


@pytest.mark.parametrize("angle", [0.0, 0.35, 0.8, 1.4])
def test_a_soft_edge_is_a_step_in_its_place(angle: float) -> None:
    small = half_plane(256, angle, 3.3)
    soft, sharp = (sharpness(in_bytes(picture)) for picture in (enlarged(small, 3), crisp(small)))
    assert np.median(soft.widths) > 4
    assert np.median(sharp.widths) < 2.5
    assert (sharp.halos < 0.05).all()
    truth = half_plane(256 * LARGER, angle, 3.3 * LARGER)
    wrong = (crisp(small) - truth).abs().amax(1) > 0.8
    assert wrong.float().mean() < 0.001  # of 1024 pixels across: the line is within one of where it should be


def test_a_slope_stays_as_it_is() -> None:
    slope = torch.linspace(-0.9, 0.9, 48).expand(1, 3, 48, 48).contiguous()
    inside = slice(4 * LARGER, -4 * LARGER)
    apart = (crisp(slope) - enlarged(slope, 3))[..., inside, inside].abs().max()
    assert apart < 0.02


def test_each_pixel_of_a_tile_has_a_mixture_of_its_own() -> None:
    base = torch.rand(2, 3, 2 * TILE, TILE)
    mixes = torch.zeros(2, TILE**2, NEIGHBOURS**2 + 1, SCALE**2)
    mixes[:, :, NEIGHBOURS**2 // 2] = 1  # every pixel as its base pixel
    mixes[:, TILE + 3, NEIGHBOURS**2 // 2, 5] = 0  # but for one, of the second row,
    mixes[:, TILE + 3, NEIGHBOURS**2 // 2 + 1, 5] = 1  # which is as the base pixel to the right,
    mixes[:, TILE + 3, -1, 5] = 0.25  # and lighter
    wanted = F.interpolate(base, scale_factor=SCALE, mode="nearest")
    wanted[:, :, SCALE :: TILE * SCALE, 3 * SCALE + 5 :: TILE * SCALE] = base[:, :, 1::TILE, 4::TILE] + 0.25
    assert torch.allclose(pieced(base, mixes), wanted)
