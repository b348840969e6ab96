"""Files that every reader reads back."""

import io
import platform
import sys
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from limner.images import PREVIEW_SIDE, Pixels, encode, preview


@pytest.fixture(params=["noise", "flat", "gradient"])
def pixels(request: pytest.FixtureRequest) -> Pixels:
    if request.param == "noise":
        return np.random.default_rng(7).integers(0, 256, (128, 256, 3), dtype=np.uint8)
    if request.param == "flat":
        return np.full((128, 256, 3), 200, np.uint8)
    return np.broadcast_to(np.linspace(0, 255, 256).astype(np.uint8)[None, :, None], (128, 256, 3))


def test_png_gives_back_exactly_these_pixels(pixels: Pixels) -> None:
    encoded = encode(pixels, "png")
    assert (encoded.content_type, encoded.extension) == ("image/png", "png")
    with Image.open(io.BytesIO(encoded.content)) as picture:
        picture.load()
        assert np.array_equal(np.asarray(picture), pixels)


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="fpng is not made for it"
)
def test_the_fast_encoder_is_there_where_there_is_one() -> None:
    """It takes a tenth of the time; without it everything works, so nobody would notice."""
    assert find_spec("fpng") is not None
    import_module("fpng")  # with what it imports itself


@pytest.mark.parametrize(("output_format", "extension"), [("jpeg", "jpg"), ("webp", "webp")])
def test_lossy_formats_come_close(output_format: str, extension: str) -> None:
    pixels = np.full((64, 96, 3), (200, 40, 30), np.uint8)
    encoded = encode(pixels, output_format)
    assert (encoded.content_type, encoded.extension) == (f"image/{output_format}", extension)
    with Image.open(io.BytesIO(encoded.content)) as picture:
        assert picture.format == output_format.upper()
        assert np.abs(np.asarray(picture).astype(int) - pixels).max() <= 8


@pytest.mark.parametrize(
    ("size", "shown"), [((176, 96), (176, 96)), ((128, 128), (128, 128)), ((2816, 1536), (256, 140))]
)
def test_a_preview_is_a_small_jpeg_of_the_same_shape(size: tuple[int, int], shown: tuple[int, int]) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    content = preview(noise)
    assert len(content) < 40_000  # and that is noise
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", shown)
    assert max(shown) <= PREVIEW_SIDE
