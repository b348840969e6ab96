"""An invisible mark in a picture's pixels: the beginning of its prediction's id, which outlives its manifest.

The picture is cut into about 64 x 64 cells, whatever its size, so that a smaller copy has the same ones. In
each cell the mean difference of blue and luma is moved to the nearest value that stands for a bit; luma is
kept. A bit is in some 60 cells, so that most of them may be lost. The mark bears compression and resizing; it
does not bear cutting, turning and painting over.
"""

import math
import zlib
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]  # (height, width, 3), RGB
Field = NDArray[np.float32]  # (rows, columns)
Cells = tuple[int, int]  # columns, rows

ID_LETTERS = 12  # of 32, hexadecimal
_CHECK_BITS = 16
_BITS = 4 * ID_LETTERS + _CHECK_BITS
_CELLS_A_SIDE = 64
_MAX_DENOMINATOR = 12  # of the ratio of the sides: a resized copy, rounded to pixels, has the same one
_STEP = 6.0  # between values that stand for the same bit; what is moved is half of it at most
MAX_PIXELS = 1 << 26  # to be decoded
_ENOUGH_PIXELS = 1024  # a side
_ORDER = 1  # of the bits; every mark depends on it
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114  # of luma


def put_mark(pixels: Pixels, prediction_id: str) -> Pixels:
    """The same picture with the mark in it."""
    height, width, _ = pixels.shape
    cells = _cells(width, height)
    means, offsets = _means(pixels, cells), _offsets(prediction_id[:ID_LETTERS], cells)
    moves = (np.round(means / _STEP - offsets) + offsets) * _STEP - means
    blue = np.asarray(Image.fromarray(pixels[..., 2]).resize(cells, Image.Resampling.BOX), np.float32)
    moves += _STEP * ((blue + moves < 0).astype(np.float32) - (blue + moves > 255))
    spread = np.asarray(Image.fromarray(moves).resize((width, height), Image.Resampling.NEAREST))
    marked = pixels.copy()
    for channel, share in ((1, -_BLUE / _GREEN), (2, 1.0)):
        marked[..., channel] = np.clip(np.rint(pixels[..., channel] + spread * np.float32(share)), 0, 255)
    return marked


def read_mark(pixels: Pixels) -> str:
    """The first letters of the id; "" where there is no mark."""
    height, width, _ = pixels.shape
    cells = _cells(width, height)
    angles = _means(pixels, cells) * np.float32(2 * math.pi / _STEP)
    votes = np.bincount(_bit_of(cells), weights=np.cos(angles).ravel(), minlength=_BITS)
    bits = [int(vote < 0) for vote in votes]
    number = int("".join(map(str, bits[:-_CHECK_BITS])), 2)
    letters = f"{number:0{ID_LETTERS}x}"
    return letters if bits == _payload(letters) else ""


def find_mark(file: IO[bytes]) -> str:
    """That of the picture in a PNG, JPEG or WebP; "" too for one that cannot be decoded, or is too large or
    too narrow to have been marked: a row of pixels would have as many cells."""
    file.seek(0)
    try:
        with Image.open(file, formats=["PNG", "JPEG", "WEBP"]) as picture:
            longer, shorter = max(picture.size), min(picture.size)
            if longer * shorter > MAX_PIXELS or longer > _MAX_DENOMINATOR * shorter:
                return ""
            small = picture.convert("RGB").reduce(max(1, shorter // _ENOUGH_PIXELS))
    except Exception:  # damaged files make decoders raise whatever there is
        return ""
    return read_mark(np.asarray(small))


def _payload(letters: str) -> Sequence[int]:
    check = zlib.crc32(letters.encode()) & ((1 << _CHECK_BITS) - 1)
    return [int(bit) for bit in f"{int(letters, 16):0{4 * ID_LETTERS}b}{check:0{_CHECK_BITS}b}"]


def _offsets(letters: str, cells: Cells) -> Field:
    """Half a step in the cells of the bits that are set."""
    columns, rows = cells
    halves = np.array(_payload(letters), np.float32) * np.float32(0.5)
    return halves[_bit_of(cells)].reshape(rows, columns)


def _cells(width: int, height: int) -> Cells:
    ratio = Fraction(width, height).limit_denominator(_MAX_DENOMINATOR) or Fraction(1, _MAX_DENOMINATOR)
    repeated = max(1, round(_CELLS_A_SIDE / math.sqrt(ratio.numerator * ratio.denominator)))
    return ratio.numerator * repeated, ratio.denominator * repeated


@lru_cache(maxsize=64)  # what is uploaded may have any shape
def _bit_of(cells: Cells) -> NDArray[np.intp]:
    """Of each cell, row by row; a bit's cells lie all over the picture."""
    columns, rows = cells
    return np.random.default_rng(_ORDER).permutation(columns * rows) % _BITS


def _means(pixels: Pixels, cells: Cells) -> Field:
    """Of blue less luma."""
    red, green, blue = (pixels[..., channel].astype(np.float32) for channel in range(3))
    difference = (1 - _BLUE) * blue - _RED * red - _GREEN * green
    return np.asarray(Image.fromarray(difference).resize(cells, Image.Resampling.BOX))
