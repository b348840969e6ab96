"""Paints the places (backgrounds) of scenes: functions of continuous coordinates, any crop at any scale.

What repeats (tiles, windows, shelves) does so every 4, 8, 16 or 32 base pixels from the picture's middle, and
what there is one of (sun, moon) lies a fixed number of base pixels from the middle or the horizon, never at a
share of the width: the painter is trained on crops, is told just that of where it is, and must know both from
it, or each part of a picture chooses its own. What a place is known by is in training/landmarks.py.
"""

from collections.abc import Callable

import numpy as np

from training import landmarks
from training.canvas import LATTICE, Array, Canvas, colour, fade, flakes, mix, step


def studio(c: Canvas, tint: Array) -> Array:
    lit = 1 - 0.22 * np.hypot((c.x - c.width / 2) / c.width, (c.y - c.horizon * 0.7) / c.height)
    wall = tint * lit[..., None]
    floor = mix(tint * 0.86, tint * 0.97, np.clip((c.y - c.horizon) / (c.height - c.horizon), 0, 1))
    return mix(wall, floor, step((c.y - c.horizon) / 10))


def table(c: Canvas, tint: Array) -> Array:
    warm = colour(206, 196, 176)
    wall = fade(c, warm * 0.82, warm * 1.06, 0, c.horizon) + 0.04 * (c.clouds(0, 0.02, 0.02)[..., None] - 0.5)
    depth = np.log1p(np.maximum(c.y - c.horizon, 0) / 14)
    board = depth * 3.2 + c.draws[1]
    index = np.floor(board)
    shade = np.mod(index * 0.37 + c.draws[2], 1) * 0.16 + 0.88
    grain = c.noise(2, 0.02, 0.9) * 0.6 + c.noise(3, 0.05, 2.2) * 0.4
    wood = mix(colour(122, 74, 38), colour(196, 134, 78), grain * 0.8 + 0.1) * shade[..., None]
    seam = np.exp(-(((np.mod(board, 1) - 0.5) ** 2 - 0.25) ** 2) / 0.0012)
    wood = wood * (1 - 0.5 * seam * c.below(c.horizon + 2))[..., None]
    wood = wood * (0.86 + 0.2 * np.clip((c.y - c.horizon) / (c.height - c.horizon), 0, 1))[..., None]
    edge = np.exp(-(((c.y - c.horizon - 1) / 1.4) ** 2))
    return mix(wall, wood, c.below(c.horizon)) + 0.10 * edge[..., None]


def daylight(c: Canvas, clouds: float = 1.0, softness: float = 0.16) -> Array:
    blue = fade(c, colour(62, 138, 226), colour(186, 222, 250), 0, c.horizon)
    puff = step((c.clouds(0, 0.028, 0.055) - 0.56) / softness) * np.clip(1.25 - c.y / c.horizon, 0, 1)
    return mix(blue, colour(250, 252, 255), np.clip(puff * clouds, 0, 1) * 0.9)


def grass(c: Canvas, far: Array, near: Array) -> Array:
    ground = fade(c, far, near, c.horizon, c.height)
    blades = c.noise(4, 0.5, 0.16) * 0.6 + c.noise(5, 1.1, 0.4) * 0.4
    return ground * (0.84 + 0.32 * blades)[..., None]


def sky(c: Canvas, tint: Array) -> Array:
    land = grass(c, colour(122, 178, 84), colour(74, 140, 54))
    return mix(daylight(c, 1.2, 0.03), land, c.below(c.ridge(3, 0.03, 3)))


def meadow(c: Canvas, tint: Array) -> Array:
    hills = mix(colour(124, 178, 112), colour(96, 158, 88), c.noise(3, 0.04))
    scene = mix(daylight(c, 0.7), hills, c.below(c.ridge(3, 0.05, 14)))
    near = c.ridge(6, 0.02, 2)
    scene = mix(scene, grass(c, colour(120, 190, 70), colour(66, 142, 44)), c.below(near))
    bloom = flakes(c, 0.085, 0.2) * c.below(near + 4)
    scene = mix(scene, colour(252, 250, 244), bloom)
    return mix(scene, colour(214, 46, 40), flakes(c, 0.085, 0.1) * bloom)


def waves(c: Canvas, far: Array, near: Array) -> Array:
    depth = 1 + np.maximum(c.y - c.horizon, 0) * 0.05
    swell = c.noise(4, 0.05, 0.5) * 0.5 + c.noise(5, 0.12, 0.9) * 0.5
    return fade(c, far, near, c.horizon, c.height) + 0.2 * ((swell - 0.5) / np.sqrt(depth))[..., None]


def sea(c: Canvas, tint: Array) -> Array:
    water = landmarks.crests(c, waves(c, colour(64, 142, 190), colour(20, 82, 150)), c.horizon)
    return mix(daylight(c, 0.8), water, c.below(c.horizon))


