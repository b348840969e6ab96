"""More places (training/places.py says what a painter of a place is): gardens, rooms, depths and heights."""

import numpy as np

from training import landmarks
from training.canvas import LATTICE, Array, Canvas, colour, fade, flakes, mix, step
from training.places import daylight, grass, trunks, waves, windows


def garden(c: Canvas, tint: Array) -> Array:
    hedge = mix(colour(34, 92, 44), colour(74, 140, 60), c.clouds(3, 0.3, 0.3))
    top = c.horizon - 16 - 3 * np.sin(c.x * 0.2 + 6 * c.draws[3])
    scene = mix(daylight(c, 0.8), hedge, c.below(top))
    scene = mix(scene, grass(c, colour(116, 190, 84), colour(84, 166, 62)), c.below(c.horizon))
    in_hedge = c.below(top + 3) * (1 - c.below(c.horizon + 1))
    scene = mix(scene, colour(255, 190, 210), flakes(c, 0.14, 0.3) * in_hedge)
    scene = mix(scene, colour(196, 30, 84), flakes(c, 0.14, 0.14) * in_hedge)
    return mix(scene, colour(255, 238, 130), flakes(c, 0.09, 0.14) * c.below(c.horizon + 6))


def lake(c: Canvas, tint: Array) -> Array:
    far = c.horizon - 14
    scene = daylight(c, 0.6)
    hills = mix(colour(86, 128, 140), colour(62, 108, 92), c.noise(3, 0.06))
    scene = mix(scene, hills, c.below(far - 7 * (1 + np.sin(c.x * 0.05 + 6 * c.draws[2]))))
    water = waves(c, colour(142, 196, 214), colour(46, 122, 160))
    glint = np.exp(-(((c.y - c.horizon - 3) / 7) ** 2))[..., None] * colour(80, 120, 96)
    scene = mix(scene, water * 0.85 + 0.3 * glint, c.below(c.horizon))
    bank = c.height * 0.94
    scene = landmarks.reeds(c, scene, bank)
    return mix(scene, colour(74, 128, 58) * (0.8 + 0.4 * c.noise(6, 0.6, 0.1))[..., None], c.below(bank))


def farm(c: Canvas, tint: Array) -> Array:
    depth = np.maximum(c.y - c.horizon, 0) / (c.height - c.horizon)
    across = c.across / (0.3 + depth)
    furrow = step((np.cos(across * (2 * np.pi / 32)) + 0.1) / 0.7)
    soil = mix(colour(222, 182, 92), colour(126, 80, 44), furrow * (0.55 + 0.4 * depth))
    scene = mix(daylight(c, 0.4), colour(140, 168, 86), c.below(c.ridge(3, 0.03, 6)))
    scene = landmarks.barn(c, mix(scene, soil, c.below(c.horizon)), -38)
    post = step((1.2 - np.abs(np.mod(c.across / 16, 1) - 0.5) * 16) / c.texel)
    rails = sum(step((0.8 - np.abs(c.y - c.horizon + k)) / c.texel) for k in (2.5, 6.5))
    fence = np.maximum(post * c.below(c.horizon - 9) * (1 - c.below(c.horizon + 1)), np.clip(rails, 0, 1))
    return mix(scene, colour(246, 240, 226), fence)


def kitchen(c: Canvas, tint: Array) -> Array:
    tx, ty = np.mod(c.across / 16, 1), np.mod(c.down / 16, 1)
    joint = np.maximum(step((0.05 - tx) / 0.03), step((0.05 - ty) / 0.03))
    glaze = colour(226, 240, 240) * (0.97 + 0.05 * (ty + tx) / 2)[..., None]
    wall = mix(glaze, colour(170, 196, 200), joint)
    top = fade(c, colour(236, 232, 226), colour(206, 200, 192), c.horizon, c.height)
    speck = c.noise(4, 1.4) * 0.5 + c.noise(5, 2.6) * 0.5
    top = top * (0.94 + 0.12 * speck)[..., None]
    edge = np.exp(-(((c.y - c.horizon) / 1.5) ** 2))
    return mix(mix(wall, top, c.below(c.horizon)), colour(120, 124, 128), edge * 0.6)


def library(c: Canvas, tint: Array) -> Array:
    shelf, inside = np.floor(c.down / 32), np.mod(c.down / 32, 1)
    book, u = np.floor(c.across / 4), np.mod(c.across / 4, 1)
    which = book.astype(int) * 7 + shelf.astype(int) * 13 + int(1000 * c.draws[3])
    tone = np.stack([0.5 + 0.35 * np.sin(which * a + b) for a, b in ((2.4, 0.3), (1.7, 2.1), (3.1, 4.0))], -1)
    spine = (tone * 0.75 + 0.08).astype(np.float32) * (0.7 + 0.5 * np.sin(np.pi * u))[..., None]
    high = 0.24 + 0.16 * np.mod(which * 0.37, 1)
    scene = mix(colour(52, 34, 24) * np.ones_like(spine), spine, step((inside - high) / 0.04))
    scene = mix(scene, colour(140, 92, 54), step((inside - 0.93) / 0.02))
    floor = fade(c, colour(110, 66, 40), colour(150, 94, 58), c.horizon, c.height)
    return mix(scene, floor * (0.92 + 0.14 * c.noise(4, 0.4, 0.05))[..., None], c.below(c.horizon))


