"""What the finisher learns from: small pictures beside the same windows finished at full size.

The small ones are the painter's own, or renders made small and a little soft, as a painting is; several
finishes (training/finishes.py) are made of each. What least squares can find is fitted first.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from limner.nano.boxes import HALF_CELL
from limner.nano.finish import DETAIL, SCALE, tile_places, view
from training.batches import stacked
from training.compositions import SceneMaker
from training.finisher import Finisher, blocky, enlarged, tinted
from training.finishes import finished
from training.painter import Painter
from training.paintings import Painted, Paintings
from training.scenes import Scene
from training.sprites import Sprites
from training.views import MARGIN, Array, View, view_of
from training.vocabulary import LIGHTS, STYLES

CROP = 48  # base pixels
FINISHES_OF_A_VIEW = 4  # rendering a view costs more than finishing it
PLAIN_SHARE = 0.24
PAINTED_SHARE = 0.6  # of the views, those whose small picture the painter made


def finisher_batches(
    sprites: Sprites, size: int, seed: int, painter: Painter | None = None
) -> Iterator[dict[str, Tensor]]:
    """Several finishes of each view; of ``painter``'s own paintings, most of them, where there is one."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    paintings = Paintings(painter, sprites, maker, seed) if painter else None
    while True:
        examples: list[dict[str, Array]] = []
        while len(examples) < size:
            is_painted = paintings is not None and rng.random() < PAINTED_SHARE
            made = paintings.draw() if paintings and is_painted else Painted(maker.scene(), None)
            finishes = [drawn_finish(rng) for _ in range(FINISHES_OF_A_VIEW)]
            examples += finishes_of_a_view(made, finishes, sprites, rng)
        yield stacked(examples[:size])


def drawn_finish(rng: np.random.Generator) -> tuple[int, int]:
    """A light and a style: often neither, mostly one of the two."""
    draw = rng.random()
    if draw < PLAIN_SHARE:
        return 0, 0
    light, style = int(rng.integers(1, len(LIGHTS))), int(rng.integers(1, len(STYLES)))
    if draw < PLAIN_SHARE + 0.50:
        return 0, style
    return (light, 0) if draw < PLAIN_SHARE + 0.68 else (light, style)


def finishes_of_a_view(
    made: Painted, finishes: Sequence[tuple[int, int]], sprites: Sprites, rng: np.random.Generator
) -> list[dict[str, Array]]:
    scene = made.scene
    x, y = corner(scene, rng)
    side, seed = CROP + 2 * MARGIN, int(rng.integers(2**31))
    seen, picture = view_of(scene, sprites, x - MARGIN, y - MARGIN, side, side, seed)
    inside = slice(MARGIN * SCALE, (MARGIN + CROP) * SCALE)
    rows, columns = (slice(at * DETAIL, (at + CROP) * DETAIL) for at in (y, x))
    known = inputs(scene, seen, picture, MARGIN, rng)
    if made.picture is not None:
        painted = made.picture[rows, columns].transpose(2, 0, 1)
        known["small"] = np.ascontiguousarray(painted * 2 - 1, np.float32)
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
    """The top left of a crop, about a thing as a rule, on a half-cell."""
    thing = scene.things[rng.integers(len(scene.things))]
    middle = np.array([thing.x, thing.y]) + rng.normal(0, 0.4, 2) * (thing.width, thing.height)
    most = np.array([scene.width, scene.height]) - CROP
    x, y = (np.clip(middle - CROP / 2, 0, most) // HALF_CELL * HALF_CELL).astype(int)
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
        "cover": cv2.resize(covered, (w // HALF_CELL, h // HALF_CELL), interpolation=cv2.INTER_AREA)[None],
        "around": np.ascontiguousarray(view(scene.horizon, scene.width, scene.height)[:, at[0], at[1]]),
        "grain": np.ascontiguousarray(seen.grain[:, keep[0], keep[1]]),
        "places": tile_places(seen.x + margin, seen.y + margin, w, h),
    }


def as_painted(small: Array, rng: np.random.Generator) -> Array:
    """With the softness of a painting, at times that of one of the base size, and a little noise."""
    h, w = small.shape[:2]
    if rng.random() < 0.5:
        half = cv2.resize(small, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
        small = cv2.resize(half, (w, h), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.6:
        small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.3, 0.8))
    noise = rng.standard_normal(small.shape, np.float32) * np.float32(rng.uniform(0, 0.012))
    return np.asarray(small + noise, np.float32)


def fit_tints(network: Finisher, sprites: Sprites, seed: int, crops: int = 4) -> None:
    """Gives each style and each light the change of colours that comes nearest to it, by least squares over a
    few crops: what training begins with, because descent alone is long about it."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    for own, finishes in (
        (network.style_tint, [(0, style) for style in range(len(STYLES))]),
        (network.light_tint, [(light, 0) for light in range(len(LIGHTS))]),
    ):
        for row, finish in enumerate(finishes):
            pairs = [toned_pair(maker.scene(), sprites, rng, *finish) for _ in range(crops)]
            plain, wanted = (np.concatenate([pair[k] for pair in pairs]) for k in (0, 1))
            known = np.concatenate([plain, np.ones((len(plain), 1))], 1)
            ridge = 1e-3 * len(known) * np.eye(4)  # where the crops say little, colours stay
            change = np.linalg.solve(known.T @ known + ridge, known.T @ (wanted - plain))
            matrix, shift = change[:3].T.ravel(), change[3]
            own.weight.data[row] = torch.from_numpy(np.concatenate([matrix, shift])).float()


@torch.no_grad()
def fit_blocks(network: Finisher, sprites: Sprites, seed: int, crops: int = 6) -> None:
    """Gives each style the share of squares that comes nearest to it, by least squares, after its tint."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    styles = [(0, style) for style in range(len(STYLES))]
    views = [finishes_of_a_view(Painted(maker.scene(), None), styles, sprites, rng) for _ in range(crops)]
    for style in range(len(STYLES)):
        batch = stacked([view[style] for view in views])
        toned = tinted(batch["small"], network.style_tint(batch["style"]))
        smooth, change = enlarged(toned), blocky(toned) - enlarged(toned)
        share = (change * (batch["large"] - smooth)).sum() / change.square().sum()
        network.style_blocks.weight[style] = share.clamp(0, 1)


def toned_pair(
    scene: Scene, sprites: Sprites, rng: np.random.Generator, light: int, style: int
) -> tuple[Array, Array]:
    """(N, 3) in [-1, 1]: some pixels of a plain crop, and the same ones finished."""
    x, y = corner(scene, rng)
    seen, picture = view_of(scene, sprites, x, y, CROP, CROP, int(rng.integers(2**31)))
    done = finished(picture, seen, light, style)
    plain, wanted = (each[::6, ::6].reshape(-1, 3) * 2.0 - 1 for each in (picture, done))
    return plain, wanted
