"""What measures edges measures them: blurs of known width, halos put there, lines that were bent."""

import cv2
import numpy as np
import pytest

from training.sharpness import Sharpness, sharpness

SIDE, FINER = 512, 4


def drawn(blur: float = 0, sharpening: float = 0, bend: float = 0) -> Sharpness:
    """A bar that leans, .6 brighter than what it lies on."""
    ys, xs = np.mgrid[0 : SIDE * FINER, 0 : SIDE * FINER].astype(np.float32) / FINER
    middle = 200 + 0.2 * ys + bend * np.sin(ys / 9)
    bar = (np.abs(xs - middle) < 60).astype(np.float32)
    level = np.asarray(cv2.resize(bar, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
    if blur:
        level = np.asarray(cv2.GaussianBlur(level, (0, 0), blur), np.float32)
    level = level + np.float32(sharpening) * (level - np.asarray(cv2.GaussianBlur(level, (0, 0), 1.5)))
    picture = ((0.2 + 0.6 * level).clip(0, 1) * 255 + 0.5).astype(np.uint8)
    large = cv2.copyMakeBorder(picture, 0, SIDE, 0, SIDE, cv2.BORDER_CONSTANT, value=51)
    return sharpness(np.repeat(large[..., None], 3, 2))


@pytest.mark.parametrize("blur", [1, 1.5, 2.5])
def test_a_blurred_edge_is_as_wide_as_its_blur(blur: float) -> None:
    # From 10 to 90 % of a Gaussian's integral are 2.563 standard deviations.
    assert np.median(drawn(blur).widths) == pytest.approx(2.563 * blur, rel=0.12)


def test_the_sharpest_edge_is_about_a_pixel_wide() -> None:
    assert np.median(drawn().widths) < 1.6


def test_halos_are_found_where_they_are_and_nowhere_else() -> None:
    assert np.median(drawn(1).halos) < 0.01
    assert np.median(drawn(1, sharpening=0.8).halos) > 0.05


def test_a_straight_line_does_not_wobble_and_a_bent_one_does() -> None:
    assert drawn(1).wobbles.max() < 0.1
    assert np.median(drawn(1, bend=1.0).wobbles) > 0.2
