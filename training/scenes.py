"""Scenes: what they are, and their render. Lengths are in base pixels; a square scene is 128 x 128.

Knows nothing of captions (training/compositions.py), of lights and styles (training/finishes) or of networks.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from training.canvas import LATTICE, Canvas
from training.places import PAINTERS
from training.scenery import SCENERY
from training.sprites import SIZES, Sprites
from training.vocabulary import COLOURS, PLACES

Array = NDArray[np.float32]
ALL_PAINTERS = PAINTERS | SCENERY
BASE_SIZES = ((128, 128), (176, 96), (96, 176), (160, 112), (112, 160))  # five ratios, an eighth of 1k


@dataclass(frozen=True)
class Thing:
    """A thing placed in a scene: centre and size, in base pixels, of the box around what is drawn of it."""

    name: str
    colour: str
    x: float
    y: float
    width: float
    height: float
    flipped: bool = False
    drawing: int = 0  # which of the thing's

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True)
class Scene:
    width: int
    height: int
    place: int  # index into PLACES
    tint: str  # colour of a studio background; "natural" elsewhere
    horizon: float
    seed: int  # of the place's details
    things: tuple[Thing, ...]  # in the order of their mention
    light: int = 0
    style: int = 0
    words: tuple[str, ...] = field(default=())  # the caption, as the tokenizer would return it

    @property
    def layers(self) -> tuple[Thing, ...]:
        """The things from the back to the front: what stands lower is nearer."""
        return tuple(sorted(self.things, key=lambda thing: thing.bottom))


@dataclass(frozen=True)
class Window:
    """A crop of a scene: its corner and size in base pixels."""

    x: float
    y: float
    width: float
    height: float
    scale: float  # painted pixels a base pixel

    @property
    def shape(self) -> tuple[int, int]:
        return round(self.height * self.scale), round(self.width * self.scale)


def whole(scene: Scene, scale: float = 1) -> Window:
    return Window(0, 0, scene.width, scene.height, scale)


def render(scene: Scene, sprites: Sprites, window: Window) -> Array:
    """(h, w, 3) sRGB in [0, 1], by day and in no style."""
    canvas = canvas_of(scene, window)
    tint = np.array(COLOURS.get(scene.tint, (226, 226, 230)), np.float32) / 255
    picture = np.ascontiguousarray(
        np.clip(ALL_PAINTERS[PLACES[scene.place].name](canvas, tint), 0, 1), np.float32
    )
    seen = [thing for thing in scene.layers if touches(thing, window)]
    for thing in seen:
        shade(picture, canvas, scene, thing)
    for thing in seen:
        paste(picture, thing, sprites, window)
    return picture


def coverage(scene: Scene, sprites: Sprites, window: Window) -> Array:
    """(h, w) in [0, 1]: how much of each pixel things cover."""
    free = np.ones(window.shape, np.float32)
    for thing in scene.things:
        if touches(thing, window):
            free *= 1 - warped(thing, sprites, window)[..., 3]
    covered: Array = 1 - free
    return covered


def touches(thing: Thing, window: Window) -> bool:
    """Whether a thing or its shadow reaches into a window."""
    wide, high = thing.width, 0.5 * thing.height + 0.25 * thing.width
    return bool(
        -wide < thing.x - window.x < window.width + wide and -high < thing.y - window.y < window.height + high
    )


def canvas_of(scene: Scene, window: Window) -> Canvas:
    rng = np.random.default_rng(scene.seed)
    h, w = window.shape
    xs = window.x + (np.arange(w, dtype=np.float32) + 0.5) / window.scale
    ys = window.y + (np.arange(h, dtype=np.float32) + 0.5) / window.scale
    x, y = np.meshgrid(xs, ys)
    lattices = rng.random((8, LATTICE, LATTICE), np.float32)
    return Canvas(
        x, y, scene.width, scene.height, scene.horizon, 1 / window.scale, lattices, rng.random(16, np.float32)
    )


def shade(picture: Array, canvas: Canvas, scene: Scene, thing: Thing) -> None:
    """A soft contact shadow under a thing that stands on the ground."""
    if thing.bottom < scene.horizon:
        return
    wide = 0.5 * thing.width
    d = ((canvas.x - thing.x) / wide) ** 2 + ((canvas.y - thing.bottom) / (0.22 * wide)) ** 2
    picture *= (1 - 0.5 * np.exp(-1.4 * d))[..., None]


def transform(thing: Thing, box: tuple[float, float, float, float], size: int, window: Window) -> Array:
    """(2, 3): sprite pixels -> window pixels, centres at .5. ``box`` is what is drawn of the sprite."""
    left, top, right, bottom = (edge * size for edge in box)
    kx, ky = thing.width / (right - left) * window.scale, thing.height / (bottom - top) * window.scale
    sx = -kx if thing.flipped else kx
    tx = (thing.x - window.x) * window.scale - sx * (left + right) / 2
    ty = (thing.y - window.y) * window.scale - ky * (top + bottom) / 2
    return np.array([[sx, 0, tx + 0.5 * sx - 0.5], [0, ky, ty + 0.5 * ky - 0.5]], np.float32)


def warped(thing: Thing, sprites: Sprites, window: Window) -> Array:
    """(h, w, 4): a thing alone, premultiplied."""
    left, top, right, bottom = box = sprites.box(thing.name, thing.drawing)
    wanted = max(thing.width / (right - left), thing.height / (bottom - top)) * window.scale
    size = next(
        (small for big, small in pairwise(SIZES) if small < wanted <= big),
        SIZES[0] if wanted > SIZES[0] else SIZES[-1],
    )
    size = min(max(size * 2 if size < wanted else size, SIZES[-1]), SIZES[0])
    sprite = sprites.level(thing.name, thing.colour, size, thing.drawing)
    h, w = window.shape
    matrix = transform(thing, box, size, window)
    return cv2.warpAffine(sprite, matrix, (w, h), flags=cv2.INTER_LINEAR).astype(np.float32) / np.float32(255)


def paste(picture: Array, thing: Thing, sprites: Sprites, window: Window) -> None:
    layer = warped(thing, sprites, window)
    picture *= 1 - layer[..., 3:]
    picture += layer[..., :3]
