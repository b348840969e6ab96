"""Lights and styles: always the same, the same on a crop as on the whole, and each different at a glance."""

from itertools import combinations

import numpy as np
import pytest

from limner.nano.finish import GRAINS, SCALE, TILE, grain, tile_places, view
from training.compositions import SceneMaker
from training.finishes import finished
from training.lights import LIGHTS as LIGHT_FILTERS
from training.scenes import Scene
from training.sprites import Sprites
from training.styles import STYLES as STYLE_FILTERS
from training.views import MARGIN, Array, view_of
from training.vocabulary import LIGHTS, STYLES

FINISHES = [(0, style) for style in range(len(STYLES))] + [(light, 0) for light in range(1, len(LIGHTS))]
NAMES = [*STYLES, *LIGHTS[1:]]


@pytest.fixture(scope="module")
def scene(sprites: Sprites) -> Scene:
    maker = SceneMaker(sprites, seed=5)
    return next(found for found in iter(lambda: maker.scene(square=True), None) if found.place == 3)


def window(scene: Scene, sprites: Sprites, x: int, y: int, side: int, light: int, style: int) -> Array:
    seen, picture = view_of(scene, sprites, x, y, side, side, seed=4)
    return finished(picture, seen, light, style)


def test_every_light_and_style_of_the_vocabulary_has_its_filter() -> None:
    assert tuple(STYLE_FILTERS) == STYLES
    assert tuple(LIGHT_FILTERS) == LIGHTS


@pytest.mark.parametrize(("light", "style"), FINISHES, ids=NAMES)
def test_a_crop_agrees_with_the_whole(scene: Scene, sprites: Sprites, light: int, style: int) -> None:
    whole = window(scene, sprites, 24, 32, 48, light, style)
    assert np.array_equal(whole, window(scene, sprites, 24, 32, 48, light, style))
    crop = window(scene, sprites, 32, 40, 32, light, style)
    inside = slice(MARGIN * SCALE, (32 - MARGIN) * SCALE)
    moved = slice((MARGIN + 8) * SCALE, (32 - MARGIN + 8) * SCALE)
    assert np.abs(crop[inside, inside] - whole[moved, moved]).max() < 0.01


def test_finishes_differ_at_a_glance(scene: Scene, sprites: Sprites) -> None:
    seen, picture = view_of(scene, sprites, 32, 32, 48, 48, seed=4)
    made = {name: finished(picture, seen, *which) for name, which in zip(NAMES, FINISHES, strict=True)}
    for one, other in combinations(NAMES, 2):
        assert np.abs(made[one] - made[other]).mean() > 0.008, (one, other)


def test_the_noise_is_of_the_seed_alone() -> None:
    assert np.array_equal(grain(3, 32, 16), grain(3, 32, 16))
    assert not np.array_equal(grain(3, 32, 16), grain(4, 32, 16))
    assert grain(3, 32, 16).shape == (GRAINS, 16, 32)


def test_places_of_the_tile_go_on_over_a_crop() -> None:
    whole = tile_places(0, 0, 48, 48)
    assert np.array_equal(tile_places(9, 20, 16, 12), whole[20:32, 9:25])
    assert len(np.unique(whole)) == TILE**2


def test_the_view_tells_horizon_and_corners() -> None:
    depth, corner = view(horizon=32, width=64, height=48)
    assert depth[31, 0] < 0 < depth[32, 0]
    assert corner[0, 0] > 0.9
    assert corner[24, 32] < 0.01
