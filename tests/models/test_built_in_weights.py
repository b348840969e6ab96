"""The weights that ship: pictures follow prompt and seed, in every size, and the network makes them."""

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray

from limner.engines.engine import Generation, GenerationRequest, Progress
from limner.engines.nano import NanoEngine
from limner.errors import EngineFailed
from limner.inputs import SIZES_1K, size_in_pixels
from limner.nano import sampler
from limner.nano.lettering import face_of
from limner.nano.tokenizer import Tokenizer
from limner.nano.weights import BUILT_IN, Weights

APPLE = "a red apple on a wooden table"
SEEDS = (1, 2, 3)
SHUFFLED_ABOVE = 1000  # values: smaller constants are biases, shapes and scales

Picture = NDArray[np.uint8] | NDArray[np.float32]


@pytest.fixture(scope="module")
def weights() -> Weights:
    """Opened once: compiling the graphs takes longer than a picture."""
    return Weights(threads=2)


@pytest.fixture(scope="module")
def engine(weights: Weights) -> NanoEngine:
    return NanoEngine(weights)


def draw(
    engine: NanoEngine, prompt: str, seeds: Sequence[int] = (1,), steps: int = 6, size: int = 1024
) -> Generation:
    request = GenerationRequest(prompt, size, size, tuple(seeds), num_inference_steps=steps)
    return engine.generate(request, lambda progress: None)


