"""Pictures as text: each protocol, read back as a terminal reads it."""

import base64
import io
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from limner.generate.drawing import drawn
from limner.generate.terminal import Protocol, Screen

Pixels = NDArray[np.uint8]


def screen(protocol: Protocol, columns: int = 80, rows: int = 40) -> Screen:
    return Screen(protocol, columns, rows, 8, 16)


@pytest.fixture
def picture() -> Image.Image:
    """Every corner another colour, so that nothing can be turned over unnoticed."""
    corners = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 0]]], np.uint8)
    return Image.fromarray(corners).resize((320, 200), Image.Resampling.BICUBIC)


def difference(seen: Pixels, picture: Image.Image) -> float:
    """Of the mean pixel, 0 to 255."""
    expected = picture.resize((seen.shape[1], seen.shape[0]), Image.Resampling.LANCZOS)
    return float(np.abs(seen.astype(int) - np.asarray(expected).astype(int)).mean())


def read_sixels(text: str) -> Pixels:
    found = re.fullmatch(r'\x1bPq"1;1;(\d+);(\d+)(.*)\x1b\\\n', text, re.DOTALL)
    assert found
    width, height = int(found[1]), int(found[2])
    palette = {
        int(n): [int(v) * 255 // 100 for v in (r, g, b)]
        for n, r, g, b in re.findall(r"#(\d+);2;(\d+);(\d+);(\d+)", found[3])
    }
    body = re.sub(r"#\d+;2;\d+;\d+;\d+", "", found[3])
    seen = np.zeros((height + 6, width, 3), np.uint8)
    for band, line in enumerate(body.split("-")):
        for run in line.split("$"):
            colour = re.match(r"#(\d+)", run)
            assert colour
            column = 0
            for count, character in re.findall(r"(?:!(\d+))?([?-~])", run[colour.end() :]):
                bits, length = ord(character) - 63, int(count or 1)
                for row in range(6):
                    if bits >> row & 1:
                        seen[band * 6 + row, column : column + length] = palette[int(colour[1])]
                column += length
            assert column == width
    return seen[:height]


def read_blocks(text: str) -> Pixels:
    rows: list[list[list[int]]] = []
    for line in text.splitlines():
        assert line.endswith("\x1b[0m")
        cells = [
            list(map(int, cell))
            for cell in re.findall(r"\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m▀", line)
        ]
        rows += [[cell[:3] for cell in cells], [cell[3:] for cell in cells]]
    return np.array(rows, np.uint8)


def read_png(payload: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(payload, validate=True)))


def test_kitty_gets_it_in_pieces(picture: Image.Image) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (300, 300, 3), np.uint8))
    for one in (picture, noise):
        pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", drawn(one, screen(Protocol.KITTY)))
        assert all(len(payload) <= 4096 for _, payload in pieces)
        assert [control.rpartition("m=")[2] for control, _ in pieces] == ["1"] * (len(pieces) - 1) + ["0"]
        assert pieces[0][0].startswith("a=T,f=100,q=2,c=")
        seen = np.asarray(read_png("".join(payload for _, payload in pieces)))
        assert difference(seen, one) < 1
    assert len(pieces) > 1


def test_iterm_gets_a_file(picture: Image.Image) -> None:
    found = re.fullmatch(
        r"\x1b\]1337;File=inline=1;width=\d+;preserveAspectRatio=1:(.*)\a\n",
        drawn(picture, screen(Protocol.ITERM)),
    )
    assert found
    assert difference(np.asarray(read_png(found[1])), picture) < 1


def test_sixels_are_the_picture(picture: Image.Image) -> None:
    assert difference(read_sixels(drawn(picture, screen(Protocol.SIXEL))), picture) < 6


def test_half_blocks_are_the_picture(picture: Image.Image) -> None:
    seen = read_blocks(drawn(picture, screen(Protocol.BLOCKS)))
    assert seen.shape == (40, 64, 3)
    assert difference(seen, picture) < 2


@pytest.mark.parametrize("protocol", [Protocol.SIXEL, Protocol.BLOCKS])
def test_it_is_no_larger_than_the_screen(picture: Image.Image, protocol: Protocol) -> None:
    small = screen(protocol, columns=20, rows=8)
    text = drawn(picture, small)
    seen = read_sixels(text) if protocol is Protocol.SIXEL else read_blocks(text)
    cell = (8, 16) if protocol is Protocol.SIXEL else (1, 2)
    assert seen.shape[1] <= 19 * cell[0]
    assert seen.shape[0] <= 5 * cell[1]