def underwater(c: Canvas, tint: Array) -> Array:
    deep = fade(c, colour(70, 190, 216), colour(12, 70, 128), 0, c.horizon)
    ray = np.clip(np.sin((c.across + 0.5 * c.down) * (2 * np.pi / 64)) - 0.35, 0, 1) * np.clip(
        1 - c.y / c.horizon, 0, 1
    )
    scene = deep + 0.28 * ray[..., None]
    scene = mix(scene, colour(6, 48, 100), flakes(c, 0.07, 0.2))
    scene = mix(scene, colour(224, 250, 255), flakes(c, 0.07, 0.14))
    sand = fade(c, colour(150, 160, 120), colour(206, 196, 146), c.horizon, c.height)
    scene = mix(scene, sand * (0.9 + 0.16 * c.noise(6, 0.3, 0.6))[..., None], c.below(c.ridge(6, 0.05, 5)))
    return landmarks.kelp(c, scene, c.horizon + 8)


def space(c: Canvas, tint: Array) -> Array:
    dark = np.ones((*c.x.shape, 3), np.float32) * colour(10, 8, 26)
    cloud = step((c.clouds(0, 0.022, 0.022) - 0.42) / 0.4)
    scene = mix(dark, mix(colour(90, 40, 140), colour(30, 90, 170), c.noise(3, 0.02)), cloud * 0.75)
    scene = mix(scene, colour(255, 255, 250), flakes(c, 0.16, 0.11))
    ground = fade(c, colour(150, 146, 156), colour(96, 92, 104), c.horizon, c.height)
    scene = landmarks.world(c, scene)
    return mix(scene, landmarks.craters(c, ground), c.below(c.ridge(6, 0.03, 4)))


def cave(c: Canvas, tint: Array) -> Array:
    rock = mix(colour(52, 42, 46), colour(104, 86, 80), c.clouds(2, 0.09, 0.09))
    mouth = np.hypot(c.across / 46, (c.y - c.horizon + 22) / 46)
    mouth = mouth + 0.24 * (c.noise(1, 0.12) - 0.5)
    outside = fade(c, colour(240, 214, 150), colour(255, 240, 200), 0, c.horizon)
    scene = mix(outside, rock, step((mouth - 0.86) / 0.1))
    scene = scene + 0.25 * np.exp(-(((mouth - 0.8) / 0.25) ** 2))[..., None] * colour(255, 190, 110)
    scene = landmarks.stalactites(c, scene, colour(92, 72, 66))
    floor = fade(c, colour(110, 90, 78), colour(58, 46, 44), c.horizon, c.height)
    return mix(scene, floor * (0.85 + 0.3 * c.noise(5, 0.16, 0.4))[..., None], c.below(c.horizon + 2))


def stage(c: Canvas, tint: Array) -> Array:
    fold = 0.5 + 0.5 * np.cos(c.across * (2 * np.pi / 16) + 0.6 * np.sin(c.across * (2 * np.pi / 64)))
    curtain = mix(colour(92, 8, 24), colour(196, 26, 48), fold)
    centre = c.width / 2
    cone = np.abs(c.x - centre) / (6 + 0.42 * c.y)
    scene = landmarks.valance(c, curtain * (0.62 + 0.55 * np.exp(-(cone**2)))[..., None])
    boards = fade(c, colour(120, 74, 42), colour(164, 108, 64), c.horizon, c.height)
    seam = np.exp(-(((np.mod((c.y - c.horizon) / 7, 1) - 0.5) ** 2 - 0.25) ** 2) / 0.001)
    spot = ((c.x - centre) / (0.4 * c.width)) ** 2 + (
        (c.y - (c.horizon + c.height) / 2) / (0.3 * (c.height - c.horizon) + 1)
    ) ** 2
    boards = boards * (1 - 0.35 * seam)[..., None] + 0.3 * np.exp(-spot)[..., None] * colour(255, 240, 190)
    return mix(scene, boards, c.below(c.horizon))


def skyline(c: Canvas, tint: Array) -> Array:
    scene = fade(c, colour(120, 186, 236), colour(226, 240, 248), 0, c.horizon)
    for k, (wide, paint) in enumerate(((16, colour(164, 188, 210)), (32, colour(96, 124, 156)))):
        tower = np.floor(c.across / wide).astype(int) % LATTICE
        tall = np.floor(8 * c.lattices[1 + k][tower, 3]) / 8
        top = np.floor(((0.2 + 0.3 * k + 0.5 * tall) * c.horizon - c.height / 2) / 8) * 8
        front = mix(paint * np.ones_like(scene), colour(232, 240, 246), 0.6 * windows(c, 4, 8, 0.9, 2.2))
        side = step((np.abs(np.mod(c.across / wide, 1) - 0.5) * wide - wide / 2 + 0.7) / c.texel)
        front = mix(front, paint * 0.86, side)
        scene = mix(scene, front, step((c.down - top) / c.texel))
    river = waves(c, colour(120, 168, 196), colour(70, 120, 160))
    return mix(scene, river, c.below(c.horizon))


def autumn_forest(c: Canvas, tint: Array) -> Array:
    haze = fade(c, colour(250, 206, 120), colour(252, 228, 170), 0, c.horizon)
    leaves = mix(colour(196, 70, 24), colour(248, 172, 44), c.clouds(1, 0.14, 0.14))
    scene = mix(haze, colour(92, 60, 44), trunks(c, 0.08))
    scene = landmarks.canopy(c, scene, -30, leaves)
    scene = mix(scene, colour(150, 44, 20), flakes(c, 0.1, 0.2) * c.below(0.2 * c.horizon))
    litter = mix(colour(190, 92, 34), colour(236, 164, 60), c.noise(4, 0.5, 0.3))
    return mix(scene, litter * (0.85 + 0.25 * c.noise(5, 1.0, 0.5))[..., None], c.below(c.ridge(6, 0.05, 3)))


SCENERY = {
    "garden": garden, "lake": lake, "farm": farm, "kitchen": kitchen, "library": library,
    "underwater": underwater, "space": space, "cave": cave, "stage": stage, "skyline": skyline,
    "autumn forest": autumn_forest,
}  # fmt: skip
