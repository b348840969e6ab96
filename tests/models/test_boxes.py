"""Boxes and half-cells: what training and run time must agree on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.nano.boxes import (
    HALF_CELL,
    POSITION_UNIT,
    back_to_front,
    boxes_of,
    frames_of,
    ground_of,
    inside,
    pixel_positions,
    stretched,
)

number = st.floats(1, 100, width=32)


@given(st.lists(st.tuples(number, number, number, number, st.sampled_from([-1, 1])), min_size=1, max_size=8))
def test_frames_and_boxes_are_each_others_inverse(boxes: list[tuple[float, ...]]) -> None:
    given_boxes = np.array(boxes, np.float32)
    assert np.allclose(boxes_of(frames_of(given_boxes, 176, 96), 176, 96), given_boxes, rtol=1e-4, atol=1e-3)


def test_positions_are_measured_from_the_middle() -> None:
    x, y = pixel_positions(176, 96)
    assert x.shape == (96 // HALF_CELL, 176 // HALF_CELL)
    assert x.mean() == pytest.approx(0, abs=1e-6) and y.mean() == pytest.approx(0, abs=1e-6)
    assert x[0, 1] - x[0, 0] == pytest.approx(HALF_CELL / POSITION_UNIT)


def test_what_stands_lower_is_nearer() -> None:
    boxes = np.array([[10, 80, 5, 10, 1], [10, 40, 5, 5, 1], [10, 60, 5, 20, 1]], np.float32)
    assert back_to_front(boxes).tolist() == [1, 2, 0]


def test_ground_is_zero_on_the_horizon_and_shadows_lie_under_what_stands_on_it() -> None:
    boxes = np.array([[32, 80, 16, 16, 1], [96, 20, 16, 10, 1]], np.float32)
    depth, shadow = ground_of(boxes, 64, 128, 128)
    rows = (np.arange(32) + 0.5) * HALF_CELL
    assert np.interp(64, rows, depth[:, 0]) == pytest.approx(0, abs=1e-6)
    row, column = np.unravel_index(shadow.argmax(), shadow.shape)
    assert (rows[row], rows[column]) == pytest.approx((96, 32), abs=HALF_CELL / 2)  # under its foot
    assert shadow.max() > 0.6
    assert shadow[:, 96 // HALF_CELL].max() < 0.1  # what flies casts none


def test_at_twice_the_size_everything_is_the_same() -> None:
    boxes = np.array([[32, 80, 16, 16, 1]], np.float32)
    small = ground_of(boxes, 64, 128, 128)
    large = ground_of(boxes * np.array([2, 2, 2, 2, 1], np.float32), 128, 256, 256)
    halved = large.reshape(2, 32, 2, 32, 2).mean((2, 4))
    assert np.abs(halved - small).max() < 0.1


def test_what_is_stretched_stands_where_it_stood_and_can_be_stretched_back() -> None:
    boxes = np.array([[40, 60, 10, 20, 1], [90, 30, 16, 8, -1]], np.float32)
    times = np.array([[1.5, 0.5], [0.5, 2]], np.float32)
    wide = stretched(boxes, times)
    assert wide[:, 1] + wide[:, 3] == pytest.approx(boxes[:, 1] + boxes[:, 3])
    assert wide[:, 2:4] == pytest.approx(boxes[:, 2:4] * times)
    assert stretched(wide, np.reciprocal(times)) == pytest.approx(boxes)


def test_boxes_are_moved_inside_the_picture_and_the_too_large_to_its_middle() -> None:
    boxes = np.array([[4, 60, 10, 20, 1], [64, 125, 8, 8, 1], [50, 64, 100, 10, -1]], np.float32)
    assert inside(boxes, 128, 128)[:, :2].tolist() == [[10, 60], [64, 120], [64, 64]]
