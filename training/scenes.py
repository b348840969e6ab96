"""Scenes: what they are, how they are drawn at random, what people would say of them, and their render.

A scene is a description in base pixels (a square scene is 128 x 128); the renderer knows nothing of networks.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from training.places import LATTICE, PAINTERS, Canvas
from training.sprites import SIZES, Sprites
from training.vocabulary import COLOUR_NAMES, COLOURS, FLYING, PLACES, THINGS

Array = NDArray[np.float32]
BASE_SIZES = ((128, 128), (176, 96), (96, 176), (160, 112), (112, 160))  # five ratios, an eighth of 1k


@dataclass(frozen=True)
class Thing:
    """A thing placed in a scene: its square's centre and side in base pixels."""

    name: str
    colour: str
    x: float
    y: float
    side: float
    flipped: bool = False


@dataclass(frozen=True)
class Scene:
    width: int
    height: int
    place: int  # index into PLACES
    tint: str  # colour of a studio background; "natural" elsewhere
    horizon: float
    seed: int  # of the place's details
    things: tuple[Thing, ...]
    words: tuple[str, ...] = field(default=())  # the caption, as the tokenizer would return it


def held_out(kind: str, a: str, b: str) -> bool:
    """Whether evaluation alone may draw a pair: one in ten, so that it asks for new combinations."""
    return hash_of(f"{kind}/{a}/{b}") % 10 == 0


def hash_of(text: str) -> int:
    value = 2166136261
    for byte in text.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value >> 7


class SceneMaker:
    """Draws random scenes of one to two things and their captions."""

    def __init__(self, sprites: Sprites, seed: int, evaluation: bool = False) -> None:
        self._sprites = sprites
        self._rng = np.random.default_rng(seed)
        self._evaluation = evaluation

    def scene(self, square: bool = False) -> Scene:
        rng = self._rng
        width, height = BASE_SIZES[0] if square or rng.random() < 0.5 else BASE_SIZES[rng.integers(1, 5)]
        place = int(rng.integers(len(PLACES)))
        low, high = PLACES[place].horizon
        horizon = float(rng.uniform(low, high)) * height
        tint = str(rng.choice(COLOUR_NAMES)) if PLACES[place].name == "studio" else "natural"
        things, words = self._things(width, height, place, horizon)
        words += self._place_words(place, tint)
        return Scene(width, height, place, tint, horizon, int(rng.integers(2**31)), things, tuple(words))

    def _place_words(self, place: int, tint: str) -> list[str]:
        if PLACES[place].name == "studio" and tint == "natural":
            return [] if self._rng.random() < 0.7 else ["studio"]
        return [tint, "studio"] if PLACES[place].name == "studio" else [PLACES[place].name]

    def _name_and_colour(self, place: int) -> tuple[str, str]:
        rng = self._rng
        while True:
            name = str(rng.choice(THINGS[1:])) if rng.random() > 0.04 else "sign"
            colour = "natural" if rng.random() < 0.3 else str(rng.choice(COLOUR_NAMES[1:]))
            new = held_out("place", name, PLACES[place].name) or (
                colour != "natural" and held_out("colour", name, colour)
            )
            if new == self._evaluation:
                return name, colour

    def _things(
        self, width: int, height: int, place: int, horizon: float
    ) -> tuple[tuple[Thing, ...], list[str]]:
        rng = self._rng
        short = min(width, height)
        first = self._name_and_colour(place)
        if rng.random() < 0.45:
            word, low, high = [("", 0.50, 0.80), ("small", 0.26, 0.36), ("big", 0.84, 0.98)][
                rng.choice(3, p=[0.8, 0.1, 0.1])
            ]
            side = short * float(rng.uniform(low, high))
            x = width / 2 + float(rng.normal(0, 0.06)) * (width - 0.6 * side)
            thing = self._put(first, x, side, height, horizon, keep_in=width)
            called = [*([first[1]] if first[1] != "natural" else []), first[0]]
            if rng.random() < 0.08:
                called.reverse()
            return (thing,), [*([word] if word else []), *called]
        second = first if rng.random() < 0.12 else self._name_and_colour(place)
        side = min(short * float(rng.uniform(0.42, 0.62)), width * 0.5)
        gap = width * float(rng.uniform(0.23, 0.27))
        a = self._put(
            first, width / 2 - gap, side * float(rng.uniform(0.88, 1.05)), height, horizon, keep_in=width
        )
        b = self._put(
            second, width / 2 + gap, side * float(rng.uniform(0.88, 1.05)), height, horizon, keep_in=width
        )
        return (a, b), self._pair_words(first, second)

    def _pair_words(self, left: tuple[str, str], right: tuple[str, str]) -> list[str]:
        a, b = ([c, n] if c != "natural" else [n] for n, c in (left, right))
        if left == right:
            return ["two", *a]
        draw = self._rng.random()
        if draw < 0.25:
            return [*a, "left-of", *b]
        if draw < 0.5:
            return [*b, "right-of", *a]
        return [*a, *b]  # what is named first stands left, as one reads

    def _put(
        self, what: tuple[str, str], x: float, side: float, height: int, horizon: float, keep_in: int
    ) -> Thing:
        rng = self._rng
        left, top, right, bottom = self._sprites.box(what[0])
        if what[0] in FLYING and rng.random() < 0.6:
            y = float(rng.uniform(0.5 * side, max(0.5 * side + 1, min(horizon, height - 0.6 * side))))
        else:
            low, high = horizon + 0.25 * (height - horizon), horizon + 0.85 * (height - horizon)
            foot = float(rng.uniform(low, high))
            y = max(foot - (bottom - 0.5) * side, side * (0.5 - top) + 2)
        x = float(np.clip(x, (0.5 - left) * side + 1, keep_in - (right - 0.5) * side - 1))
        return Thing(what[0], what[1], x, y, side, bool(rng.random() < 0.5) and what[0] != "sign")


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
    """(h, w, 3) sRGB in [0, 1]."""
    canvas = canvas_of(scene, window)
    tint = np.array(COLOURS.get(scene.tint, (226, 226, 230)), np.float32) / 255
    picture = np.ascontiguousarray(
        np.clip(PAINTERS[PLACES[scene.place].name](canvas, tint), 0, 1), np.float32
    )
    for thing in scene.things:
        shade(picture, canvas, scene, thing, sprites)
    for thing in scene.things:
        paste(picture, thing, sprites, window)
    return picture


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