def difference(one: Picture, other: Picture) -> float:
    """Mean absolute difference, of 255."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def test_a_prompt_and_a_seed_give_one_picture_whatever_the_batch(engine: NanoEngine) -> None:
    one_by_one, abreast = (draw(engine, APPLE, (5, 6, 7)).images for _ in range(2))
    for seed, *pictures in zip((5, 6, 7), one_by_one, abreast, strict=True):
        alone = draw(engine, APPLE, (seed,)).images[0]
        assert all(np.array_equal(picture, alone) for picture in pictures)
    assert difference(one_by_one[0], one_by_one[1]) > 3


def test_steps_of_several_pictures_are_told_in_order_where_they_were_asked_for(engine: NanoEngine) -> None:
    request = GenerationRequest(APPLE, 1024, 1024, (1, 2, 3), num_inference_steps=6)
    here, seen, shown = threading.get_ident(), [], 0

    def on_step(progress: Progress) -> None:
        nonlocal shown
        assert threading.get_ident() == here
        seen.append((progress.step, progress.num_steps))
        shown += progress.preview is not None and progress.preview().shape[2] == 3

    for _ in range(2):  # one by one, then abreast
        seen, shown = [], 0
        engine.generate(request, on_step)
        assert seen == [(step, 21) for step in range(1, 22)]
        assert shown > 0


def test_several_pictures_are_abandoned_as_soon_as_a_step_raises(engine: NanoEngine) -> None:
    class Cancelled(Exception):
        """As the worker raises it."""

    def on_step(progress: Progress) -> None:
        seen.append(progress.step)
        if progress.step == 4:
            raise Cancelled

    request = GenerationRequest(APPLE, 1024, 1024, (1, 2, 3), num_inference_steps=6)
    for _ in range(2):
        seen: list[int] = []
        with pytest.raises(Cancelled):
            engine.generate(request, on_step)
        assert seen == [1, 2, 3, 4]
    assert len(draw(engine, APPLE, (1, 2)).images) == 2


def test_another_prompt_gives_another_picture(engine: NanoEngine) -> None:
    apple, car = (draw(engine, prompt).images[0] for prompt in (APPLE, "a blue car on a city street"))
    assert difference(apple, car) > 25


@pytest.mark.parametrize("resolution", ["1k", "2k"])
@pytest.mark.parametrize("ratio", SIZES_1K)
def test_every_size_comes_out_exactly(engine: NanoEngine, ratio: str, resolution: str) -> None:
    width, height = size_in_pixels(ratio, resolution)
    request = GenerationRequest(APPLE, width, height, (1,), num_inference_steps=3)
    (picture,) = engine.generate(request, lambda progress: None).images
    assert picture.shape == (height, width, 3)
    assert picture.dtype == np.uint8


def test_a_2k_picture_is_the_1k_picture_in_more_detail(engine: NanoEngine) -> None:
    small, large = (draw(engine, APPLE, size=size).images[0] for size in (1024, 2048))
    halved = large.reshape(1024, 2, 1024, 2, 3).mean((1, 3)).astype(np.uint8)
    assert difference(small, halved) < 4


def redness(picture: Picture) -> float:
    """How much more red than green and blue the middle of a picture is, of 255."""
    middle = picture[384:640, 384:640].astype(float)
    return float((middle[..., 0] - middle[..., 1:].mean(-1)).mean())


def shuffle(model: ov.Model, seed: int) -> int:
    """Permutes the values of every large constant of floats. Returns how many there were."""
    rng = np.random.default_rng(seed)
    found = [
        node
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Constant" and node.get_element_type().is_real()
    ]
    large = [node for node in found if np.prod(list(node.get_output_shape(0))) > SHUFFLED_ABOVE]
    for node in large:
        values = np.array(node.data)
        permuted = rng.permutation(values.ravel()).reshape(values.shape)
        constant = ov.op.Constant(ov.Tensor(np.ascontiguousarray(permuted)))
        node.output(0).replace(constant.output(0))
    return len(large)


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> NanoEngine:
    """The same networks with the same values in other places."""
    folder: Path = tmp_path_factory.mktemp("shuffled")
    shutil.copy(BUILT_IN / "model.json", folder)
    for path in sorted(BUILT_IN.glob("*.xml")):
        model = ov.Core().read_model(path)
        assert shuffle(model, seed=1) > 2
        ov.save_model(model, folder / path.name, compress_to_fp16=False)
    return NanoEngine(Weights(folder, threads=2))


def test_with_shuffled_weights_nothing_is_left_of_the_picture(
    engine: NanoEngine, shuffled: NanoEngine
) -> None:
    """So it is the network that makes it, and no drawing, template or renderer."""
    trained, destroyed = (draw(each, APPLE, SEEDS).images for each in (engine, shuffled))
    assert min(map(redness, trained)) > 60
    assert max(map(redness, destroyed)) < 30
    assert min(difference(*pair) for pair in zip(trained, destroyed, strict=True)) > 40


def test_the_colour_is_on_the_thing_and_follows_the_prompt(engine: NanoEngine) -> None:
    for seed in SEEDS:
        red, green = (
            draw(engine, f"a {colour} apple on a wooden table", (seed,)).images[0]
            for colour in ("red", "green")
        )
        assert redness(red) > 60 > 0 > redness(green)


def composed(weights: Weights, prompt: str, seed: int = 1) -> sampler.Scene:
    asked = Tokenizer(weights.page.vocabulary).tokenize(prompt)
    wish = sampler.Wish(asked.ids, drawings=asked.drawings)
    return sampler.compose(weights, wish, (128, 128), seed, 14, 3.0, lambda: None)


def test_quoted_words_change_the_face_of_the_sign_and_nothing_else(
    weights: Weights, engine: NanoEngine
) -> None:
    request = 'a sign "{}" on a green meadow'
    wish = sampler.Wish(Tokenizer(weights.page.vocabulary).tokenize(request.format("ONE")).ids)
    steps = sampler.Steps.split(6)
    scene = sampler.compose(weights, wish, (128, 128), 1, steps.composing, 3.0, lambda: None)
    name, face = face_of(scene, weights.page)
    assert name == "sign"
    one, other = (draw(engine, request.format(text)).images[0] for text in ("ONE", "TWO"))
    rows, columns = np.nonzero((one != other).any(-1))
    assert len(rows) > 500
    assert face[0] * 1024 <= columns.min() <= columns.max() <= face[2] * 1024
    assert face[1] * 1024 <= rows.min() <= rows.max() <= face[3] * 1024


@pytest.mark.parametrize(
    ("said", "count"), [("a cat", 1), ("two cats", 2), ("three cats", 3), ("five cats", 5)]
)
def test_as_many_things_are_composed_as_are_asked_for(weights: Weights, said: str, count: int) -> None:
    counts = [len(composed(weights, f"{said} in a meadow", seed).things) for seed in range(5)]
    assert counts.count(count) >= 4


def test_left_and_right_above_and_below_are_where_they_should_be(weights: Weights) -> None:
    page = weights.page
    for relation, axis, sign in (("to the left of", 0, -1), ("to the right of", 0, 1), ("above", 1, -1)):
        scene = composed(weights, f"a dog {relation} a house")
        names = [page.vocabulary.things[thing] for thing in scene.things]
        dog, house = (scene.boxes[names.index(name)] for name in ("dog", "house"))
        assert (dog[axis] - house[axis]) * sign > 10


def test_what_a_negative_prompt_names_does_not_appear(weights: Weights) -> None:
    tokenizer, page = Tokenizer(weights.page.vocabulary), weights.page
    ids = tokenizer.tokenize("a red car").ids
    for seed in range(6):
        free = sampler.compose(weights, sampler.Wish(ids), (128, 128), seed, 8, 3.0, lambda: None)
        place = f"place:{page.places[min(free.place, len(page.places) - 1)]}"
        against = tokenizer.unwanted(tokenizer.tokenize("a red car"), tokenizer.tokenize(""))
        wish = sampler.Wish(ids, against, (place,))
        held = sampler.compose(weights, wish, (128, 128), seed, 8, 3.0, lambda: None)
        assert held.place != free.place


def places_of(engine: NanoEngine, weights: Weights, prompt: str, negative: str = "") -> set[str]:
    """Where twelve seeds put it; "background" is a plain ground in a colour."""
    found, places = set(), (*weights.page.places, *("background" for _ in weights.page.vocabulary.colours))
    for seed in range(12):
        wish = engine.understood(GenerationRequest(prompt, 1024, 1024, (seed,), negative, 3)).wish
        scene = sampler.compose(weights, wish, (128, 128), seed, 4, 3.0, lambda: None)
        found.add(places[scene.place])
    return found


def test_no_plain_ground_is_painted_where_none_is_wanted_and_none_is_named(
    engine: NanoEngine, weights: Weights
) -> None:
    grounds = {"studio", "background"}
    assert not places_of(engine, weights, "a red ball", "plain background") & grounds
    on_blue = places_of(engine, weights, "a red ball on a blue background", "plain background")
    assert on_blue == {"background"}


def test_weather_without_a_place_is_outdoors(engine: NanoEngine, weights: Weights) -> None:
    indoors = {"background", *(word.removeprefix("place:") for word in weights.page.vocabulary.indoors)}
    assert not places_of(engine, weights, "a coffee on a foggy morning") & indoors
    assert places_of(engine, weights, "a coffee in a kitchen, a foggy morning") == {"kitchen"}


def steepest(picture: Picture, rows: int) -> float:
    """The change from pixel to pixel that the steepest ones in as many rows reach."""
    return float(np.sort(np.abs(np.diff(picture, axis=1)).max((1, 2)))[-rows])


def test_what_is_enlarged_is_what_was_painted_in_more_detail(weights: Weights) -> None:
    scene = composed(weights, APPLE)
    painting = sampler.paint(weights, scene, 1, sampler.Steps.split(6), lambda clean: None)
    assert (scene.light, scene.style) == (0, 0)
    large = sampler.enlarge(weights, painting, scene, 1, False).astype(np.float32)
    made_small = large.reshape(256, 4, 256, 4, 3).mean((1, 3))
    assert difference(made_small, sampler.as_pixels(painting.pixels)) < 2
    slope = steepest(made_small, rows=50) / 4  # over four times the pixels
    assert steepest(large, rows=200) > 1.5 * slope


def test_strips_are_enlarged_as_the_whole_is(weights: Weights) -> None:
    coarse = np.random.default_rng(1).uniform(-1, 1, (1, 3, 35, 24)).astype(np.float32)
    large = np.ascontiguousarray(coarse.repeat(16, 2).repeat(16, 3))  # three strips, the last one lower
    whole = sampler.as_pixels(weights.upscale2({"small": large})["large"])
    assert np.array_equal(sampler.twice_as_large(weights, large), whole)


@pytest.mark.parametrize(("thing", "own"), [("fox", "orange"), ("banana", "yellow"), ("snowman", "white")])
def test_a_thing_is_recoloured_when_its_own_colour_is_unwanted(
    weights: Weights, thing: str, own: str
) -> None:
    tokenizer, page = Tokenizer(weights.page.vocabulary), weights.page
    asked = tokenizer.tokenize(f"a {thing} in a meadow")
    wish = sampler.Wish(asked.ids, tokenizer.unwanted(asked, tokenizer.tokenize_negative(own)), (own,))
    for seed in range(4):
        scene = sampler.compose(weights, wish, (128, 128), seed, 4, 3.0, lambda: None)
        colours = ["natural", *page.vocabulary.colours]
        seen = {
            page.vocabulary.things[t]: colours[c] for t, c in zip(scene.things, scene.colours, strict=True)
        }
        assert seen[thing] not in ("natural", own)


def test_what_the_model_does_not_know_is_listed(engine: NanoEngine) -> None:
    request = GenerationRequest("a red xylophone on a donkey", 1024, 1024, (1,), "grumpy", 3)
    prompt, negative, nearest = engine.generate(request, lambda progress: None).warnings
    assert "xylophone" in prompt
    assert "horse for donkey" in nearest
    assert "negative_prompt" in negative
    assert "grumpy" in negative
    assert draw(engine, APPLE, steps=3).warnings == ()
    (free,) = draw(engine, "...", steps=3).warnings
    assert "free invention" in free


def test_a_seed_chooses_among_the_drawings_of_a_thing_and_a_narrow_name_chooses_first(
    weights: Weights,
) -> None:
    page = weights.page
    other = {drawing.painted for drawing in page.drawings["car"]}
    anything = [int(composed(weights, "a red car", seed).painted[0]) for seed in range(24)]
    assert set(anything) == other | {page.vocabulary.things.index("car")}
    assert anything == [int(composed(weights, "a red car", seed).painted[0]) for seed in range(24)]
    racing = {int(composed(weights, "a red racing car", seed).painted[0]) for seed in range(8)}
    assert racing == {page.drawings["car"][2].painted}


def test_a_drawing_is_as_wide_and_as_high_as_it_was_drawn_beside_the_first(weights: Weights) -> None:
    racing, first = weights.page.drawings["car"][2], composed(weights, "a red sedan", 5)
    other = composed(weights, "a red racing car", 5)
    shape = other.boxes[0, 2] / first.boxes[0, 2], other.boxes[0, 3] / first.boxes[0, 3]
    assert shape == pytest.approx((racing.wide, racing.high), rel=0.02)
    assert other.boxes[0, 1] + other.boxes[0, 3] == pytest.approx(
        first.boxes[0, 1] + first.boxes[0, 3], abs=0.5
    )


def test_weights_that_an_older_version_exported_say_what_to_do(tmp_path: Path) -> None:
    page = json.loads((BUILT_IN / "model.json").read_text())
    del page["drawings"]
    (tmp_path / "model.json").write_text(json.dumps(page))
    with pytest.raises(EngineFailed, match="export them again"):
        Weights(tmp_path)
