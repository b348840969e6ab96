"""Styles: what makes of a picture (H, W, 3) a watercolour, a neon sign, a window of stained glass.

Functions of the picture and its view, made of local filters: none looks further than MARGIN base pixels
(training/views.py). What looks like chance is the view's noise or a fixed pattern.
"""

from collections.abc import Callable

import cv2
import numpy as np

from limner.nano.finish import SCALE
from training.patterns import cells, dots, hatch, piecewise, placed, rimmed, triangles, weave
from training.tones import blurred, edges, flattened, grey, lerp, outlines, rgb, rise, saturated, stepped
from training.views import Array, View

Style = Callable[[Array, View], Array]


def plain(picture: Array, view: View) -> Array:
    return picture


def photo(picture: Array, view: View) -> Array:
    """Shallow depth of field, a film's curve, darker corners."""
    behind = (1 - view.cover)[..., None]
    far = blurred(picture * behind, 1.5) / (blurred(1 - view.cover, 1.5)[..., None] + 1e-3)
    focused = lerp(picture, far, behind)
    curved = focused + 0.22 * focused * (1 - focused) * (2 * focused - 1)
    graded: Array = curved * rgb(262, 252, 240) + rgb(4, 5, 9)
    return graded * (1 - 0.42 * rise(view.corner - 0.12, 1.0))[..., None]


def watercolour(picture: Array, view: View) -> Array:
    """Thin washes with darker rims on white, rough paper."""
    wash = flattened(picture, 1.0, 0.012)
    pooled = view.smooth_grain(0, 2.0)[..., None]
    rim = blurred(wash, 0.9) - wash
    wash = wash - 1.1 * np.maximum(np.abs(rim).max(-1, keepdims=True) - 0.02, 0)
    wash = lerp(saturated(wash, 1.15), rgb(252, 250, 244), np.clip(0.24 + 0.06 * pooled, 0.08, 0.5))
    paper = 0.022 * view.smooth_grain(1) + 0.022 * placed(weave(), view)
    return wash + paper[..., None]


def oil(picture: Array, view: View) -> Array:
    """Short thick strokes."""
    strokes = cells(5, 11, 2.4, 0.6, 3)
    flat = saturated(flattened(picture, 0.6, 0.002), 1.22)
    daubed = lerp(piecewise(flat, strokes, view), flat, 0.30)
    ridge = placed(strokes.rim, view)
    tone = placed(strokes.tone, view) - 0.5
    bristle = placed(hatch(16, 2), view) - 0.5
    relief = 0.13 * tone + 0.05 * bristle + 0.10 * (rise(ridge, 0.5) - 0.75)
    return daubed * (1 + relief[..., None])


def pencil(picture: Array, view: View) -> Array:
    """Graphite: soft outlines, hatching that thickens in the dark."""
    level = grey(picture)
    soft = grey(flattened(picture, 0.5, 0.002))
    lines = np.clip((blurred(level, 1.0) - level) * 3.2, 0, 0.75) + 0.55 * outlines(level, 0.28, 0.012)
    pressure = 0.10 * view.smooth_grain(0, 0.8)
    dark = np.clip(1 - soft + pressure * 0.6, 0, 1)
    first = rise(placed(hatch(16, 1), view) - (1.12 - 1.05 * dark), 0.45)
    second = rise(placed(hatch(16, -1), view) - (1.55 - 1.15 * dark), 0.45)
    marks = 0.42 * first + 0.34 * second + 0.16 * dark + lines
    shade = 0.965 - np.clip(marks, 0, 0.86) + 0.012 * view.smooth_grain(1)
    return shade[..., None] * rgb(253, 252, 250)


def ink(picture: Array, view: View) -> Array:
    """A brush and a pen, black on cream."""
    level = grey(flattened(picture, 0.35, 0.001))
    lines = outlines(level, 0.34, 0.008)
    dark = 1 - level
    strokes = rise(placed(hatch(8, 1), view) - (1.5 - 1.35 * dark), 0.16)
    solid = rise(dark - 0.72, 0.06)
    black = np.clip(np.maximum(np.maximum(lines, strokes * rise(dark - 0.36, 0.1)), solid), 0, 1)
    return lerp(np.broadcast_to(rgb(250, 244, 228), picture.shape), rgb(24, 22, 30), black[..., None])


