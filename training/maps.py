"""Scene maps: which thing covers each cell of a scene, in which colour, and where in the thing the cell lies.

This is what the layout transformer learns to make and the pixel network learns to paint from. A cell is 8
base pixels; things claim their box, and where boxes meet, the silhouette in front wins.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from limner.nano.grid import CELL, FRAME, POSITION_UNIT, where_of
from training.scenes import Scene, Thing, Window, transform
from training.sprites import Sprites
from training.vocabulary import COLOUR_NAMES, THINGS, place_kind

FINE = 4  # silhouettes are looked at this much finer than a cell
THING_INDEX = {name: index for index, name in enumerate(THINGS)}
COLOUR_INDEX = {name: index for index, name in enumerate(COLOUR_NAMES)}


@dataclass(frozen=True)
class SceneMap:
    """Arrays over cells (h, w)."""

    thing: NDArray[np.int64]
    colour: NDArray[np.int64]  # of the thing; 0 where there is none
    place: int
    frame: NDArray[np.float32]  # (FRAME, h, w): the square of the thing and the horizon, see limner.nano.grid

    @property
    def where(self) -> NDArray[np.float32]:
        """(3, h, w): u, v and height over the horizon."""
        return where_of(self.frame, self.thing)


def map_of(scene: Scene, sprites: Sprites) -> SceneMap:
    w, h = scene.width // CELL, scene.height // CELL
    thing = np.zeros((h, w), np.int64)
    colour = np.zeros((h, w), np.int64)
    frame = np.zeros((FRAME, h, w), np.float32)
    for claim in (box_of, silhouette_of):
        for placed in scene.things:
            covered = claim(placed, sprites, w, h)
            thing[covered], colour[covered] = THING_INDEX[placed.name], COLOUR_INDEX[placed.colour]
            frame[:, covered] = frame_of(placed, scene)[:, None]
    frame[4] = (scene.horizon - scene.height / 2) / POSITION_UNIT
    return SceneMap(thing, colour, place_kind(scene.place, scene.tint), frame)


def frame_of(thing: Thing, scene: Scene) -> NDArray[np.float32]:
    """(FRAME,): the same for every cell of a thing, which is far easier to sample than u and v themselves."""
    x, y = (thing.x - scene.width / 2) / POSITION_UNIT, (thing.y - scene.height / 2) / POSITION_UNIT
    return np.array([x, y, np.log2(thing.side / POSITION_UNIT), -1 if thing.flipped else 1, 0], np.float32)


def place_in(thing: Thing, w: int, h: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """x and y of every cell's centre in a thing's square, from -1 to 1."""
    x, y = np.meshgrid((np.arange(w) + 0.5) * CELL, (np.arange(h) + 0.5) * CELL)
    return (x - thing.x) / (thing.side / 2), (y - thing.y) / (thing.side / 2)


def box_of(thing: Thing, sprites: Sprites, w: int, h: int) -> NDArray[np.bool_]:
    """Cells that the drawn part's box touches, with two thirds of a cell around it."""
    left, top, right, bottom = sprites.box(thing.name)
    if thing.flipped:
        left, right = 1 - right, 1 - left
    u, v = place_in(thing, w, h)
    margin = 0.66 * CELL / (thing.side / 2)
    inside = (u > 2 * left - 1 - margin) & (u < 2 * right - 1 + margin)
    return inside & (v > 2 * top - 1 - margin) & (v < 2 * bottom - 1 + margin)


def silhouette_of(thing: Thing, sprites: Sprites, w: int, h: int) -> NDArray[np.bool_]:
    """Cells with any of the thing in them."""
    alpha = np.ascontiguousarray(sprites.level(thing.name, "natural", 64)[..., 3])
    window = Window(0, 0, w * CELL, h * CELL, FINE / CELL)
    fine = cv2.warpAffine(alpha, transform(thing, 64, window), (w * FINE, h * FINE), flags=cv2.INTER_LINEAR)
    covered: NDArray[np.bool_] = fine.reshape(h, FINE, w, FINE).max((1, 3)) > 0.25
    return covered
