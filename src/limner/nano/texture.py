"""How letters are laid on a picture in each style: the same paper, pencil, blocks or glow as around them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
OPACITY = 0.93
DARKEST, LIGHTEST = 0.14, 0.95  # of the ink, as a share of the face's colour or of the way to white
Mask = Callable[[Floats, float], Floats]


def laid_on(patch: Pixels, mask: Pixels, style: str, width: int) -> Pixels:
    """A patch (h, w, 3) of a picture ``width`` pixels wide with letters (h, w) on it: dark on light, or light
    on dark."""
    under: Floats = patch.astype(np.float32) / np.float32(255)
    letters: Floats = mask.astype(np.float32) / np.float32(255)
    unit = width / 128  # about a base pixel
    if style == "neon":
        return as_bytes(glowing(under, letters, unit))
    kept = MASKS.get(style, solid)(letters, unit)[..., None] * np.float32(OPACITY)
    return as_bytes(raised(under, letters, unit, style) * (1 - kept) + ink_for(under, style) * kept)


def as_bytes(picture: Floats) -> Pixels:
    return (picture.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def ink_for(under: Floats, style: str) -> Floats:
    """A colour that stands out: the face's own, nearly black or nearly white."""
    face = (
        np.median(under.reshape(-1, 3), axis=0).astype(np.float32) if under.size else np.ones(3, np.float32)
    )
    is_light = float(face @ np.array([0.299, 0.587, 0.114], np.float32)) > 0.45
    if style == "stained glass":
        return np.full(3, 0.08, np.float32)
    if style in ("black and white", "ink", "pencil", "comic"):
        return np.full(3, 0.06 if is_light else 0.97, np.float32)
    return face * np.float32(DARKEST) if is_light else 1 - (1 - face) * np.float32(1 - LIGHTEST)


def glowing(under: Floats, letters: Floats, unit: float) -> Floats:
    """Tubes of light: white inside, the face's own hue around, on a darkened face."""
    near, wide = soft(letters, 0.5 * unit), soft(letters, 1.6 * unit)
    face = under.reshape(-1, 3).max(0) if under.size else np.ones(3, np.float32)
    hue = np.array([1.0, 0.25, 0.6], np.float32) * 0.6 + 0.4 * face / max(float(face.max()), 0.05)
    dark = under * (1 - 0.88 * (3.5 * wide).clip(0, 1)[..., None])
    lit: Floats = dark + hue * (0.55 * near + 0.7 * wide)[..., None] + 0.9 * letters[..., None]
    return lit


def raised(under: Floats, letters: Floats, unit: float, style: str) -> Floats:
    """What lies under the letters: in paper cut their shadow, in stained glass a clear pane."""
    if style == "stained glass":
        pane = (1.6 * soft(letters, 0.9 * unit)).clip(0, 0.9)[..., None]
        lit: Floats = under * (1 - pane) + np.array([1.0, 0.94, 0.78], np.float32) * pane
        return lit
    if style != "paper cut":
        return under
    shift = max(1, round(0.35 * unit))
    cast = soft(np.roll(letters, (shift, shift), (0, 1)), 0.3 * unit)
    return under * (1 - 0.45 * cast[..., None])


def soft(letters: Floats, spread: float) -> Floats:
    blurred = Image.fromarray(as_bytes(letters)).filter(ImageFilter.GaussianBlur(spread))
    return np.asarray(blurred, np.float32) / np.float32(255)


def solid(letters: Floats, unit: float) -> Floats:
    return letters


def washed(letters: Floats, unit: float) -> Floats:
    """Pigment that gathers here and there."""
    return letters * (0.86 + 0.14 * cloudy(letters.shape, unit))


def hatched(letters: Floats, unit: float) -> Floats:
    """Close strokes of a pencil, with a firm outline."""
    h, w = letters.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    near = np.abs(np.mod((x + y) / (0.75 * unit), 1) - 0.5) * 2
    core = soft(letters, 0.25 * unit)
    outline = (letters * (1 - core) * 2.4).clip(0, 1)
    return np.asarray(np.maximum(letters * (0.66 + 0.34 * near), outline), np.float32)


def grained(letters: Floats, unit: float) -> Floats:
    return letters * (0.9 + 0.1 * cloudy(letters.shape, unit / 3))


def blocked(letters: Floats, unit: float) -> Floats:
    """Square pixels, as large as leaves the letters legible."""
    h, w = letters.shape
    rows = np.flatnonzero(letters.any(1))
    tall = len(rows) or 1
    side = max(1, round(min(unit, tall / 24)))
    small = Image.fromarray(letters).resize((max(1, w // side), max(1, h // side)), Image.Resampling.BOX)
    hard = (np.asarray(small, np.float32) > 0.5).astype(np.float32)
    return np.asarray(Image.fromarray(hard).resize((w, h), Image.Resampling.NEAREST), np.float32)


def cloudy(shape: tuple[int, ...], unit: float) -> Floats:
    """Smooth noise in [-1, 1], always the same."""
    rows, columns = (max(2, int(side / unit) + 2) for side in shape)
    noise = np.random.default_rng(7).uniform(-1, 1, (rows, columns)).astype(np.float32)
    large = Image.fromarray(noise).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(large, np.float32).clip(-1, 1)


MASKS: dict[str, Mask] = {
    "watercolour": washed, "oil": washed, "pencil": hatched, "pixel art": blocked, "black and white": grained,
}  # fmt: skip
