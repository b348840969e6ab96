"""Pictures to sign, and files of every kind that is signed."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from limner import images

FORMATS = ("png", "jpeg", "webp")


def scene(width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """(height, width, 3), RGB: soft colours with some grain."""
    soft = np.random.default_rng(7).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    large = np.asarray(Image.fromarray(soft).resize((width, height), Image.Resampling.BICUBIC))
    grain = np.random.default_rng(8).integers(-6, 7, large.shape)
    return np.clip(large + grain, 0, 255).astype(np.uint8)


def file_of(kind: str) -> bytes:
    return images.encode(scene(), kind).content


def pixels_of(content: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB"))
