"""Scene maps: which thing, in which colour, covers each cell of a scene, and where in the thing the cell lies.

This is what the layout transformer learns to make and the pixel network learns to paint from. A cell is 8 base
pixels; things claim their box, and where boxes meet, the silhouette in front wins.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from limner.nano.grid import CELL
from training.scenes import Scene, Thing, Window, transform
from training.sprites import Sprites
from training.vocabulary import COLOUR_NAMES, THINGS

FINE = 4  # silhouettes are looked at this much finer than a cell
THING_INDEX = {name: index for index, name in enumerate(THINGS)}
COLOUR_INDEX = {name: index for index, name in enumerate(COLOUR_NAMES)}


@dataclass(frozen=True)
class SceneMap:
    """Arrays over cells (h, w)."""

    thing: NDArray[np.int64]
    colour: NDArray[np.int64]  # of the thing; where there is none, of a tinted background
    place: int
    where: NDArray[
        np.float32
    ]  # (3, h, w): u and v in the thing's square from -1 to 1 (0 where none), height over the horizon


def map_of(scene: Scene, sprites: Sprites) -> SceneMap:
    w, h = scene.width // CELL, scene.height // CELL
    thing = np.zeros((h, w), np.int64)
    colour = np.full((h, w), COLOUR_INDEX[scene.tint], np.int64)
    y = (np.arange(h, dtype=np.float32) + 0.5) * CELL
    ground = np.repeat(((y - scene.horizon) / scene.height * 2)[:, None], w, 1)
    where = np.stack([np.zeros((h, w), np.float32), np.zeros((h, w), np.float32), ground]).astype(np.float32)
    for claim in (box_of, silhouette_of):
        for placed in scene.things:
            covered = claim(placed, sprites, w, h)
            u, v = place_in(placed, w, h)
            thing[covered], colour[covered] = THING_INDEX[placed.name], COLOUR_INDEX[placed.colour]
            where[0][covered], where[1][covered] = u[covered], v[covered]
    return SceneMap(thing, colour, scene.place, where)


def place_in(thing: Thing, w: int, h: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """u, v of every cell's centre in a thing's square; a flipped thing's u runs backwards."""
    x, y = np.meshgrid((np.arange(w) + 0.5) * CELL, (np.arange(h) + 0.5) * CELL)
    u = (x - thing.x) / (thing.side / 2) * (-1 if thing.flipped else 1)
    return u.astype(np.float32), ((y - thing.y) / (thing.side / 2)).astype(np.float32)


def box_of(thing: Thing, sprites: Sprites, w: int, h: int) -> NDArray[np.bool_]:
    """Cells that the drawn part's box touches, with two thirds of a cell around it."""
    left, top, right, bottom = sprites.box(thing.name)
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
