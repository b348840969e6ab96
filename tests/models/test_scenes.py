"""Scenes: drawn by the seed alone, the same as a whole and in parts, honest about what is held out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, islice, pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from training.arrangements import ARRANGEMENTS
from training.batches import WORD_INDEX, composer_example
from training.compositions import SceneMaker
from training.kinds import held_out
from training.looks import exact
from training.scenes import (
    ALL_PAINTERS,
    BASE_SIZES,
    Scene,
    Thing,
    Window,
    coverage,
    render,
    whole,
)
from training.sprites import Sprites
from training.vocabulary import (
    COLOUR_NAMES,
    COUNTS,
    DRAWINGS,
    HOMES,
    MORE_DRAWINGS,
    MOST_THINGS,
    PLACE_NAMES,
    PLACES,
    STYLES,
    homes_of,
)

LIGHTEST = 0.02  # of the way from black to white: less than one sees


def scenes(sprites: Sprites, count: int, seed: int = 1, evaluation: bool = False) -> Iterator[Scene]:
    maker = SceneMaker(sprites, seed, evaluation)
    return islice(iter(maker.scene, None), count)


def arranged(sprites: Sprites, arrangement: str, count: int) -> list[Scene]:
    maker = SceneMaker(sprites, 3)
    return [maker.scene(arrangement=arrangement) for _ in range(count)]


def test_the_same_seed_gives_the_same_scenes_and_pixels(sprites: Sprites) -> None:
    first, again = list(scenes(sprites, 6)), list(scenes(sprites, 6))
    assert first == again
    assert first != list(scenes(sprites, 6, seed=2))
    for one, other in zip(first[:3], again, strict=False):
        assert np.array_equal(render(one, sprites, whole(one)), render(other, sprites, whole(other)))


def test_scenes_have_the_five_ratios_and_captions_that_the_network_can_read(sprites: Sprites) -> None:
    drawn = list(scenes(sprites, 300))
    assert {(scene.width, scene.height) for scene in drawn} == set(BASE_SIZES)
    assert {word for scene in drawn for word in scene.words} <= set(WORD_INDEX)
    assert max(len(scene.things) for scene in drawn) <= MOST_THINGS
    assert {len(scene.things) for scene in drawn} >= {1, 2, 3, 4, 5, 6}


def test_every_place_has_a_painter() -> None:
    assert {place.name for place in PLACES} == set(ALL_PAINTERS)


def test_every_home_is_a_place_and_every_dweller_a_thing() -> None:
    named = {place for places in HOMES.values() for place in places}
    assert named <= set(PLACE_NAMES)
    assert homes_of("camel") == ("desert",)
    assert homes_of("magnet") == ("studio",)
    assert {word for names in HOMES for word in names.split()} <= set(" ".join(DRAWINGS).split())


def placed(sprites: Sprites, place: int) -> Scene:
    """A scene of this place, all else alike."""
    scene = next(scenes(sprites, 1, seed=place))
    return replace(scene, place=place)


@pytest.mark.parametrize("place", range(len(PLACE_NAMES)), ids=PLACE_NAMES)
def test_a_crop_equals_the_same_window_of_the_whole_render(sprites: Sprites, place: int) -> None:
    scene = placed(sprites, place)
    picture = render(scene, sprites, whole(scene, 2))
    crop = render(scene, sprites, Window(24, 16, 64, 48, 2))
    error = np.abs(picture[32:128, 48:176] - crop)
    assert picture.shape == (2 * scene.height, 2 * scene.width, 3)
    assert error.mean() < LIGHTEST / 10
    assert np.quantile(error, 0.99) < LIGHTEST  # edges are placed to a fraction of a pixel


def in_ink(place: int, sprites: Sprites) -> NDArray[np.float32]:
    """A place with nothing in it, at half its base size."""
    scene = Scene(128, 128, place, "natural", 80, 7, (), 0, STYLES.index("ink"), ())
    grey = cv2.cvtColor(exact(scene, sprites), cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    return np.asarray(cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA), np.float32)


def test_no_two_places_are_alike_in_ink(sprites: Sprites) -> None:
    drawn = {name: in_ink(place, sprites) for place, name in enumerate(PLACE_NAMES)}
    apart = {(a, b): float(np.abs(drawn[a] - drawn[b]).mean()) for a, b in combinations(drawn, 2)}
    alike = min(apart, key=apart.__getitem__)
    assert apart[alike] > 0.015, f"{alike}: {apart[alike]:.4f}"  # a desert and a studio had been .0006 apart


def test_a_larger_render_shows_the_same_picture(sprites: Sprites) -> None:
    scene = replace(next(scenes(sprites, 1)), place=PLACE_NAMES.index("studio"))
    small, large = (render(scene, sprites, whole(scene, scale)) for scale in (1, 4))
    shrunk = cv2.resize(large, (scene.width, scene.height), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk - small).mean() < LIGHTEST / 2


@pytest.mark.parametrize("evaluation", [False, True])
def test_what_is_held_out_is_never_trained_on_and_always_asked_for(
    sprites: Sprites, evaluation: bool
) -> None:
    for scene in scenes(sprites, 80, evaluation=evaluation):
        for thing in scene.things:
            if thing.name not in DRAWINGS:
                continue  # what is there for letters
            new = held_out("place", thing.name, PLACE_NAMES[scene.place])
            if thing.colour != "natural":
                new = new or held_out("colour", thing.name, thing.colour)
            assert not new or evaluation


def test_about_one_pair_in_ten_is_held_out() -> None:
    pairs = [("colour", thing, colour) for thing in DRAWINGS for colour in COLOUR_NAMES[1:]]
    pairs += [("place", thing, place) for thing in DRAWINGS for place in PLACE_NAMES]
    assert 0.08 < np.mean([held_out(*pair) for pair in pairs]) < 0.12


def test_a_number_in_a_caption_is_the_number_of_things(sprites: Sprites) -> None:
    for scene in arranged(sprites, "counted", 40):
        (said,) = [word for word in scene.words if word in COUNTS]
        assert len(scene.things) == COUNTS.index(said) + 1
        assert len({(thing.name, thing.colour) for thing in scene.things}) == 1


def overlap(a: Thing, b: Thing) -> float:
    """Share of the smaller box that the other covers."""
    wide = min(a.x + a.width / 2, b.x + b.width / 2) - max(a.x - a.width / 2, b.x - b.width / 2)
    high = min(a.y + a.height / 2, b.y + b.height / 2) - max(a.y - a.height / 2, b.y - b.height / 2)
    return max(wide, 0) * max(high, 0) / min(a.width * a.height, b.width * b.height)


def test_things_that_are_counted_stand_apart(sprites: Sprites) -> None:
    for scene in arranged(sprites, "counted", 40):
        for k, one in enumerate(scene.things):
            assert max((overlap(one, other) for other in scene.things[:k]), default=0) < 0.1


HOLDS = {  # what a relation says of the first box and the second
    "left of": lambda a, b: a.x < b.x - 10,
    "right of": lambda a, b: a.x > b.x + 10,
    "above": lambda a, b: a.bottom < b.y,
    "below": lambda a, b: a.y > b.bottom,
    "on": lambda a, b: abs(a.bottom - (b.y - b.height / 2)) < 0.2 * b.height,
    "in front of": lambda a, b: a.bottom > b.bottom and abs(a.x - b.x) < b.width,
    "behind": lambda a, b: a.bottom < b.bottom and abs(a.x - b.x) < a.width,
}


def test_relations_in_captions_hold_in_pictures(sprites: Sprites) -> None:
    tried: Counter[str] = Counter()
    for scene in arranged(sprites, "pair", 250):
        said = [word for word in scene.words if word in HOLDS]
        if said and len(scene.things) == 2:
            tried[said[0]] += 1
            assert HOLDS[said[0]](*scene.things), scene
    assert set(tried) == set(HOLDS)


def test_every_kind_of_composition_comes_up_and_stays_in_the_picture(sprites: Sprites) -> None:
    for arrangement in ARRANGEMENTS:
        for scene in arranged(sprites, arrangement, 12):
            for thing in scene.things:
                assert thing.x - thing.width / 2 >= -1 and thing.x + thing.width / 2 <= scene.width + 1
                assert thing.y - thing.height / 2 >= -1 and thing.y + thing.height / 2 <= scene.height + 1


def test_what_stands_lower_is_in_front(sprites: Sprites) -> None:
    house, ball = Thing("house", "red", 64, 60, 80, 80), Thing("ball", "natural", 64, 90, 40, 40)
    scene = replace(next(scenes(sprites, 1)), width=128, height=128, things=(ball, house))
    assert scene.layers == (house, ball)
    covered = coverage(scene, sprites, whole(scene))
    assert covered.shape == (128, 128)
    assert covered[90, 64] > 0.99 and covered[4, 4] == 0


def test_a_thing_fills_its_box(sprites: Sprites) -> None:
    thing = Thing("umbrella", "natural", 60, 64, 50, 70)
    scene = replace(next(scenes(sprites, 1)), width=128, height=128, things=(thing,))
    rows, columns = np.nonzero(coverage(scene, sprites, whole(scene)) > 0.1)
    assert abs(columns.min() - 35) <= 1 and abs(columns.max() - 84) <= 1
    assert abs(rows.min() - 29) <= 1 and abs(rows.max() - 98) <= 1


def test_a_recoloured_thing_has_its_colour_and_keeps_its_outline(sprites: Sprites) -> None:
    red, blue = (sprites.level("car", colour, 128).astype(float) for colour in ("red", "blue"))
    assert np.array_equal(red[..., 3], blue[..., 3])
    assert red[..., 0].sum() > 1.3 * red[..., 2].sum()
    assert blue[..., 2].sum() > 1.3 * blue[..., 0].sum()


@pytest.mark.parametrize(
    ("thing", "colours"), [("fox", ["orange"]), ("banana", ["yellow"]), ("snowman", ["white"])]
)
def test_a_thing_is_called_after_the_colour_in_which_it_looks_most_like_itself(
    sprites: Sprites, thing: str, colours: list[str]
) -> None:
    assert sprites.own_colours(thing) == colours


def test_every_drawing_of_a_thing_is_there_and_differs_from_the_others(sprites: Sprites) -> None:
    for thing, more in MORE_DRAWINGS.items():
        drawn = [sprites.level(thing, "natural", 64, k) for k in range(1 + len(more.split()))]
        assert all(sprite[..., 3].mean() > 12 for sprite in drawn), thing
        assert all(np.abs(a.astype(int) - b).mean() > 1 for a, b in pairwise(drawn)), thing


def test_the_composer_is_told_of_the_box_of_the_first_drawing(sprites: Sprites) -> None:
    def frames(drawing: int) -> NDArray[np.float32]:
        left, top, right, bottom = sprites.box("car", drawing)
        wide, high = 60 * (right - left), 60 * (bottom - top)
        thing = Thing("car", "red", 64, 100 - high / 2, wide, high, drawing=drawing)
        found: NDArray[np.float32] = composer_example(street(thing), sprites)["frames"][0]
        return found

    def street(thing: Thing) -> Scene:
        return replace(next(scenes(sprites, 1)), width=128, height=128, things=(thing,))

    for drawing in (1, 2, 3):
        assert frames(drawing) == pytest.approx(frames(0), abs=1e-4)


def test_a_seeds_scenes_have_things_in_all_their_drawings(sprites: Sprites) -> None:
    seen = {(thing.name, thing.drawing) for scene in scenes(sprites, 400) for thing in scene.things}
    dogs = {drawing for name, drawing in seen if name == "dog"}
    assert dogs == {0, 1, 2}
