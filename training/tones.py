"""Small sums on pictures that lights and styles share: colours, steps, smoothing, outlines."""

import cv2
import numpy as np

from limner.nano.finish import SCALE
from training.views import Array

QUARTER = 4
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def rgb(r: float, g: float, b: float) -> Array:
    return np.array([r, g, b], np.float32) / 255


def grey(picture: Array) -> Array:
    """(H, W): lightness as the eye weighs it."""
    return picture @ LUMA


def lerp(a: Array, b: Array, k: Array | float) -> Array:
    return a + (b - a) * np.float32(k) if isinstance(k, float) else a + (b - a) * k


def rise(x: Array, width: float) -> Array:
    """0 below 0, 1 above ``width``, smooth between."""
    t = np.clip(x / np.float32(width), 0, 1).astype(np.float32)
    return t * t * (3 - 2 * t)


def saturated(picture: Array, amount: float) -> Array:
    """Colours away from grey (amount above 1) or towards it."""
    level = grey(picture)[..., None]
    return np.clip(level + (picture - level) * np.float32(amount), 0, 1)


def blurred(picture: Array, spread: float) -> Array:
    """Gaussian blur; ``spread`` (standard deviation) in base pixels. Wide ones are made on a quarter of the
    sides, which none can see."""
    if spread * SCALE < 2.5 * QUARTER:
        near: Array = cv2.GaussianBlur(picture, (0, 0), spread * SCALE, borderType=cv2.BORDER_REFLECT)
        return near
    small = quartered(picture)
    return widened(cv2.GaussianBlur(small, (0, 0), spread * SCALE / QUARTER, borderType=cv2.BORDER_REFLECT))


def quartered(picture: Array) -> Array:
    h, w = picture.shape[:2]
    small: Array = cv2.resize(picture, (w // QUARTER, h // QUARTER), interpolation=cv2.INTER_AREA)
    return small


def widened(small: Array) -> Array:
    h, w = small.shape[:2]
    large: Array = cv2.resize(small, (w * QUARTER, h * QUARTER), interpolation=cv2.INTER_LINEAR)
    return large


def flattened(picture: Array, reach: float, sharpness: float = 0.004) -> Array:
    """Smoothed within areas, edges kept: a guided filter led by the lightness (He and Sun 2015)."""
    side = 2 * max(1, round(reach * SCALE / QUARTER)) + 1
    small = quartered(picture)
    guide = grey(small)

    def mean(x: Array) -> Array:
        averaged: Array = cv2.blur(x, (side, side), borderType=cv2.BORDER_REFLECT)
        return averaged

    centre, centres = mean(guide), mean(small)
    variance = mean(guide * guide) - centre * centre
    slope = (mean(small * guide[..., None]) - centres * centre[..., None]) / (variance + sharpness)[..., None]
    offset = centres - slope * centre[..., None]
    kept: Array = np.clip(widened(mean(slope)) * grey(picture)[..., None] + widened(mean(offset)), 0, 1)
    return kept


def outlines(level: Array, thin: float, least: float) -> Array:
    """(H, W) in [0, 1]: lines along dark edges, by a difference of Gaussians. ``thin`` in base pixels."""
    difference = blurred(level, 1.7 * thin) - blurred(level, thin)
    return rise(difference - np.float32(least), 0.03)


def edges(picture: Array, spread: float) -> Array:
    """(H, W): how fast the colours change, per base pixel."""
    soft = blurred(picture, spread)
    dx = cv2.Scharr(soft, cv2.CV_32F, 1, 0) * (SCALE / 32)
    dy = cv2.Scharr(soft, cv2.CV_32F, 0, 1) * (SCALE / 32)
    steepest: Array = np.sqrt((dx * dx + dy * dy).max(-1))
    return steepest


def stepped(x: Array, levels: int, softness: float) -> Array:
    """Rounded to steps in [0, 1]; ``softness`` is the share of a step over which it changes."""
    scaled = x * levels
    base = np.floor(scaled)
    rounded: Array = (base + rise(scaled - base - np.float32(0.5 - softness / 2), softness)) / levels
    return rounded
