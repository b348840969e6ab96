"""What measures detail measures it: what was taken from a picture, in the octave that it was taken from."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from training.detail import OCTAVES, contrasts, off, rows

Picture = NDArray[np.uint8]


def waves(width: int) -> Picture:
    """Stripes of which one is ``width`` pixels wide."""
    level = 127 + 100 * np.sin(np.arange(512) * np.pi / width)
    return np.tile(level[None, :, None], (512, 1, 3)).astype(np.uint8)


def grainy() -> Picture:
    return np.random.default_rng(1).integers(60, 190, (512, 512, 3), np.uint8)


@pytest.mark.parametrize("width", [4, 16, 64])
def test_the_contrast_of_stripes_lies_in_their_octave(width: int) -> None:
    assert OCTAVES[int(contrasts(waves(width)).argmax())] in (width, 2 * width)


def test_what_is_blurred_lacks_the_finest_most() -> None:
    lack = contrasts(np.asarray(cv2.GaussianBlur(grainy(), (0, 0), 2), np.uint8)) - contrasts(grainy())
    assert lack[0] < -2
    assert (np.diff(lack[:4]) > 0).all()
    assert abs(lack[-1]) < 0.2


def test_the_nearer_effort_is_said_to_be_nearer() -> None:
    soft, crisp = np.full((20, 6), -0.5), np.full((20, 6), -0.1)
    assert (off(crisp) < off(soft)).all()
    first, second = rows({"fast": soft, "standard": crisp})
    assert "0.71 |" in first
    assert "**0.100**" in second
    assert second.endswith("1.000 (0.84-1.00) |")
