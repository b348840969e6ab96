"""What an upstream's status, header and file stand for."""

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from limner.engines.upstream.failures import Blame, CallFailed, of_status, rest_seconds
from limner.engines.upstream.pictures import received, small

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_to_wait_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert rest_seconds(header, NOW) == seconds


@pytest.mark.parametrize(
    ("statuses", "blame"),
    [
        ((408, 429, 500, 502, 503, 504, 529), Blame.MOMENT),
        ((400, 413, 422), Blame.REQUEST),
        ((301, 401, 402, 403, 404, 418), Blame.ADDRESS),
    ],
)
def test_a_status_says_what_must_change_before_another_try(statuses: tuple[int, ...], blame: Blame) -> None:
    assert {of_status(status).blame for status in statuses} == {blame}


def test_what_the_log_is_told_is_one_short_line() -> None:
    assert of_status(500, "much\nto  say " * 100).detail.startswith("much to say much")
    assert len(of_status(500, "x" * 1000).detail) == 300


def file_of(picture: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


MODES = {
    "PNG": ("1", "L", "RGB", "P", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_pictures_of_every_kind_become_the_pixels_asked_for(kind: str, mode: str) -> None:
    picture = Image.new(mode, (60, 40)) if mode == "I;16" else Image.new("RGB", (60, 40)).convert(mode)
    made = received(file_of(picture, kind), 64, 32)
    assert (made.pixels.shape, made.made_size) == ((32, 64, 3), (60, 40))
    assert made.pixels.dtype == np.uint8
    assert made.pixels.flags.writeable
    assert small(made.pixels).shape == (4, 8, 3)


def test_the_right_size_is_left_as_it_is_and_nothing_shows_as_white() -> None:
    pixels = np.random.default_rng(7).integers(0, 256, (32, 64, 3), np.uint8)
    assert np.array_equal(received(file_of(Image.fromarray(pixels)), 64, 32).pixels, pixels)
    clear = Image.new("RGBA", (64, 32), (10, 20, 30, 0))
    assert received(file_of(clear), 64, 32).pixels.min() == 255


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_other_kinds_of_files_are_not_read(kind: str) -> None:
    with pytest.raises(CallFailed):
        received(file_of(Image.new("RGB", (8, 8)), kind), 8, 8)
