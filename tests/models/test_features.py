"""What a style may go by: even lightness, lines, and what is in front of what."""

import torch
from torch import Tensor

from training.features import FEATURES, behind, features, gaussian, knots, layers, lines


def half(low: float, high: float) -> Tensor:
    """(1, 3, 32, 32): dark on the left, light on the right."""
    picture = torch.full((1, 3, 32, 32), low)
    picture[..., 16:] = high
    return picture


def square() -> Tensor:
    """(1, 1, 32, 32): a thing in the middle."""
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 10:20, 10:20] = 1
    return mask


def test_there_are_as_many_as_is_said() -> None:
    assert features(half(-1, 1), square()).shape == (1, FEATURES, 32, 32)


def test_each_lightness_is_shared_out_among_its_knots() -> None:
    ramp = torch.linspace(-1, 1, 32).expand(1, 3, 32, 32)
    assert torch.allclose(knots(ramp).sum(1), torch.ones(1, 32, 32), atol=1e-5)


def test_a_line_is_at_the_edge_and_shines_in_the_hue_beside_it() -> None:
    picture = torch.tensor([0.8, -0.9, -0.9]).view(1, 3, 1, 1).expand(1, 3, 32, 32).clone()
    picture[..., 16:] = -1
    light, near, far, edge, dark = lines(picture)
    assert edge[0, 0, 16, 15:17].min() > 0.9
    assert edge[0, 0, 16, :12].max() == 0
    red, green, _ = light[0, :, 16, 15]
    assert red > 0.9
    assert green < 0.1
    assert near[0, 0, 16, 8] < far[0, 0, 16, 8]
    assert dark[0, 0, 16, 16] > dark[0, 0, 16, 14]


def test_a_blur_of_what_is_behind_takes_nothing_from_what_is_in_front() -> None:
    picture = torch.where(square() > 0, 1.0, -0.5).expand(1, 3, 32, 32)
    assert torch.allclose(behind(picture, square())[0, :, :8], torch.tensor(-0.5), atol=0.01)
    blur, _, _ = layers(picture, square())
    assert blur.abs().max() < 0.02


def test_a_rim_is_around_a_thing_and_its_shadow_to_the_right_and_below() -> None:
    _, shadow, rim = layers(torch.zeros(1, 3, 32, 32), square())
    assert rim[0, 0, 15, 9] > 0.5
    assert rim[0, 0, 15, 15] == 0
    assert shadow[0, 0, 21, 21] < shadow[0, 0, 8, 8] - 0.1


def test_a_blur_keeps_what_is_even() -> None:
    assert torch.allclose(gaussian(torch.ones(1, 2, 9, 9), 1.3, down=2, right=1), torch.ones(1, 2, 9, 9))
