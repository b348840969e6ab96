"""The networks, small: what holds whatever they have learned."""

import pytest
import torch
from torch import Tensor

from limner.nano.boxes import HALF_CELL, pixel_positions
from training.composer import CODES, Composer, ComposerShape
from training.networks import ChannelNorm
from training.painter import Painter, PainterShape, laid_over, within
from training.upscale import SHAPES, Upscaler, UpscalerShape


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(1)


def scene(h: int, w: int) -> dict[str, Tensor]:
    """Two things on h x w half-cells."""
    far = 4.0 * max(h, w)
    return {
        "things": torch.tensor([[1, 2, 0]]),
        "colours": torch.tensor([[0, 1, 0]]),
        "boxes": torch.tensor([[[80.0, 84, 30, 40, 1], [96, 100, 20, 24, -1], [far, far, 4, 4, 1]]]),
        "place": torch.tensor([0]),
        "ground": torch.randn(1, 2, h, w),
        "position": torch.from_numpy(pixel_positions(HALF_CELL * w, HALF_CELL * h))[None],
    }


@torch.no_grad()
def test_a_crop_is_painted_like_the_same_part_of_the_whole() -> None:
    """No statistics of the whole picture: what is learned on crops holds for every size."""
    network = Painter(PainterShape(3, 2, 1, width=8, condition=8)).eval()
    given, noisy, t = scene(80, 80), torch.randn(1, 3, 320, 320), torch.tensor([0.3])
    whole = network(noisy, t, network.condition(*given.values())[0])
    top, side = 8, 64  # half-cells
    cut = {name: given[name] for name in given}
    for name in ("ground", "position"):
        cut[name] = given[name][..., top : top + side, top : top + side]
    cut["boxes"] = given["boxes"] - torch.tensor([4.0 * top, 4 * top, 0, 0, 0])
    crop = network(noisy[..., 32:288, 32:288], t, network.condition(*cut.values())[0])
    inside = slice(104, 152)  # farther from every edge than the network sees
    wanted = whole[..., 32:288, 32:288][..., inside, inside]
    assert torch.allclose(crop[..., inside, inside], wanted, atol=1e-5)


def test_u_and_v_run_through_the_box_and_backwards_where_a_thing_faces_left() -> None:
    boxes = torch.tensor([[[32.0, 32, 16, 24, 1], [32, 32, 16, 24, -1]]])
    u, v, inside = within(boxes, torch.zeros(1, 1, 16, 16))
    column, row = 5, 3  # centre at x 22, y 14
    assert u[0, 0, column] == pytest.approx((22 - 32) / 16)
    assert u[0, 1, column] == pytest.approx((32 - 22) / 16)
    assert v[0, 0, row] == pytest.approx((14 - 32) / 24)
    assert inside[0, 0, row, column] == 1
    assert inside[0, 0, 0, 0] == 0


def test_what_is_in_front_hides_what_is_behind_as_far_as_it_covers() -> None:
    said = torch.tensor([1.0, 10]).view(1, 2, 1, 1, 1)
    covers = torch.tensor([1.0, 0.25]).view(1, 2, 1, 1, 1)
    seen, cover = laid_over(said, covers)
    assert seen.item() == pytest.approx(0.75 * 1 + 0.25 * 10)
    assert cover.item() == pytest.approx(1)


@torch.no_grad()
def test_places_without_a_thing_change_nothing() -> None:
    network = Painter(PainterShape(3, 2, 1, width=8, condition=8)).eval()
    given = scene(16, 16)
    fewer = given | {name: given[name][:, :2] for name in ("things", "colours", "boxes")}
    with_empty, without = (network.condition(*g.values()) for g in (given, fewer))
    assert torch.allclose(with_empty[0], without[0], atol=1e-6)
    assert torch.allclose(with_empty[1], without[1], atol=1e-6)


def test_the_norm_of_a_texel_knows_nothing_of_its_neighbours() -> None:
    x = torch.randn(2, 8, 4, 4)
    assert torch.equal(ChannelNorm()(x)[..., 1:3, 2:], ChannelNorm()(x[..., 1:3, 2:]))


@torch.no_grad()
def test_words_that_are_not_there_change_nothing() -> None:
    network = Composer(ComposerShape(9, 4, 3, 2, 2, 2, width=16, readers=1, depth=2, heads=2)).eval()
    torch.nn.init.normal_(network.modulation.weight, std=0.1)
    noisy, t, size = torch.randn(1, CODES), torch.tensor([0.4]), torch.ones(1, 2)
    long, short = torch.tensor([[3, 5, 0, 0]]), torch.tensor([[3, 5]])
    whole, again = (network(noisy, t, size, *network.read(words)) for words in (long, short))
    assert torch.allclose(whole.things, again.things, atol=1e-5)
    assert torch.allclose(whole.place, again.place, atol=1e-5)
    other = network(noisy, t, size, *network.read(torch.tensor([[5, 3]])))
    assert not torch.allclose(whole.things, other.things, atol=1e-3)  # the order of words counts


@torch.no_grad()
def test_a_scene_that_is_certain_is_encoded_by_its_codes() -> None:
    network = Composer(ComposerShape(9, 4, 3, 2, 2, 2, width=16, readers=1, depth=1, heads=2))
    out = network(
        torch.randn(2, CODES),
        torch.rand(2),
        torch.ones(2, 2),
        *network.read(torch.ones(2, 3, dtype=torch.long)),
    )
    assert network.encode(out).shape == (2, CODES)


@torch.no_grad()
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_upscaler_enlarges_any_size(shape: UpscalerShape) -> None:
    small = torch.rand(1, 3, 12, 16)
    assert Upscaler(shape)(small).shape == (1, 3, 12 * shape.scale, 16 * shape.scale)


@torch.no_grad()
def test_an_untaught_upscaler_adds_nothing() -> None:
    network, small = Upscaler(SHAPES["upscale4"]), torch.rand(1, 3, 12, 16)
    wanted = torch.nn.functional.interpolate(small, scale_factor=4, mode="bilinear", align_corners=False)
    assert torch.allclose(network(small), wanted, atol=1e-5)
