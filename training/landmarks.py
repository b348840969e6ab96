"""What a place is known by where a style leaves nothing of it but lines: firs, a barn, a window.

Each function paints on a scene (h, w, 3) what stands at a fixed place or repeats from the picture's middle
(training/places.py says why), and takes its measures in base pixels. Outlines differ in lightness from what
is behind them, so that ink, pencil and neon keep them.
"""

import numpy as np

from training.canvas import Array, Canvas, colour, mix, step

LONE = {  # place -> where what it has but one of lies, in base pixels from the picture's middle
    "starry night": (36, -34), "space": (-30, -28), "room": (-33, -20), "cave": (0, 0),
}  # fmt: skip
SUN = -26  # across: it sets on the horizon


def near(c: Canvas, within: Array) -> Array:
    """Whether pixels lie inside: ``within`` is how far from the outline, in base pixels."""
    return step(within / c.texel)


def between(c: Canvas, x: float, wide: float) -> Array:
    """How far inside a strip of 2 ``wide`` around x, from the picture's middle."""
    inside: Array = wide - np.abs(c.across - x)
    return inside


def aside(c: Canvas, every: float, shift: float = 0) -> Array:
    """How far each pixel is from the middle of its cell, ``every`` base pixels wide."""
    return np.abs(np.mod((c.across + shift) / every, 1) - 0.5) * every


def by_turns(c: Canvas, every: float, tall: float, low: float) -> Array:
    """Of each cell ``every`` base pixels wide its height: tall, low, tall."""
    return tall - (tall - low) * np.mod(np.floor(c.across / every), 2)


def bow(away: Array, half: float) -> Array:
    """Half an ellipse over what is no further than ``half`` from its middle, 1 there and 0 at its ends."""
    return np.sqrt(np.clip(1 - (away / half) ** 2, 0, 1))


def pyramid(c: Canvas, scene: Array, x: float, wide: float, high: float) -> Array:
    """One side in the light, the other in the shade; it stands a little under the horizon."""
    foot = c.horizon + 6
    sides = (between(c, x, wide) - (foot - c.y) * wide / high) * high / np.hypot(wide, high)
    ridge = c.across - x - 0.25 * (foot - high - c.y)
    faces = mix(colour(216, 158, 88), colour(122, 76, 42), near(c, ridge))
    return mix(scene, faces, near(c, np.minimum(sides, foot - c.y)))


def firs(c: Canvas, scene: Array, foot: Array | float) -> Array:
    """A row of dark firs of two heights under snow, one every 16 base pixels."""
    high = by_turns(c, 16, 24, 17)
    up = (foot - c.y) / high
    tier = np.mod(np.clip(up, 0, 0.999) * 3, 1)
    half = (1 - up) * 3.4 + (1 - tier) * 3.2 * (1 - 0.5 * np.clip(up, 0, 1))
    inside = np.minimum(half - aside(c, 16), np.minimum(foot - c.y, (1 - up) * high))
    branches = mix(colour(28, 62, 58), colour(246, 250, 255), step((tier - 0.72) / 0.16) * (up > 0))
    return mix(scene, branches, near(c, inside))


def canopy(c: Canvas, scene: Array, bottom: float, paint: Array) -> Array:
    """Leaves from the top down to a line of round bunches, in two rows: one a tree, 16 base pixels wide.

    ``bottom`` is down from the picture's middle."""
    for drop, shift, shade in ((0, 8, 0.7), (-8, 0, 1.0)):
        line = bottom + drop + 8 * bow(aside(c, 16, shift), 8)
        scene = mix(scene, paint * np.float32(shade), near(c, line - c.down))
    return scene


def bushes(c: Canvas, scene: Array, foot: Array | float, paint: Array) -> Array:
    """Round undergrowth along a line, one every 16 base pixels."""
    top = foot - 3 - 6 * bow(aside(c, 16), 8)
    return mix(scene, paint, near(c, np.minimum(c.y - top, foot + 3 - c.y)))


def breakers(c: Canvas, sea: Array, sand: Array, line: float) -> Array:
    """Sand below a line of arcs, 16 base pixels each: on it foam, and under that the sand is wet and dark."""
    edge = line + 5 * np.abs(np.sin(c.across * (np.pi / 16)))
    scene = mix(sea, sand, c.below(edge))
    for drop, paint in ((2.8, colour(150, 116, 76)), (0.0, colour(252, 252, 250))):
        scene = mix(scene, paint, near(c, 1.7 - np.abs(c.y - edge - drop)))
    return scene


def crests(c: Canvas, scene: Array, line: float) -> Array:
    """Rows of waves, 16 base pixels apart, each a pale arc over its own shade, stronger the nearer it is."""
    row = np.floor(c.down / 16)
    phase = np.mod(c.across / 32 + 0.5 * np.mod(row, 2), 1) - 0.5
    high = np.mod(c.down / 16, 1) * 16 - 4 - 26 * phase**2
    depth = np.clip((c.y - line) / 60, 0.2, 1)
    ends = step((0.36 - np.abs(phase)) / 0.12) * c.below(line + 4)
    scene = mix(scene, colour(10, 60, 120), near(c, 0.3 + 1.6 * depth - np.abs(high - 2.4)) * ends)
    return mix(scene, colour(226, 244, 250), near(c, 0.2 + 1.1 * depth - np.abs(high)) * ends)