def pixel_art(picture: Array, view: View) -> Array:
    """Blocks of two base pixels in few colours."""
    side = 2 * SCALE
    h, w = picture.shape[:2]
    small = cv2.resize(picture, (w // side, h // side), interpolation=cv2.INTER_AREA)
    few = stepped(saturated(small, 1.3), 6, 0.5)
    blocks: Array = cv2.resize(few, (w, h), interpolation=cv2.INTER_NEAREST)
    return blocks


def neon(picture: Array, view: View) -> Array:
    """Glowing tubes along the edges, in the dark."""
    tube = rise(edges(picture, 0.22) - 0.09, 0.16)
    peak = picture.max(-1, keepdims=True)
    near = blurred(picture, 0.5)
    hue = saturated(near / (near.max(-1, keepdims=True) + 0.05), 2.6)
    hue = lerp(hue, rgb(60, 220, 255), 0.12)
    light = hue * tube[..., None]
    glow = 0.9 * blurred(light, 0.5) + 1.5 * blurred(light, 1.7)
    dark: Array = picture * 0.10 * (0.4 + 0.6 * peak) + rgb(9, 5, 24)
    return dark + 0.75 * light + glow + 0.35 * (tube**3)[..., None]


def low_poly(picture: Array, view: View) -> Array:
    facets = triangles(6, 5)
    flat = piecewise(blurred(saturated(picture, 1.15), 0.6), facets, view)
    return flat * (0.90 + 0.2 * placed(facets.tone, view))[..., None]


def paper_cut(picture: Array, view: View) -> Array:
    """Layers of coloured paper; things are stuck on, with a white rim and a shadow."""
    soft = blurred(flattened(picture, 0.9, 0.01), 0.3)
    level = grey(soft)
    layers = stepped(level, 5, 0.12)
    flat = np.clip(saturated(soft, 1.15) + 0.8 * (layers - level)[..., None], 0, 1)
    shift = 5
    fallen = np.roll(layers, (shift, shift), (0, 1))
    step_shade = np.clip(blurred(fallen, 0.25) - layers, 0, 0.2)
    rim = rise(blurred(view.cover, 0.55) - 0.12, 0.14)
    cast = blurred(np.roll(rim, (9, 7), (0, 1)), 0.6)
    board = flat * (1 - 1.3 * step_shade)[..., None]
    behind = board * (1 - 0.45 * cast)[..., None]
    sheet = lerp(behind, rgb(252, 250, 246), rim[..., None])
    stuck = lerp(sheet, board, rise(view.cover - 0.35, 0.3)[..., None])
    return stuck * (1 + 0.018 * view.smooth_grain(1))[..., None]


def stained_glass(picture: Array, view: View) -> Array:
    """Panes in lead; thicker lead along what is seen."""
    panes = cells(4, 5, 1.0, 0.0, 9)
    clear = saturated(flattened(picture, 0.8, 0.004), 1.7)
    glass = lerp(clear, piecewise(blurred(clear, 0.8), panes, view), 0.35)
    glow = 0.92 + 0.3 * (placed(panes.tone, view) - 0.5) + 0.12 * rise(placed(panes.rim, view), 1.6)
    contour = rise(edges(flattened(picture, 0.5, 0.004), 0.45) - 0.10, 0.06)
    lead = np.maximum(0.95 * rimmed(panes, 0.22, view), contour)
    lit = glass * glow[..., None] * 1.12 + 0.03
    return lerp(lit, rgb(22, 20, 24), lead[..., None])


def black_and_white(picture: Array, view: View) -> Array:
    """A silver print: strong contrast, grain, darker corners."""
    level = picture @ np.array([0.38, 0.50, 0.12], np.float32)
    curved = level + 0.75 * level * (1 - level) * (2 * level - 0.9)
    grained = curved + 0.016 * view.smooth_grain(1) + 0.012 * view.smooth_grain(2)
    dark: Array = grained * (1 - 0.4 * rise(view.corner - 0.15, 1.0))
    return dark[..., None] * rgb(255, 254, 252)


def comic(picture: Array, view: View) -> Array:
    """Flat loud colours, black outlines, halftone dots in the shade."""
    flat = flattened(picture, 0.6, 0.004)
    level = grey(flat)
    bold = np.clip(saturated(flat, 1.45) + 0.7 * (stepped(level, 4, 0.25) - level)[..., None], 0, 1)
    shade = np.clip(1.05 - 1.15 * level, 0, 0.8)
    screen = rise(placed(dots(8), view) - (1.0 - shade), 0.12)
    dotted = bold * (1 - 0.34 * screen)[..., None]
    lines = outlines(grey(flattened(picture, 0.3, 0.001)), 0.36, 0.010)
    return lerp(np.clip(dotted * 1.08 + 0.02, 0, 1), rgb(16, 14, 20), lines[..., None])


STYLES: dict[str, Style] = {
    "plain": plain, "photo": photo, "watercolour": watercolour, "oil": oil, "pencil": pencil, "ink": ink,
    "pixel art": pixel_art, "neon": neon, "low poly": low_poly, "paper cut": paper_cut,
    "stained glass": stained_glass, "black and white": black_and_white, "comic": comic,
}  # fmt: skip
