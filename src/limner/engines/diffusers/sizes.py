"""Sizes: what is asked for, what the model makes, and from the one to the other."""

import math
from typing import NamedTuple

import numpy as np
from PIL import Image

from limner.engines.engine import Pixels

LARGE_PIXELS = (
    2 << 20
)  # from here on a picture is decoded in tiles: whole it takes more memory than its steps


class Size(NamedTuple):
    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


IMAGEN_SIZES = tuple(
    Size(scale * width, scale * height)
    for scale in (1, 2)
    for width, height in ((1024, 1024), (1408, 768), (768, 1408), (1280, 896), (896, 1280))
)


def is_large(size: Size) -> bool:
    return size.pixels >= LARGE_PIXELS


def size_to_make(asked: Size, multiple: int, max_pixels: int | None) -> Size:
    """The next size that the model takes, in the same proportions: not below what is asked for, unless
    that is more than it makes."""
    if not max_pixels or asked.pixels <= max_pixels:
        return Size(*(math.ceil(side / multiple) * multiple for side in asked))
    scale = math.sqrt(max_pixels / asked.pixels)
    return Size(*(max(multiple, math.floor(side * scale / multiple) * multiple) for side in asked))


def resampled(pixels: Pixels, asked: Size) -> Pixels:
    """Exactly of the size that was asked for."""
    height, width, _ = pixels.shape
    if (width, height) == asked:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(asked, Image.Resampling.LANCZOS))
