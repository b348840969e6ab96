"""Lights and weather, laid over a plain render before its style: functions of a picture and its view.

Each looks no further than MARGIN base pixels about a pixel (training/views.py).
"""

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

from limner.nano.finish import SCALE
from training.tones import grey, lerp, rgb, rise
from training.views import Array, View

FALL, LEAN = 5.0, 0.28  # of a streak of rain: base pixels down, and base pixels left for each of them


def day(picture: Array, view: View) -> Array:
    return picture


def dusk(picture: Array, view: View) -> Array:
    above = np.clip(-view.depth / 60, 0, 1)
    warm = picture * lerp(rgb(255, 168, 112), rgb(150, 112, 168), above[..., None]) * 0.92
    glow = np.exp(-((view.depth / 16) ** 2))[..., None] * (1 - 0.65 * view.cover[..., None])
    return warm + 0.34 * glow * rgb(255, 140, 50) + rgb(18, 6, 22)


def night(picture: Array, view: View) -> Array:
    dim = lerp(picture, grey(picture)[..., None], 0.45)
    dark = dim**1.35 * rgb(66, 88, 150) * (1 + 0.6 * view.cover[..., None]) + rgb(4, 7, 24)
    sky = rise(-view.depth - 4, 10) * (1 - view.cover) * rise(picture[..., 2] - picture[..., 0] + 0.04, 0.12)
    return lerp(dark, rgb(255, 250, 226), (sky * stars(view))[..., None])


def stars(view: View) -> Array:
    bright = np.where(view.grain[0] > 2.1, 0.45 + 0.55 * rise(view.grain[1], 2), 0).astype(np.float32)
    return np.clip(cv2.filter2D(spread(bright), -1, disc(0.17)), 0, 1)


def rain(picture: Array, view: View) -> Array:
    wet = lerp(picture, grey(picture)[..., None], 0.42) * rgb(168, 182, 204) + rgb(16, 20, 28)
    drops = np.where(view.grain[0] > 1.75, 0.5, 0).astype(np.float32)
    streaks = np.clip(cv2.filter2D(spread(drops), -1, streak()), 0, 0.62)
    return lerp(wet, rgb(226, 236, 248), streaks[..., None])


def snowfall(picture: Array, view: View) -> Array:
    pale = lerp(picture, grey(picture)[..., None], 0.3) * 0.74 + rgb(46, 52, 60)
    ground = rise(view.depth, 12) * (1 - view.cover)
    pale = lerp(pale, rgb(240, 245, 252), 0.55 * ground[..., None])
    flakes = np.zeros(view.cover.shape, np.float32)
    for which, radius, least in ((0, 0.34, 1.55), (1, 0.62, 1.95)):
        at = spread((view.grain[which] > least).astype(np.float32))
        flakes = np.maximum(flakes, np.clip(cv2.filter2D(at, -1, disc(radius)), 0, 1))
    return lerp(pale, rgb(255, 255, 255), 0.92 * flakes[..., None])


def fog(picture: Array, view: View) -> Array:
    near = np.clip(view.depth / 70, 0, 1)
    thick = (0.80 - 0.55 * near) * (1 - 0.42 * view.cover) + 0.05 * view.smooth_grain(2, 2.5)
    dull = lerp(picture, grey(picture)[..., None], 0.3)
    return lerp(dull, rgb(208, 213, 217), np.clip(thick, 0, 0.9)[..., None])


def spread(small: Array) -> Array:
    """One value a base pixel, as single points in the middle of their blocks."""
    h, w = small.shape
    points = np.zeros((h * SCALE, w * SCALE), np.float32)
    points[SCALE // 2 :: SCALE, SCALE // 2 :: SCALE] = small
    return points


@lru_cache
def disc(radius: float) -> Array:
    """A round dot with a soft edge; the radius in base pixels."""
    reach = int(radius * SCALE) + 3
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    return rise(radius * SCALE - np.hypot(x, y) + 0.5, 1.5)


@lru_cache
def streak() -> Array:
    """A raindrop's way, brightest in the middle."""
    reach = int(FALL / 2 * SCALE) + 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    away = np.abs(x + y * LEAN)
    along = np.clip(1 - (2 * y / (FALL * SCALE)) ** 2, 0, 1)
    drop: Array = rise(1.5 - away, 1.5) * along
    return drop


LIGHTS: dict[str, Callable[[Array, View], Array]] = {
    "day": day, "dusk": dusk, "night": night, "rain": rain, "snowfall": snowfall, "fog": fog,
}  # fmt: skip