def beach(c: Canvas, tint: Array) -> Array:
    scene = mix(daylight(c, 0.6), waves(c, colour(52, 140, 196), colour(78, 190, 206)), c.below(c.horizon))
    shore = c.horizon + 0.16 * c.height
    sand = fade(c, colour(226, 200, 150), colour(240, 216, 168), c.horizon, c.height)
    sand = sand * (0.93 + 0.12 * c.noise(6, 0.7))[..., None]
    sand = mix(sand, colour(140, 84, 66), flakes(c, 0.07, 0.14) * c.below(shore + 12))
    return landmarks.breakers(c, scene, sand, shore)


def snow(c: Canvas, tint: Array) -> Array:
    air = fade(c, colour(150, 180, 212), colour(222, 232, 242), 0, c.horizon)
    hill = c.ridge(6, 0.03, 4)
    scene = landmarks.firs(c, air, hill + 3)
    ground = mix(colour(208, 222, 240), colour(250, 252, 255), c.noise(5, 0.05, 0.12))
    scene = mix(scene, ground, c.below(hill))
    return mix(scene, colour(255, 255, 255), flakes(c, 0.11, 0.16) * 0.9)


def night(c: Canvas, tint: Array) -> Array:
    dark = fade(c, colour(8, 12, 40), colour(44, 52, 112), 0, c.horizon)
    scene = mix(dark, colour(255, 250, 226), flakes(c, 0.10, 0.13) * c.below(-1))
    x, y = landmarks.LONE["starry night"]
    moon = np.hypot(c.across - x, c.down - y)
    scene = scene + 0.25 * np.exp(-((moon / 22) ** 2))[..., None]
    scene = mix(scene, colour(250, 244, 214), step((8 - moon) / c.texel))
    ground = fade(c, colour(26, 34, 62), colour(12, 18, 36), c.horizon, c.height)
    return mix(scene, ground, c.below(c.ridge(6, 0.04, 8)))


def sunset(c: Canvas, tint: Array) -> Array:
    t = np.clip(c.y / c.horizon, 0, 1)
    air = mix(
        mix(colour(92, 62, 130), colour(240, 110, 84), np.clip(t * 1.7, 0, 1)),
        colour(255, 206, 110),
        np.clip(t * 2.2 - 1.2, 0, 1),
    )
    streak = step((c.clouds(0, 0.012, 0.1) - 0.56) / 0.05) * np.clip(1.3 - t, 0, 1)
    air = mix(air, colour(84, 40, 84), streak * 0.75)
    sun = np.hypot(c.across - landmarks.SUN, c.y - c.horizon + 4)
    air = air + 0.3 * np.exp(-((sun / 26) ** 2))[..., None] * colour(255, 200, 120)
    air = mix(air, colour(255, 236, 170), step((15 - sun) / c.texel))
    ground = fade(c, colour(120, 62, 70), colour(60, 34, 56), c.horizon, c.height)
    return mix(air, ground * (0.9 + 0.2 * c.noise(5, 0.06, 0.2))[..., None], c.below(c.ridge(6, 0.03, 3)))


def trunks(c: Canvas, thin: float) -> Array:
    """A row of trees, one every 16 base pixels; ``thin`` is half of the least share that a trunk takes."""
    phase = c.across / 16
    thick = thin + 0.1 * c.lattices[1][np.floor(phase).astype(int) % LATTICE, 7]
    return step((thick - np.abs(np.mod(phase, 1) - 0.5)) / max(c.texel / 16, 0.03))


def forest(c: Canvas, tint: Array) -> Array:
    haze = fade(c, colour(110, 150, 96), colour(186, 206, 150), 0, c.horizon)
    leaves = mix(colour(36, 86, 44), colour(84, 140, 66), c.clouds(1, 0.12, 0.12))
    bark = mix(colour(54, 38, 28), colour(86, 64, 46), c.noise(4, 0.7, 0.08))
    scene = mix(haze, bark, trunks(c, 0.14))
    scene = landmarks.canopy(c, scene, -32, leaves)
    near = c.ridge(6, 0.05, 3)
    scene = landmarks.bushes(c, scene, near, colour(30, 74, 38))
    return mix(scene, grass(c, colour(70, 104, 48), colour(52, 84, 36)), c.below(near))


def desert(c: Canvas, tint: Array) -> Array:
    air = fade(c, colour(112, 176, 226), colour(248, 226, 186), 0, c.horizon)
    far = mix(air, colour(226, 172, 108), c.below(c.ridge(2, 0.035, 8)))
    far = landmarks.pyramid(c, landmarks.pyramid(c, far, 36, 22, 26), -38, 30, 38)
    wind = np.sin(c.y * 0.62 + 6 * c.noise(4, 0.03, 0.06))
    ripples = step((wind - 0.78) / 0.2) * c.below(c.horizon + 8)
    sand = (
        fade(c, colour(236, 186, 118), colour(216, 156, 90), c.horizon, c.height)
        * (1 - 0.2 * ripples)[..., None]
    )
    return mix(far, sand, c.below(c.ridge(6, 0.022, 5)))


