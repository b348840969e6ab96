"""Checks of prompts and pictures as others might bring them: two measure something, two do wrong."""

import math
from typing import Any, NoReturn

from limner.safety.finding import Finding, ImageCheck, Pixels, PromptCheck


def load_shouting() -> PromptCheck:
    """The share of capital letters."""
    return lambda prompt: [Finding("shouting", sum(map(str.isupper, prompt)) / len(prompt))]


def redness(pixels: Pixels) -> float:
    return float(pixels[..., 0].mean()) / 255


def load_red() -> ImageCheck:
    return lambda pixels: [Finding("red", redness(pixels))]


def load_broken() -> Any:
    def check(content: object) -> NoReturn:
        raise ZeroDivisionError("secret internals")

    return check


def load_nonsense() -> PromptCheck:
    return lambda prompt: [Finding("sexual", math.nan)]
