"""Sampling: words to a scene, the scene to a small picture, and that to full size.

Free functions over arrays. Flow matching with x-prediction (x_t = (1 - t) noise + t clean; t = 0 is noise),
Euler steps, guidance on what is in the picture only. Random numbers come from the seed alone, so a picture is
the same in any batch and on any worker.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from limner.nano.boxes import (
    HALF_CELL,
    POSITION_UNIT,
    REFINING_FROM,
    TEXT_TOKENS,
    back_to_front,
    boxes_of,
    ground_of,
    inside,
    pixel_positions,
    stretched,
)
from limner.nano.finish import grain, noise, tile_places, uniform, view
from limner.nano.weights import Array, Drawing, Graphs, Page, Weights

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
StepDone = Callable[[], None]
Look = Callable[[Floats], None]
"""Called after a step with the estimate of the clean picture, (1, 3, h, w) about [-1, 1]."""

NEVER = -1e4  # added to a logit
STRIP, STRIP_MARGIN = 256, 16  # rows; the network that enlarges sees no further than 13
MOST_COMPOSING = 4  # steps: of 120 held-out pairs 119 are right with them, 111 with sixteen


@dataclass(frozen=True)
class Scene:
    """What is in a picture of width x height base pixels. Objects lie from the back to the front."""

    width: int
    height: int
    things: Integers  # (K,), none of them 0
    painted: Integers  # (K,): which drawing of the thing, as the painter counts them
    colours: Integers  # (K,)
    boxes: Floats  # (K, 5): x, y, half width, half height in base pixels, facing
    place: int
    light: int
    style: int
    horizon: float  # base pixels from the top

    def doubled(self) -> "Scene":
        """The same at twice the size."""
        boxes = self.boxes * np.array([2, 2, 2, 2, 1], np.float32)
        width, height, horizon = 2 * self.width, 2 * self.height, 2 * self.horizon
        return replace(self, width=width, height=height, horizon=horizon, boxes=boxes)


@dataclass(frozen=True)
class Wish:
    """What a picture shall show and what not, as token ids and words of the model."""

    words: tuple[int, ...]
    against: tuple[int, ...] = ()
    unwanted: tuple[str, ...] = ()  # words that must not appear, whatever guidance makes of them
    drawings: Mapping[str, frozenset[int]] = field(default_factory=dict)  # thing -> those meant; else any


@dataclass(frozen=True)
class Steps:
    """How many steps each part takes."""

    composing: int
    painting: int
    refining: int

    @classmethod
    def split(cls, total: int) -> "Steps":
        """A third of the steps paint, and one in eight of all refine, where a step costs as much as four of
        painting. The scene takes what is left, but few: more make it worse (docs/log.md)."""
        refining = max(1, total // 8)
        painting = max(1, round(total / 3) - refining)
        return cls(max(1, min(MOST_COMPOSING, total - painting - refining)), painting, refining)

    @property
    def total(self) -> int:
        return self.composing + self.painting + self.refining


def times(count: int, power: float) -> Iterator[tuple[float, float]]:
    """Steps from noise (0) to clean (1), dense at the noisy end, where the prompt decides."""
    return pairwise((k / count) ** power for k in range(count + 1))


def text(ids: tuple[int, ...]) -> Integers:
    padded = np.zeros(TEXT_TOKENS, np.int64)
    padded[: len(ids)] = ids[:TEXT_TOKENS]
    return padded


def banned(page: Page, unwanted: tuple[str, ...]) -> dict[str, Floats]:
    """What is added to the logits of each kind so that no unwanted word comes out of them."""
    kinds: Mapping[str, tuple[str, ...]] = {
        "things": page.vocabulary.things,
        "colours": ("", *page.vocabulary.colours),
        "place": (
            *(f"place:{name}" for name in page.places),
            *("background" for _ in page.vocabulary.colours),
        ),
        "light": ("", *(f"light:{name}" for name in page.lights[1:])),
        "style": ("", *(f"style:{name}" for name in page.styles[1:])),
    }
    return {
        f"ban_{kind}": np.array([[NEVER if name in unwanted else 0 for name in names]], np.float32)
        for kind, names in kinds.items()
    }


def compose(
    weights: Weights,
    wish: Wish,
    size: tuple[int, int],
    seed: int,
    steps: int,
    guidance: float,
    done: StepDone,
) -> Scene:
    """A scene for words, guided away from ``against`` (no words: from the average scene).

    ``size`` is width and height in base pixels.
    """
    width, height = size
    read = weights.reader({"words": np.stack([text(wish.words), text(wish.against)])})
    fixed: dict[str, Array] = {
        **read,
        "size": np.array([[width, height]], np.float32) / 2 / POSITION_UNIT,
        "guidance": np.array([guidance], np.float32),
        **banned(weights.page, wish.unwanted),
    }
    x, asked = noise(seed, 0, (1, weights.page.codes)), dict[str, Array]()
    out: dict[str, Array] = {}
    for t, following in times(steps, 1.7):
        asked = {"noisy": x, "t": np.array([t], np.float32), **fixed}
        out = weights.composer(asked)
        x = x + (following - t) / (1 - t) * (out["clean"] - x)
        done()
    is_recoloured = np.isin(out["things"].argmax(-1), own_in(weights.page, wish.unwanted))
    if is_recoloured.any():
        tinted = weights.composer({**asked, **but_natural(asked)})["colours"]
        out["colours"] = np.where(is_recoloured[..., None], tinted, out["colours"])
    return scene_of(out, width, height, drawings_for(weights.page, wish, out["things"][0].argmax(-1), seed))


def own_in(page: Page, unwanted: tuple[str, ...]) -> list[int]:
    """The kinds of things that have an unwanted colour of their own, as snow is white where no other colour
    is named: left as they are, they would show it."""
    of_each = (page.own_colours.get(name, frozenset()) for name in page.vocabulary.things)
    return [index for index, own in enumerate(of_each) if not own.isdisjoint(unwanted)]


def but_natural(asked: Mapping[str, Array]) -> dict[str, Array]:
    """What bans that a thing be left in the colours of its own."""
    ban = asked["ban_colours"].copy()
    ban[:, 0] = NEVER
    return {"ban_colours": ban}


def drawings_for(page: Page, wish: Wish, things: Integers, seed: int) -> list[Drawing]:
    """For each object one of the drawings that its thing was learned from and that are meant, each as likely
    as another."""
    chosen = []
    for thing, draw in zip(things.tolist(), uniform(seed, 4, len(things)).tolist(), strict=True):
        name = page.vocabulary.things[thing]
        drawings = (Drawing(thing, 1, 1), *page.drawings.get(name, ()))
        meant = sorted(wish.drawings.get(name, range(len(drawings))))
        chosen.append(drawings[meant[int(draw * len(meant))]])
    return chosen


def scene_of(out: Mapping[str, Array], width: int, height: int, drawings: Sequence[Drawing]) -> Scene:
    """The likeliest of everything, the objects that there are put into the order of their layers."""
    things, colours = out["things"][0].argmax(-1), out["colours"][0].argmax(-1)
    stretches = np.array([(drawing.wide, drawing.high) for drawing in drawings], np.float32)
    boxes = inside(stretched(boxes_of(out["frames"][0], width, height), stretches), width, height)
    painted = np.array([drawing.painted for drawing in drawings])
    there = np.flatnonzero(things > 0)
    order = there[back_to_front(boxes[there])]
    place, light, style = (int(out[kind][0].argmax()) for kind in ("place", "light", "style"))
    horizon = float(out["horizon"][0, 0]) * POSITION_UNIT + height / 2
    drawn = things[order], painted[order], colours[order], boxes[order]
    return Scene(width, height, *drawn, place, light, style, horizon)


@dataclass(frozen=True)
class Painting:
    """A picture before it is finished, at twice the base size."""

    pixels: Floats  # (1, 3, 2h, 2w) in [-1, 1]
    cover: Floats  # (1, 1, h / 4, w / 4): how much things cover each half-cell


def paint(weights: Weights, scene: Scene, seed: int, steps: Steps, look: Look) -> Painting:
    """A scene painted at the base size, then refined at twice that. ``look`` sees every step."""
    known = weights.condition(painting_inputs(scene))
    x = noise(seed, 1, (1, 3, scene.height, scene.width))
    x = painted(weights, x, known["condition"], times(steps.painting, 1.5), look)
    cover, scene = known["cover"], scene.doubled()
    known = weights.condition(painting_inputs(scene))
    start = REFINING_FROM
    x = (1 - start) * noise(seed, 3, (1, 3, scene.height, scene.width)) + start * doubled(x)
    moments = [start + (1 - start) * k / steps.refining for k in range(steps.refining + 1)]
    x = painted(weights, x, known["condition"], pairwise(moments), look)
    return Painting(x.clip(-1, 1), cover)


def painted(
    weights: Weights, x: Floats, condition: Floats, moments: Iterator[tuple[float, float]], look: Look
) -> Floats:
    for t, following in moments:
        clean = weights.painter({"noisy": x, "t": np.array([t], np.float32), "condition": condition})["clean"]
        x = x + (following - t) / (1 - t) * (clean - x)
        look(clean)
    return x


def doubled(picture: Floats) -> Floats:
    """(1, 3, h, w) -> (1, 3, 2h, 2w), bilinear."""
    _, _, h, w = picture.shape
    rows, columns = (np.clip((np.arange(2 * n) - 0.5) / 2, 0, n - 1) for n in (h, w))
    for axis, at in ((2, rows), (3, columns)):
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, picture.shape[axis] - 1)
        k = (at - low).astype(np.float32).reshape(-1, *[1] * (3 - axis))
        picture = picture.take(low, axis) * (1 - k) + picture.take(high, axis) * k
    return picture


def painting_inputs(scene: Scene) -> dict[str, Array]:
    """What the painter is told of a scene; where there are no objects, of one that is nothing."""
    missing = max(0, 1 - len(scene.things))
    nowhere = np.tile(np.array([0, 0, HALF_CELL, HALF_CELL, 1], np.float32), (missing, 1))
    return {
        "things": np.pad(scene.painted, (0, missing))[None],
        "colours": np.pad(scene.colours, (0, missing))[None],
        "boxes": np.concatenate([scene.boxes, nowhere])[None],
        "place": np.array([scene.place]),
        "ground": ground_of(scene.boxes, scene.horizon, scene.width, scene.height)[None],
        "position": pixel_positions(scene.width, scene.height)[None],
    }


def enlarge(
    weights: Graphs, painting: Painting, scene: Scene, seed: int, is_doubled: bool
) -> NDArray[np.uint8]:
    """The finished picture, (8h, 8w, 3) bytes, or (16h, 16w, 3) when doubled."""
    large = finished(weights, painting, scene, seed)
    return twice_as_large(weights, large) if is_doubled else as_pixels(large)


def twice_as_large(weights: Graphs, large: Floats) -> NDArray[np.uint8]:
    """(1, 3, h, w) -> (2h, 2w, 3) bytes, in strips: all at once takes gigabytes."""
    strips = []
    for top in range(0, large.shape[2], STRIP):
        first = max(top - STRIP_MARGIN, 0)
        seen = np.ascontiguousarray(large[:, :, first : top + STRIP + STRIP_MARGIN])
        doubled_strip = weights.upscale2({"small": seen})["large"]
        strips.append(as_pixels(doubled_strip[:, :, 2 * (top - first) :][:, :, : 2 * STRIP]))
    return np.concatenate(strips)


def finished(weights: Graphs, painting: Painting, scene: Scene, seed: int) -> Floats:
    """(1, 3, 8h, 8w) in [-1, 1]: at full size, in the scene's light and style."""
    if scene.light == 0 and scene.style == 0:
        return weights.upscale4({"small": painting.pixels})["large"]
    width, height = scene.width, scene.height
    return weights.finisher(
        {
            "small": painting.pixels,
            "cover": painting.cover,
            "around": view(scene.horizon, width, height)[None],
            "grain": grain(seed, width, height)[None],
            "places": tile_places(0, 0, width, height)[None],
            "light": np.array([scene.light]),
            "style": np.array([scene.style]),
        }
    )["large"]


def as_pixels(picture: Floats) -> NDArray[np.uint8]:
    """(1, 3, h, w) in [-1, 1] -> (h, w, 3) bytes."""
    scaled = (picture[0] + 1) * 127.5 + 0.5
    return np.ascontiguousarray(scaled.clip(0, 255).astype(np.uint8).transpose(1, 2, 0))
