"""The mark in the pixels: what it outlives, what it costs, and that nobody sees it."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from limner.predictions import lifecycle
from limner.predictions.making import Making
from limner.predictions.recognition import recognize
from limner.provenance.imprint import Imprint
from limner.provenance.mark import _bit_of, find_mark, put_mark, read_mark
from limner.provenance.verifying import Standing
from limner.runtime import generation_request, load_engine_of, load_safety_of, load_verifier_of
from tests.unit.conftest import OpenWorkplace
from tests.unit.provenance.pictures import scene

ID = "c0ffee123456" + "7" * 20
SHAPES = [(512, 512), (704, 384), (384, 704), (640, 448), (1000, 700)]


@pytest.fixture
def database_url() -> str:
    return ""


def saved(picture: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "as it is": lambda picture: saved(picture, "PNG"),
    "jpeg 75": lambda picture: saved(picture, "JPEG", quality=75),
    "webp 80": lambda picture: saved(picture, "WEBP", quality=80),
    "smaller": lambda picture: saved(resized(picture, 0.6), "PNG"),
    "larger": lambda picture: saved(resized(picture, 1.7), "PNG"),
}


def resized(picture: Image.Image, factor: float) -> Image.Image:
    return picture.resize((round(picture.width * factor), round(picture.height * factor)))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_still_has_the_mark(shape: tuple[int, int], copy: str) -> None:
    marked = Image.fromarray(put_mark(scene(*shape), ID))
    assert find_mark(io.BytesIO(COPIES[copy](marked))) == ID[:12]


@pytest.mark.parametrize("shade", [0, 1, 128, 254, 255])
def test_plain_pictures_bear_it_too(shade: int) -> None:
    plain = np.full((512, 512, 3), shade, np.uint8)
    assert read_mark(put_mark(plain, ID)) == ID[:12]


def test_nobody_sees_it() -> None:
    picture = scene(512, 512)
    change = put_mark(picture, ID).astype(int) - picture
    assert np.abs(change).max() <= 6  # where blue is all but black or white; else half of that
    assert 20 * np.log10(255 / np.sqrt((change**2).mean())) > 45  # decibels


def test_the_same_prediction_makes_the_same_pixels() -> None:
    assert np.array_equal(put_mark(scene(), ID), put_mark(scene(), ID))
    assert not np.array_equal(put_mark(scene(), ID), put_mark(scene(), ID[::-1]))


@pytest.mark.parametrize("number", range(4))
def test_what_has_no_mark_has_none(number: int) -> None:
    noise = np.random.default_rng(number).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    pictures: list[NDArray[np.uint8]] = [
        noise,
        scene(512, 512),
        np.zeros((300, 200, 3), np.uint8),
        noise[:1, :1],
    ]
    assert [read_mark(picture) for picture in pictures] == ["", "", "", ""]
    assert find_mark(io.BytesIO(b"no picture")) == ""


@pytest.mark.parametrize("size", [(400_000, 1), (1, 400_000), (13_000, 1_000)])
def test_a_picture_like_a_thread_costs_nothing(size: tuple[int, int]) -> None:
    before = _bit_of.cache_info()
    assert find_mark(io.BytesIO(saved(Image.new("1", size), "PNG"))) == ""
    assert _bit_of.cache_info() == before and before.maxsize is not None


def test_a_picture_without_its_manifest_is_recognized(open_workplace: OpenWorkplace) -> None:
    workplace, now = open_workplace(), datetime.now(UTC)
    runtime = workplace.runtime
    accepted = workplace.submit()
    with runtime.database.begin() as tx:
        begun = lifecycle.begin(tx, accepted.id, 1, "0" * 32, now)
    assert begun is not None
    spec, safety = runtime.catalog.find(begun.model_id), load_safety_of(runtime.settings)
    making = Making(runtime.database, runtime.storage, safety, runtime.queue, lambda: now, begun)
    making.imprint = Imprint(is_marking=True)
    making.run(load_engine_of(spec), generation_request(spec, begun.request))
    (output,) = workplace.find(accepted).outputs
    verifier = load_verifier_of(runtime.settings, runtime.database)
    file = io.BytesIO(runtime.storage.get(output.object_key))
    found = recognize(file, verifier, runtime.database)
    assert (found.verdict.standing, found.prediction_id, found.is_known) == (
        Standing.UNSIGNED,
        accepted.id,
        True,
    )
    assert found.mark == accepted.id[:12]
