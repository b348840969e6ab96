"""Cells, tokens and positions: what training and run time must agree on to the last digit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from limner.nano.grid import (
    CELL,
    FRAME,
    IMAGE_TOKENS,
    POSITION_UNIT,
    TEXT_TOKENS,
    TOKEN,
    patched,
    pixel_positions,
    shifted,
    smoothed,
    token_positions,
    unpatched,
    where_of,
)

BASE_SIZES = [(128, 128), (176, 96), (96, 176), (160, 112), (112, 160)]


@settings(deadline=None)
@given(rows=st.integers(1, 6), columns=st.integers(1, 6), lead=st.lists(st.integers(1, 3), max_size=2))
def test_unpatched_is_the_inverse_of_patched(rows: int, columns: int, lead: list[int]) -> None:
    cells = np.arange(np.prod([*lead, 2 * rows, 2 * columns])).reshape(*lead, 2 * rows, 2 * columns)
    tokens = patched(cells)
    assert tokens.shape == (rows * columns, 4, *lead)
    assert np.array_equal(unpatched(tokens, columns * TOKEN, rows * TOKEN), cells)


def test_a_token_holds_the_two_by_two_cells_at_its_place() -> None:
    assert patched(np.arange(16).reshape(4, 4)).tolist() == [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
        [8, 9, 12, 13],
        [10, 11, 14, 15],
    ]


@pytest.mark.parametrize(("width", "height"), BASE_SIZES)
def test_positions_are_symmetric_about_the_middle(width: int, height: int) -> None:
    tokens, halves = token_positions(width, height), pixel_positions(width, height)
    assert np.array_equal(tokens, -tokens[::-1])
    assert np.array_equal(halves, -halves[:, ::-1, ::-1])
    assert halves.shape == (2, 2 * height // CELL, 2 * width // CELL)
    assert tokens[0].tolist() == [
        (TOKEN - width) / 2 / POSITION_UNIT,
        (TOKEN - height) / 2 / POSITION_UNIT,
    ]


@pytest.mark.parametrize(("width", "height"), BASE_SIZES)
def test_every_ratio_fits_into_the_one_length_that_is_compiled(width: int, height: int) -> None:
    assert len(token_positions(width, height)) <= IMAGE_TOKENS
    assert (IMAGE_TOKENS + TEXT_TOKENS) % 16 == 0


def framed(
    x: float, y: float, side: float, faces: int, size: tuple[int, int] = (16, 16)
) -> NDArray[np.float32]:
    """The same frame in every cell."""
    frame = np.array([x, y, np.log2(side), faces, 0], np.float32)
    return np.broadcast_to(frame[:, None, None], (FRAME, *size)).copy()


@pytest.mark.parametrize("faces", [1, -1])
def test_u_and_v_go_from_minus_one_to_one_over_the_square_of_a_thing(faces: int) -> None:
    thing = np.ones((16, 16), np.int64)
    u, v, ground = where_of(framed(0, 0, 2, faces), thing)  # a square as large as the picture
    edge = 1 - 1 / 16  # the centre of the outermost cell
    assert u[0, [0, -1]].tolist() == [-edge * faces, edge * faces]
    assert v[[0, -1], 0].tolist() == [-edge, edge]
    assert ground[[0, -1], 0].tolist() == [-edge, edge]


def test_where_there_is_no_thing_u_and_v_are_zero() -> None:
    where = where_of(framed(0.3, 0.1, 1, 1), np.zeros((16, 16), np.int64))
    assert not where[:2].any()
    assert where[2].any()


def test_smoothing_takes_noise_off_a_frame_and_keeps_two_things_apart() -> None:
    thing = np.repeat([[1] * 8 + [2] * 8], 16, 0)
    exact = np.where(thing == 1, framed(-0.5, 0, 1, 1), framed(0.5, 0.2, 0.5, -1)).astype(np.float32)
    noisy = exact + np.random.default_rng(1).normal(0, 0.05, exact.shape).astype(np.float32)
    assert np.allclose(smoothed(exact, thing), exact, atol=1e-6)
    assert np.abs(smoothed(noisy, thing) - exact).mean() < 0.4 * np.abs(noisy - exact).mean()


@given(dy=st.integers(-2, 2), dx=st.integers(-2, 2))
def test_what_is_shifted_out_is_gone_and_zeros_come_in(dy: int, dx: int) -> None:
    cells = np.zeros((1, 5, 5), np.int64)
    cells[0, 2, 2] = 7
    moved = shifted(cells, dy, dx)
    assert moved.shape == cells.shape
    assert moved[0, 2 - dy, 2 - dx] == 7
    assert moved.sum() == 7
