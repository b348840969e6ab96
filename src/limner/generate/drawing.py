"""A picture as text that a terminal turns back into one.

Sources: the kitty graphics protocol (https://sw.kovidgoyal.net/kitty/graphics-protocol/), iTerm2's inline
images (https://iterm2.com/documentation-images.html), and DEC's sixels as xterm takes them.
"""

import base64
import io
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from limner.generate.terminal import Protocol, Screen

MOST_COLUMNS = 64
CHUNK = 4096  # characters of base64 that kitty takes at a time
COLOURS = 255
SIXEL_ROWS = 6  # pixels that one line of sixels is high


def drawn(picture: Image.Image, screen: Screen) -> str:
    """Ends in a line break."""
    return _DRAWERS[screen.protocol](picture.convert("RGB"), screen)


def _columns(picture: Image.Image, screen: Screen) -> int:
    """As wide as it may be, and no higher than the screen."""
    highest = max(1, screen.rows - 4) * screen.cell_height
    by_height = int(highest * picture.width / picture.height / screen.cell_width)
    return max(1, min(MOST_COLUMNS, screen.columns - 1, by_height))


def _kitty(picture: Image.Image, screen: Screen) -> str:
    payload = _png(picture, screen)
    pieces = [payload[start : start + CHUNK] for start in range(0, len(payload), CHUNK)]
    text = ""
    for number, piece in enumerate(pieces):
        first = f"a=T,f=100,q=2,c={_columns(picture, screen)}," if number == 0 else ""
        text += f"\x1b_G{first}m={int(number + 1 < len(pieces))};{piece}\x1b\\"
    return text + "\n"


def _iterm(picture: Image.Image, screen: Screen) -> str:
    payload = _png(picture, screen)
    return f"\x1b]1337;File=inline=1;width={_columns(picture, screen)};preserveAspectRatio=1:{payload}\a\n"


def _png(picture: Image.Image, screen: Screen) -> str:
    """In base64, with twice the pixels that it will have: screens are dense."""
    file = io.BytesIO()
    _scaled(picture, 2 * _columns(picture, screen) * screen.cell_width).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _sixel(picture: Image.Image, screen: Screen) -> str:
    scaled = _scaled(picture, _columns(picture, screen) * screen.cell_width)
    few = scaled.quantize(COLOURS)
    indexes = np.asarray(few)
    missing = -len(indexes) % SIXEL_ROWS
    indexes = np.pad(indexes, ((0, missing), (0, 0)), mode="edge")
    bands = "-".join(_band(indexes[top : top + SIXEL_ROWS]) for top in range(0, len(indexes), SIXEL_ROWS))
    return f'\x1bPq"1;1;{few.width};{few.height}{"".join(_palette(few))}{bands}\x1b\\\n'


def _palette(few: Image.Image) -> Iterator[str]:
    values = few.getpalette() or []
    for number in range(len(values) // 3):
        red, green, blue = (round(value * 100 / 255) for value in values[3 * number : 3 * number + 3])
        yield f"#{number};2;{red};{green};{blue}"


def _band(indexes: NDArray[np.uint8]) -> str:
    """Six rows of pixels: for each colour where it is, one character a column, and back to the left."""
    weights = (1 << np.arange(SIXEL_ROWS))[:, None]
    lines = []
    for colour in np.unique(indexes):
        columns = ((indexes == colour) * weights).sum(axis=0)
        lines.append(f"#{colour}{''.join(_runs(columns))}")
    return "$".join(lines)


def _runs(columns: NDArray[np.int64]) -> Iterator[str]:
    edges = np.flatnonzero(np.diff(columns)) + 1
    for run in np.split(columns, edges):
        character = chr(63 + int(run[0]))
        yield f"!{len(run)}{character}" if len(run) > 3 else character * len(run)


def _blocks(picture: Image.Image, screen: Screen) -> str:
    """Two pixels a character: the upper one is its colour, the lower one that of its ground."""
    columns = _columns(picture, screen)
    rows = max(1, round(columns * picture.height / picture.width / 2))
    pixels = np.asarray(picture.resize((columns, 2 * rows), Image.Resampling.LANCZOS, reducing_gap=2.0))
    lines = []
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        pairs = (
            f"\x1b[38;2;{a};{b};{c};48;2;{d};{e};{f}m▀"
            for (a, b, c), (d, e, f) in zip(upper, lower, strict=True)
        )
        lines.append("".join(pairs) + "\x1b[0m")
    return "\n".join(lines) + "\n"


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    if width >= picture.width:
        return picture
    height = max(1, round(width * picture.height / picture.width))
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


_DRAWERS: dict[Protocol, Callable[[Image.Image, Screen], str]] = {
    Protocol.KITTY: _kitty,
    Protocol.ITERM: _iterm,
    Protocol.SIXEL: _sixel,
    Protocol.BLOCKS: _blocks,
}
