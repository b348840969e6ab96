"""Quoted words stand on the face of the sign, and nowhere else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from limner.nano.grid import where_of
from limner.nano.lettering import face_of, set_letters
from limner.nano.sampler import SceneMap

SIGN = 1
BOARD = (-0.8, -0.6, 0.8, 0.2)


def scene_with_sign(rows: slice, columns: slice) -> SceneMap:
    """A sign whose square is the whole picture, seen in some of the cells."""
    thing = np.zeros((16, 16), np.int64)
    thing[rows, columns] = SIGN
    frame = np.zeros((5, 16, 16), np.float32)
    frame[2], frame[3] = 1, 1  # two position units wide: the picture's side
    return SceneMap(thing, np.zeros_like(thing), np.zeros_like(thing), where_of(frame, thing))


def inked(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    """left, top, right, bottom of what has changed, as shares of the picture."""
    rows, columns = np.nonzero((before != after).any(-1))
    height, width = before.shape[:2]
    return columns.min() / width, rows.min() / height, columns.max() / width, rows.max() / height


@pytest.mark.parametrize("columns", [slice(0, 16), slice(2, 9)])
def test_the_face_is_found_even_where_part_of_the_sign_is_hidden(columns: slice) -> None:
    face = face_of(scene_with_sign(slice(2, 12), columns), SIGN, BOARD)
    assert face == pytest.approx((0.1, 0.2, 0.9, 0.6), abs=1e-6)


def test_without_a_sign_or_with_a_speck_of_one_there_is_no_face() -> None:
    assert face_of(scene_with_sign(slice(0, 0), slice(0, 0)), SIGN, BOARD) is None
    assert face_of(scene_with_sign(slice(3, 4), slice(3, 6)), SIGN, BOARD) is None


@pytest.mark.parametrize("text", ["HELLO", "W", "a long line of many words", "50% off!"])
@pytest.mark.parametrize("shade", [230, 20])
def test_letters_stay_on_the_face_and_stand_out(text: str, shade: int) -> None:
    picture = np.full((512, 512, 3), shade, np.uint8)
    face = (0.25, 0.3, 0.75, 0.55)
    lettered = set_letters(picture, face, text)
    left, top, right, bottom = inked(picture, lettered)
    assert face[0] <= left < right <= face[2]
    assert face[1] <= top < bottom <= face[3]
    assert np.abs(lettered.astype(int) - shade).max() > 150


def test_letters_are_as_large_as_the_face_allows() -> None:
    picture = np.full((512, 512, 3), 230, np.uint8)
    left, _, right, _ = inked(picture, set_letters(picture, (0.1, 0.1, 0.9, 0.9), "WIDE"))
    assert right - left > 0.6
