"""What the finisher learns from: small pictures beside the same windows finished at full size.

The small ones are renders made small and a little soft; several finishes (training/finishes.py) are made of
each. Paintings are not among them: what a painting has in another place than its scene can only be learned as
a blur.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from torch import Tensor

from limner.nano.boxes import HALF_CELL
from limner.nano.finish import DETAIL, SCALE, TILE, tile_places, view
from training.batches import stacked
from training.compositions import SceneMaker
from training.finishes import finished
from training.scenes import Scene
from training.sprites import Sprites
from training.views import MARGIN, Array, View, view_of
from training.vocabulary import LIGHTS, STYLES

CROP = 32  # base pixels
FINISHES_OF_A_VIEW = 4  # rendering a view costs more than finishing it
SELDOM = ("pixel art", "oil", "low poly", "black and white", "comic")  # drawn: they are fitted, or easy
STYLE_SHARES = np.array([0.0] + [0.3 if style in SELDOM else 1.0 for style in STYLES[1:]])
STYLE_SHARES /= STYLE_SHARES.sum()
STYLED_SHARE, LIT_SHARE = 0.68, 0.24


def finisher_batches(sprites: Sprites, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    """Several finishes of each view."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    while True:
        examples: list[dict[str, Array]] = []
        while len(examples) < size:
            finishes = [drawn_finish(rng) for _ in range(FINISHES_OF_A_VIEW)]
            examples += finishes_of_a_view(maker.scene(), finishes, sprites, rng)
        yield stacked(examples[:size])


def drawn_finish(rng: np.random.Generator) -> tuple[int, int]:
    """A light or a style, seldom both; never neither, of which there is nothing to learn."""
    light, style = int(rng.integers(1, len(LIGHTS))), int(rng.choice(len(STYLES), p=STYLE_SHARES))
    draw = rng.random()
    if draw < STYLED_SHARE:
        return 0, style
    return (light, 0) if draw < STYLED_SHARE + LIT_SHARE else (light, style)


def finishes_of_a_view(
    scene: Scene, finishes: Sequence[tuple[int, int]], sprites: Sprites, rng: np.random.Generator
) -> list[dict[str, Array]]:
    x, y = corner(scene, rng)
    side, seed = CROP + 2 * MARGIN, int(rng.integers(2**31))
    seen, picture = view_of(scene, sprites, x - MARGIN, y - MARGIN, side, side, seed)
    inside = slice(MARGIN * SCALE, (MARGIN + CROP) * SCALE)
    known = inputs(scene, seen, picture, MARGIN, rng)
    examples = []
    for light, style in finishes:
        large = finished(picture, seen, light, style)[inside, inside]
        examples.append(
            known
            | {
                "light": np.array(light, np.int64),
                "style": np.array(style, np.int64),
                "large": np.ascontiguousarray(large.transpose(2, 0, 1) * 2 - 1, np.float32),
            }
        )
    return examples


def corner(scene: Scene, rng: np.random.Generator) -> tuple[int, int]:
    """The top left of a crop, about a thing as a rule, where a tile begins."""
    thing = scene.things[rng.integers(len(scene.things))]
    middle = np.array([thing.x, thing.y]) + rng.normal(0, 0.4, 2) * (thing.width, thing.height)
    most = np.array([scene.width, scene.height]) - CROP
    x, y = (np.clip(middle - CROP / 2, 0, most) // TILE * TILE).astype(int)
    return int(x), int(y)


def inputs(
    scene: Scene, seen: View, picture: Array, margin: int, rng: np.random.Generator | None
) -> dict[str, Array]:
    """What the network gets of a view, the margin cut off; softened and shaken when there is an ``rng``."""
    keep = slice(margin, seen.height - margin), slice(margin, seen.width - margin)
    at = (
        slice(seen.y + margin, seen.y + seen.height - margin),
        slice(seen.x + margin, seen.x + seen.width - margin),
    )
    cut = picture[
        margin * SCALE : (seen.height - margin) * SCALE, margin * SCALE : (seen.width - margin) * SCALE
    ]
    covered = seen.cover[
        margin * SCALE : (seen.height - margin) * SCALE, margin * SCALE : (seen.width - margin) * SCALE
    ]
    h, w = cut.shape[0] // SCALE, cut.shape[1] // SCALE
    small = cv2.resize(cut, (w * DETAIL, h * DETAIL), interpolation=cv2.INTER_AREA)
    if rng is not None:
        small = as_painted(small, rng)
    return {
        "small": np.ascontiguousarray(small.transpose(2, 0, 1) * 2 - 1, np.float32),
        "mask": cv2.resize(covered, (w * DETAIL, h * DETAIL), interpolation=cv2.INTER_AREA)[None],
        "cover": cv2.resize(covered, (w // HALF_CELL, h // HALF_CELL), interpolation=cv2.INTER_AREA)[None],
        "around": np.ascontiguousarray(view(scene.horizon, scene.width, scene.height)[:, at[0], at[1]]),
        "grain": np.ascontiguousarray(seen.grain[:, keep[0], keep[1]]),
        "places": tile_places(seen.x + margin, seen.y + margin, w, h),
    }


def as_painted(small: Array, rng: np.random.Generator) -> Array:
    """At times a little softer, and always with a little noise, as a painting is beside a render."""
    if rng.random() < 0.5:
        small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.2, 0.6))
    noise = rng.standard_normal(small.shape, np.float32) * np.float32(rng.uniform(0, 0.012))
    return np.asarray(small + noise, np.float32)