def shade(picture: Array, canvas: Canvas, scene: Scene, thing: Thing, sprites: Sprites) -> None:
    """A soft contact shadow under a thing that stands on the ground."""
    left, _, right, bottom = sprites.box(thing.name)
    foot = thing.y + (bottom - 0.5) * thing.side
    if foot < scene.horizon:
        return
    wide = 0.5 * (right - left) * thing.side
    middle = thing.x + ((left + right) / 2 - 0.5) * thing.side * (-1 if thing.flipped else 1)
    d = ((canvas.x - middle) / wide) ** 2 + ((canvas.y - foot) / (0.22 * wide)) ** 2
    picture *= (1 - 0.5 * np.exp(-1.4 * d))[..., None]


def transform(thing: Thing, size: int, window: Window) -> Array:
    """(2, 3): sprite pixels -> window pixels (pixel centres at .5)."""
    k = thing.side / size * window.scale
    sx = -k if thing.flipped else k
    tx = (thing.x - window.x) * window.scale - sx * size / 2
    ty = (thing.y - window.y) * window.scale - k * size / 2
    return np.array([[sx, 0, tx + 0.5 * sx - 0.5], [0, k, ty + 0.5 * k - 0.5]], np.float32)


def paste(picture: Array, thing: Thing, sprites: Sprites, window: Window) -> None:
    wanted = thing.side * window.scale
    size = next(
        (small for big, small in pairwise(SIZES) if small < wanted <= big),
        SIZES[0] if wanted > SIZES[0] else SIZES[-1],
    )
    size = min(max(size * 2 if size < wanted else size, SIZES[-1]), SIZES[0])
    sprite = sprites.level(thing.name, thing.colour, size)
    h, w = picture.shape[:2]
    warped = cv2.warpAffine(sprite, transform(thing, size, window), (w, h), flags=cv2.INTER_LINEAR)
    picture *= 1 - warped[..., 3:]
    picture += warped[..., :3]