def barn(c: Canvas, scene: Array, x: float) -> Array:
    """A red barn with a white door and a dark, broken roof, on the horizon; a silo beside it."""
    foot, dx = c.horizon - 1, np.abs(c.across - x)
    up = foot - c.y
    silo = near(
        c, np.minimum(between(c, x + 19, 4.5), np.minimum(up, 27 + between(c, x + 19, 4.5) * 0.8 - up))
    )
    scene = mix(scene, mix(colour(206, 208, 212), colour(128, 132, 140), near(c, c.across - x - 20)), silo)
    roof = np.minimum(30 - 0.55 * dx, 30 - 0.55 * 7 - 1.7 * (dx - 7))
    walls = near(c, np.minimum(13 - dx, np.minimum(up, roof - 3 - up)))
    scene = mix(scene, colour(74, 60, 62), near(c, np.minimum(15.5 - dx, np.minimum(up - 12, roof - up))))
    scene = mix(scene, colour(176, 40, 36), walls)
    door = np.minimum(5.5 - dx, np.minimum(up, 12 - up))
    planks = np.maximum(1 - np.minimum(door, 12), 0.8 - np.abs(dx - np.abs(up - 6) * 0.9))
    return mix(scene, colour(248, 242, 234), near(c, planks) * near(c, door))


def window(c: Canvas, scene: Array, x: float, y: float) -> Array:
    """Four panes of sky in a white frame on a wall, its middle at (x, y) from the picture's."""
    dx, dy = np.abs(c.across - x), np.abs(c.down - y)
    scene = mix(scene, colour(112, 84, 60), near(c, np.minimum(14.6 - dx, 17.6 - dy)))
    scene = mix(scene, colour(250, 248, 242), near(c, np.minimum(13.4 - dx, 16.4 - dy)))
    panes = np.minimum(np.minimum(11 - dx, dx - 1.2), np.minimum(14 - dy, dy - 1.2))
    sky = mix(colour(92, 160, 226), colour(176, 216, 246), np.clip(dy / 14, 0, 1))
    return mix(scene, sky, near(c, panes))


def painting(c: Canvas, scene: Array, x: float, y: float) -> Array:
    """A framed picture on a wall, hills under a sky, its middle at (x, y) from the picture's."""
    dx, dy = np.abs(c.across - x), np.abs(c.down - y)
    scene = mix(scene, colour(96, 62, 36), near(c, np.minimum(11 - dx, 9 - dy)))
    land = mix(colour(242, 226, 190), colour(70, 122, 98), near(c, c.down - y - 2 * np.sin(c.across * 0.35)))
    return mix(scene, land, near(c, np.minimum(9 - dx, 7 - dy)))


def world(c: Canvas, scene: Array) -> Array:
    """A banded planet in the upper left, lit from the left."""
    x, y = LONE["space"]
    dx, dy = c.across - x, c.down - y
    bands = mix(colour(232, 176, 112), colour(164, 92, 64), near(c, 1.6 - np.abs(np.mod(dy + 2, 8) - 4)))
    dark = near(c, dx - 7 * np.sqrt(np.clip(1 - (dy / 15) ** 2, 0, 1)))
    return mix(scene, bands * (1 - 0.75 * dark)[..., None], near(c, 15 - np.hypot(dx, dy)))


def craters(c: Canvas, scene: Array) -> Array:
    """Flat rings on the ground, one every 32 base pixels in two rows."""
    for row, (down, shift) in enumerate(((9.0, 0.0), (21.0, 16.0))):
        away = np.hypot(aside(c, 32, shift) / (7 + 2 * row), (c.y - c.horizon - down) / (2.4 + 0.8 * row))
        scene = mix(scene, colour(206, 202, 212), near(c, (1.24 - away) * 4))
        scene = mix(scene, colour(58, 54, 66), near(c, (1 - away) * 4))
    return scene


def stalactites(c: Canvas, scene: Array, paint: Array) -> Array:
    """Spikes of rock from above, one every 16 base pixels, each second one short."""
    tip = by_turns(c, 16, 40, 22) * (1 - aside(c, 16) / 8) ** 1.3 - 56
    inside = (tip - c.down) * 0.3
    scene = mix(scene, paint, near(c, inside))
    return mix(scene, paint * np.float32(0.55), near(c, np.minimum(inside, np.mod(c.across, 16) - 8)))


def valance(c: Canvas, scene: Array) -> Array:
    """A short curtain above a stage, hung in arcs of 32 base pixels, with a gold seam."""
    line = 9 * bow(aside(c, 32), 16) - 42
    scene = mix(scene, colour(120, 10, 28), near(c, line - c.down))
    return mix(scene, colour(248, 208, 96), near(c, 1.1 - np.abs(line - c.down)))


def kelp(c: Canvas, scene: Array, foot: float) -> Array:
    """Tall waving weeds, one every 16 base pixels, of two heights."""
    phase = (c.across + 2.2 * np.sin(c.down * (2 * np.pi / 16))) / 16
    high = 40.0 - 16 * np.mod(np.floor(phase), 2)
    up = (foot - c.y) / high
    half = 2.6 * np.clip(1 - up, 0, 1) ** 0.6
    inside = np.minimum(half - np.abs(np.mod(phase, 1) - 0.5) * 16, foot - c.y)
    return mix(scene, colour(10, 74, 58), near(c, np.where(up < 1, inside, -1)))


def reeds(c: Canvas, scene: Array, foot: float) -> Array:
    """Cattails at the water's edge, one every 8 base pixels, of two heights."""
    high, dx, up = by_turns(c, 8, 20, 14), aside(c, 8), foot - c.y
    scene = mix(scene, colour(34, 78, 34), near(c, np.minimum(0.75 - dx, high - up)))
    head = np.hypot(dx / 1.7, (up - high + 2) / 4.2)
    return mix(scene, colour(84, 48, 26), near(c, (1 - head) * 1.7))
