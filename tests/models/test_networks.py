"""The networks, small: what holds whatever they have learned."""

import pytest
import torch
from torch import Tensor

from limner.nano.grid import pixel_positions
from training.coordinates import finer
from training.networks import (
    TOKEN_DIMS,
    ChannelNorm,
    LayoutShape,
    LayoutTransformer,
    PixelNetwork,
    PixelShape,
)
from training.upscale import SHAPES, Upscaler, UpscalerShape


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(1)


def straight(h: int, w: int) -> tuple[Tensor, Tensor]:
    """(1, 3, h, w) with u, v and ground straight in x and y, and (1, 2, 2h, 2w): u and v at half-cells."""
    x, y = (torch.arange(n * 2).float() / 2 - 0.25 for n in (w, h))  # half-cells, in cells
    v, u = torch.meshgrid(0.2 * y - 0.7, -0.15 * x + 0.4, indexing="ij")
    halves = torch.stack([u, v])[None]
    cells = torch.nn.functional.avg_pool2d(halves, 2)
    return torch.cat([cells, cells[:, 1:]], 1), halves


def test_finer_goes_on_straight_between_the_cells() -> None:
    where, halves = straight(6, 8)
    fine = finer(where, torch.ones(1, 6, 8, dtype=torch.long))
    assert fine.shape == (1, 5, 12, 16)
    assert torch.allclose(fine[:, :2], halves, atol=1e-6)
    assert torch.allclose(fine[:, 3], torch.tensor(-0.15), atol=1e-6)  # the slope of u along x
    assert torch.allclose(fine[:, 4], torch.tensor(0.2), atol=1e-6)  # the slope of v along y


def test_finer_takes_no_slope_across_the_edge_of_a_thing() -> None:
    where, halves = straight(6, 8)
    thing = torch.ones(1, 6, 8, dtype=torch.long)
    thing[..., 4:] = 2
    where[..., 4:] += 0.5  # another thing, elsewhere in itself
    halves[..., 8:] += 0.5
    assert torch.allclose(finer(where, thing)[:, :2], halves, atol=1e-6)


def painting(h: int, w: int) -> dict[str, Tensor]:
    """A noisy picture of h x w cells and a map of several things."""
    where, _ = straight(h, w)
    return {
        "noisy": torch.randn(1, 3, 8 * h, 8 * w),
        "thing": (torch.arange(h * w).view(1, h, w) // 5) % 3,
        "colour": torch.ones(1, h, w, dtype=torch.long),
        "place": torch.zeros(1, h, w, dtype=torch.long),
        "where": where.clamp(-1, 1),
        "position": torch.from_numpy(pixel_positions(8 * w, 8 * h))[None],
    }


def painted(network: PixelNetwork, given: dict[str, Tensor]) -> Tensor:
    known = (given[name] for name in ("thing", "colour", "place", "where", "position"))
    out: Tensor = network(given["noisy"], torch.tensor([0.3]), network.condition(*known))
    return out


@torch.no_grad()
def test_a_crop_is_painted_like_the_same_part_of_the_whole() -> None:
    """No statistics of the whole picture: what is learned on crops holds for every size."""
    network = PixelNetwork(PixelShape(3, 2, 1, width=8, condition=8)).eval()
    given = painting(40, 40)
    sizes = {"noisy": 8, "position": 2}  # texels a cell
    top, side = 4, 32  # cells
    cut = {
        name: value[..., top * k : (top + side) * k, top * k : (top + side) * k]
        for name, value in given.items()
        for k in [sizes.get(name, 1)]
    }
    inside = slice(13 * 8, 19 * 8)  # farther from every edge than the network sees
    whole = painted(network, given)[..., top * 8 : (top + side) * 8, top * 8 : (top + side) * 8]
    assert torch.allclose(painted(network, cut)[..., inside, inside], whole[..., inside, inside], atol=1e-5)


def test_the_norm_of_a_texel_knows_nothing_of_its_neighbours() -> None:
    x = torch.randn(2, 8, 4, 4)
    assert torch.equal(ChannelNorm()(x)[..., 1:3, 2:], ChannelNorm()(x[..., 1:3, 2:]))


@torch.no_grad()
def test_tokens_that_are_not_visible_and_words_that_are_not_there_change_nothing() -> None:
    network = LayoutTransformer(LayoutShape(9, 4, 3, 2, width=16, depth=2, heads=2)).eval()
    for block in network.blocks:
        torch.nn.init.normal_(block.modulation.weight, std=0.1)  # type: ignore[union-attr, arg-type]
    noisy, position = torch.randn(1, 6, TOKEN_DIMS), torch.randn(1, 6, 2)
    visible = torch.tensor([[1.0, 1, 1, 1, 0, 0]])
    t, words = torch.tensor([0.4]), torch.tensor([[3, 5, 0, 0]])
    whole = network(noisy, t, words, position, visible)
    noisy[:, 4:] = 7
    again = network(noisy, t, words, position, visible)
    shorter = network(noisy, t, words[:, :2], position, visible)
    for a, b, c in zip(whole, again, shorter, strict=True):
        assert torch.allclose(a[:, :4], b[:, :4], atol=1e-6)
        assert torch.allclose(a[:, :4], c[:, :4], atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_upscaler_enlarges_any_size(shape: UpscalerShape) -> None:
    small = torch.rand(1, 3, 12, 16)
    assert Upscaler(shape)(small).shape == (1, 3, 12 * shape.scale, 16 * shape.scale)
