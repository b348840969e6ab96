"""Quoted words, set with a real font on the sign that the model made.

Letters are the one thing that is not sampled. The scene map says where the sign's face is; the picture
beneath shows through, so light and shade stay.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from limner.nano.grid import CELL
from limner.nano.sampler import SceneMap
from limner.nano.weights import Box

FONT = Path(__file__).parent / "fonts" / "DejaVuSans-Bold.ttf"  # Latin, Greek, Cyrillic and more
NO_CHARACTER = "\uffff"  # no font draws it: what comes out is the box for a missing letter
MARGIN = 0.08  # of the face, on each side
OPACITY = 0.92


def face_of(scene: SceneMap, sign: int, board: Box) -> Box | None:
    """The sign's face as shares of the picture's width and height; None where the model made no sign."""
    rows, columns = np.nonzero(scene.thing == sign)
    if len(rows) < 4:
        return None
    height, width = scene.thing.shape
    u, v = scene.where[0][rows, columns], scene.where[1][rows, columns]
    x_slope, x_start = np.polyfit(u, columns + 0.5, 1)
    y_slope, y_start = np.polyfit(v, rows + 0.5, 1)
    if min(abs(x_slope), y_slope) * 2 * CELL < CELL:  # flatter than a cell: no face to write on
        return None
    left, right = sorted((x_start + board[0] * x_slope, x_start + board[2] * x_slope))
    return (
        left / width,
        (y_start + board[1] * y_slope) / height,
        right / width,
        (y_start + board[3] * y_slope) / height,
    )


def set_letters(pixels: NDArray[np.uint8], face: Box, lines: str) -> NDArray[np.uint8]:
    """The picture with the text on the face, as large as fits, dark on light or light on dark."""
    picture = Image.fromarray(pixels)
    left, top, right, bottom = (
        edge * side for edge, side in zip(face, (picture.width, picture.height) * 2, strict=True)
    )
    room = ((right - left) * (1 - 2 * MARGIN), (bottom - top) * (1 - 2 * MARGIN))
    patch = np.asarray(picture.crop((round(left), round(top), round(right), round(bottom))))
    dark = patch.size == 0 or patch.mean() > 120
    font, written = fitting(lines, room)
    mask = Image.new("L", picture.size)
    middle = ((left + right) / 2, (top + bottom) / 2)
    ImageDraw.Draw(mask).multiline_text(
        middle, written, fill=round(255 * OPACITY), font=font, anchor="mm", align="center"
    )
    ink = Image.new("RGB", picture.size, (28, 24, 22) if dark else (250, 246, 236))
    return np.array(Image.composite(ink, picture, mask))


def fitting(line: str, room: tuple[float, float]) -> tuple[ImageFont.FreeTypeFont, str]:
    """The largest setting of a text, on one line or two, that fits into (width, height) pixels."""
    settings = [line, *two_lines(line)]
    best = max(((size_for(text, room), text) for text in settings), key=lambda found: found[0])
    return font_of(best[0]), best[1]


def two_lines(line: str) -> list[str]:
    words = line.split(" ")
    return [" ".join(words[:k]) + "\n" + " ".join(words[k:]) for k in range(1, len(words))]


def size_for(text: str, room: tuple[float, float]) -> int:
    probe = 100
    draw = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = draw.multiline_textbbox((0, 0), text, font=font_of(probe), anchor="mm")
    return max(6, int(probe * min(room[0] / max(right - left, 1), room[1] / max(bottom - top, 1))))


@lru_cache(maxsize=64)
def font_of(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


def unwritable(text: str) -> tuple[str, ...]:
    """The characters of a text that the font has no letters for, each once."""
    font = font_of(24)
    missing = bytes(font.getmask(NO_CHARACTER))
    return tuple(c for c in dict.fromkeys(text) if not c.isspace() and bytes(font.getmask(c)) == missing)
