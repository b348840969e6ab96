"""Quoted words stand on the face of what can be written on, in the typeface asked for, in every style."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from limner.nano.lettering import (
    ALONE,
    TYPEFACES,
    able,
    face_of,
    missing,
    set_letters,
    typeface_for,
    unwritable,
)
from limner.nano.sampler import Scene
from limner.nano.weights import Page
from training.vocabulary import STYLES

FACE = (0.25, 0.3, 0.75, 0.55)
THINGS = ("nothing", "sign", "apple", "card")
ROOMS = {"sign": (-0.9, -0.9, 0.9, 0.1), "card": (-0.5, -0.5, 0.5, 0.5)}


def scene(*things: tuple[int, float, float, float, float]) -> Scene:
    """Of (thing, x, y, half width, half height), from the back to the front, 128 base pixels a side."""
    boxes = np.array([[*numbers, 1] for _, *numbers in things], np.float32).reshape(-1, 5)
    kinds = np.array([thing for thing, *_ in things], np.int64)
    return Scene(128, 128, kinds, kinds, np.zeros_like(kinds), boxes, 0, 0, 0, 64.0)


def page() -> Page:
    return cast(Page, SimpleNamespace(rooms=ROOMS, vocabulary=SimpleNamespace(things=THINGS)))


def inked(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    """left, top, right, bottom of what has changed, as shares of the picture."""
    rows, columns = np.nonzero((before != after).any(-1))
    height, width = before.shape[:2]
    return columns.min() / width, rows.min() / height, columns.max() / width, rows.max() / height


def blank(shade: int, side: int = 512) -> NDArray[np.uint8]:
    return np.full((side, side, 3), shade, np.uint8)


def test_the_frontmost_face_is_written_on() -> None:
    name, face = face_of(scene((3, 20, 20, 10, 10), (1, 64, 64, 40, 20), (2, 100, 100, 9, 9)), page())
    assert name == "sign"
    assert face == pytest.approx((28 / 128, 46 / 128, 100 / 128, 66 / 128))


def test_without_a_face_the_words_become_a_title() -> None:
    assert face_of(scene((2, 64, 64, 20, 20)), page()) == ("", ALONE)
    assert face_of(scene(), page()) == ("", ALONE)


@pytest.mark.parametrize("text", ["HELLO", "W", "a long line of many words", "50% off!", "OPEN\nLATE"])
@pytest.mark.parametrize("shade", [230, 20])
def test_letters_stay_on_the_face_and_stand_out(text: str, shade: int) -> None:
    lettered = set_letters(blank(shade), FACE, text)
    left, top, right, bottom = inked(blank(shade), lettered)
    assert FACE[0] <= left < right <= FACE[2]
    assert FACE[1] <= top < bottom <= FACE[3]
    assert np.abs(lettered.astype(int) - shade).max() > 150


def test_letters_are_as_large_as_the_face_allows() -> None:
    left, _, right, _ = inked(blank(230), set_letters(blank(230), (0.1, 0.1, 0.9, 0.9), "WIDE"))
    assert right - left > 0.6


@pytest.mark.parametrize("face", [(0.9, 0.9, 1.4, 1.3), (-0.5, -0.5, 0.02, 0.02), (0.5, 0.5, 0.505, 0.9)])
def test_a_face_that_reaches_out_of_the_picture_fails_nothing(
    face: tuple[float, float, float, float],
) -> None:
    assert set_letters(blank(200), face, "EDGE").shape == (512, 512, 3)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_lays_letters_on_its_own_way_and_legibly(style: str) -> None:
    lettered = set_letters(blank(215), FACE, "READ ME", style=style)
    assert np.array_equal(lettered, set_letters(blank(215), FACE, "READ ME", style=style))
    change = np.abs(lettered.astype(int) - 215).max(-1)
    assert 0.01 < (change > 90).mean() < 0.2


def test_textures_differ() -> None:
    def on(style: str) -> NDArray[np.uint8]:
        return set_letters(blank(215), FACE, "READ ME", style=style)

    plain = on("plain")
    different = [style for style in STYLES if not np.array_equal(on(style), plain)]
    assert {"watercolour", "pencil", "pixel art", "neon", "paper cut", "stained glass"} <= set(different)


@pytest.mark.parametrize(
    ("prompt", "face", "typeface"),
    [
        ('a sign "OPEN"', "sign", "sans"),
        ('a handwritten sign "OPEN"', "sign", "handwritten"),
        ('a hand-lettered card that says "Hi"', "card", "handwritten"),
        ('a speech bubble "Wow"', "bubble", "comic"),
        ('bold letters on a card "Hi"', "card", "sans"),
        ('a label in a typewriter font "N 5"', "label", "typewriter"),
        ('a serif title "Times"', "", "serif"),
        ('a sans-serif card "Hi"', "card", "sans"),
        ('a sign "comic typewriter"', "sign", "sans"),
    ],
)
def test_the_prompt_chooses_the_typeface(prompt: str, face: str, typeface: str) -> None:
    assert typeface_for(prompt, face) == typeface


def test_typefaces_look_different() -> None:
    set_in = {name: set_letters(blank(230), FACE, "Quartz", name).tobytes() for name in TYPEFACES}
    assert len(set(set_in.values())) == len(TYPEFACES)


@pytest.mark.parametrize(
    ("typeface", "text"),
    [
        ("serif", "Ωμέγα Привет Żółw"),
        ("handwritten", "Привет Crème"),
        ("typewriter", "Żółw"),
        ("comic", "Crème"),
    ],
)
def test_each_typeface_has_the_scripts_it_is_said_to_have(typeface: str, text: str) -> None:
    assert missing(text, typeface) == ()


def test_what_a_typeface_lacks_is_set_in_the_widest_one() -> None:
    assert able("comic", "Привет") == "sans"
    assert able("comic", "Hello") == "comic"
    assert unwritable("A 漢 B 漢") == ("漢",)


def test_the_fonts_are_small() -> None:
    fonts = Path(__file__).parents[2] / "src" / "limner" / "nano" / "fonts"
    assert sum(font.stat().st_size for font in fonts.glob("*.ttf")) < 1.3e6