def windows(c: Canvas, wide: float, high: float, half: float, tall: float) -> Array:
    """Panes of 2 ``half`` by 2 ``tall`` base pixels, one every ``wide`` across and every ``high`` down."""
    dx = np.abs(np.mod(c.across / wide, 1) - 0.5) * wide
    dy = np.abs(np.mod(c.down / high, 1) - 0.5) * high
    return step((half - dx) / c.texel) * step((tall - dy) / c.texel)


def street(c: Canvas, tint: Array) -> Array:
    scene = daylight(c, 0.5)
    house = np.floor(c.across / 32).astype(int) % LATTICE
    storeys = 1 + np.floor(4 * c.lattices[1][house, 3])
    top = np.floor((c.horizon - c.height / 2) / 8 - 2 * storeys) * 8  # from the middle, as the windows
    paint = mix(colour(150, 104, 88), colour(176, 178, 186), np.round(c.lattices[2][house, 5]))
    pane = windows(c, 8, 8, 2.2, 2.4)
    paint = mix(paint, colour(88, 112, 138), pane * step((c.down - top - 4) / c.texel))
    side = step((np.abs(np.mod(c.across / 32, 1) - 0.5) * 32 - 15.2) / c.texel)
    paint = mix(paint, paint * 0.82, side)
    scene = mix(scene, paint, step((c.down - top) / c.texel))
    walk = mix(scene, colour(190, 188, 182), c.below(c.horizon))
    kerb = c.horizon + 0.10 * (c.height - c.horizon)
    road = colour(86, 88, 94) * (0.95 + 0.1 * c.noise(5, 0.5))[..., None]
    lane = c.horizon + 0.62 * (c.height - c.horizon)
    dash = step((2.0 - np.abs(c.y - lane)) / c.texel) * step(
        (0.3 - np.abs(np.mod(c.across / 32, 1) - 0.5)) / (c.texel / 32)
    )
    return mix(mix(walk, road, c.below(kerb)), colour(238, 236, 224), dash)


def room(c: Canvas, tint: Array) -> Array:
    tone = colour(226, 206, 178)
    stripe = 0.5 + 0.5 * np.cos(c.across * (2 * np.pi / 16))
    wall = fade(c, tone * 1.04, tone * 0.92, 0, c.horizon) * (0.98 + 0.03 * stripe)[..., None]
    skirting = step((3.0 - np.abs(c.y - c.horizon + 3.0)) / c.texel)
    wall = landmarks.window(c, wall, *landmarks.LONE["room"])
    wall = landmarks.painting(c, wall, 36, -24)
    wall = mix(wall, colour(150, 118, 84), step((4.2 - np.abs(c.y - c.horizon + 3.0)) / c.texel))
    wall = mix(wall, colour(246, 244, 238), skirting)
    depth = np.maximum(c.y - c.horizon, 0) / (c.height - c.horizon)
    across = c.across / (0.6 + 0.8 * depth) / 32
    plank = np.floor(across)
    seam = np.exp(-(((np.mod(across, 1) - 0.5) ** 2 - 0.25) ** 2) / 0.0003)
    wood = (
        colour(184, 138, 92)
        * (0.90 + 0.14 * np.mod(plank * 0.43, 1) + 0.05 * c.noise(4, 0.4, 0.03))[..., None]
    )
    return mix(wall, wood * (1 - 0.35 * seam)[..., None], c.below(c.horizon))


def mountains(c: Canvas, tint: Array) -> Array:
    scene = daylight(c, 0.5)
    line = c.ridge(2, 0.05, 0.62 * c.horizon, sharp=True)
    rock = mix(colour(96, 108, 130), colour(134, 142, 158), c.noise(3, 0.09))
    cap = step((line + 9 + 6 * c.noise(2, 0.25, 0.0) - c.y) / 1.5)
    scene = mix(scene, mix(rock, colour(248, 250, 255), cap), c.below(line))
    fore = c.ridge(6, 0.045, 7)
    return mix(scene, grass(c, colour(98, 150, 84), colour(60, 118, 50)), c.below(fore))


PAINTERS: dict[str, Callable[[Canvas, Array], Array]] = {
    "studio": studio, "table": table, "sky": sky, "meadow": meadow, "beach": beach, "sea": sea, "snow": snow,
    "starry night": night, "sunset": sunset, "forest": forest, "desert": desert, "street": street,
    "room": room, "mountains": mountains,
}  # fmt: skip
