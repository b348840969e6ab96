"""What every engine must do, whoever wrote it: run over each engine that is meant to work."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from limner.engines.engine import Engine, GenerationRequest, Progress, load_engine
from limner.errors import EngineFailed
from tests.engines.openers import OPENERS, SEEDLESS, UPSTREAMS

# A scheduler of diffusers hands numpy a tensor in a way that it will give up.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIZES_1K = [(1024, 1024), (1408, 768), (768, 1408), (1280, 896), (896, 1280)]
STRANGE_PROMPTS = [
    ".",
    "🍎" * 50,
    "x" * 10_000,
    'a sign that says "Ünïcode"',
    "\u202eright to left",
    "   spaces   ",
]


def ignore(progress: Progress) -> None:
    """The callback of a caller who does not care."""


def ask(prompt: str = "a red apple on a wooden table", *, seeds: tuple[int, ...] = (7,)) -> GenerationRequest:
    return GenerationRequest(prompt, 1024, 1024, seeds, num_inference_steps=4)


@pytest.fixture(scope="module", params=OPENERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def engine(name: str) -> Iterator[Engine]:
    with OPENERS[name]() as opened:
        yield opened


def test_it_is_an_engine(engine: Engine) -> None:
    assert isinstance(engine, Engine)


@pytest.mark.parametrize(("width", "height"), [*SIZES_1K, (2048, 2048), (2816, 1536)])
def test_pictures_have_the_size_that_was_asked(engine: Engine, width: int, height: int) -> None:
    request = GenerationRequest("a yellow car under a blue sky", width, height, (1,), num_inference_steps=4)
    (image,) = engine.generate(request, ignore).images
    assert image.shape == (height, width, 3)
    assert image.dtype == np.uint8


def test_a_seed_gives_the_same_picture_again(engine: Engine) -> None:
    first, again = engine.generate(ask(), ignore), engine.generate(ask(), ignore)
    assert np.array_equal(first.images[0], again.images[0])


def test_each_picture_of_a_request_is_the_single_picture_of_its_seed(engine: Engine) -> None:
    together = engine.generate(ask(seeds=(3, 4, 5)), ignore).images
    assert len(together) == 3
    for seed, image in zip((3, 4, 5), together, strict=True):
        assert np.array_equal(image, engine.generate(ask(seeds=(seed,)), ignore).images[0])


def test_another_prompt_gives_another_picture(engine: Engine) -> None:
    image = engine.generate(ask(), ignore).images[0]
    assert not np.array_equal(image, engine.generate(ask("a blue boat on a lake"), ignore).images[0])


def test_another_seed_gives_another_picture_or_it_says_that_seeds_do_not_count(
    engine: Engine, name: str
) -> None:
    generation = engine.generate(ask(), ignore)
    if name in SEEDLESS:
        assert any("takes no seed" in warning for warning in generation.warnings)
    else:
        assert not np.array_equal(generation.images[0], engine.generate(ask(seeds=(8,)), ignore).images[0])


def test_the_highest_seeds_of_four_pictures_are_seeds_too(engine: Engine) -> None:
    top = 2**31 - 1
    assert len(engine.generate(ask(seeds=(top, top + 1, top + 2, top + 3)), ignore).images) == 4


def test_steps_are_reported_from_the_first_to_the_last(engine: Engine, name: str) -> None:
    """One after the other; by whoever waits for another engine, whenever there is something to tell."""
    seen: list[Progress] = []
    engine.generate(ask(seeds=(1, 2)), seen.append)
    (total,) = {progress.num_steps for progress in seen}
    steps = [progress.step for progress in seen]
    if name in UPSTREAMS:
        assert all(earlier <= later for earlier, later in pairwise(steps))
        assert steps[-1] == total
    else:
        assert steps == list(range(1, total + 1))


def test_previews_are_small_pictures_of_the_same_shape(engine: Engine) -> None:
    seen: list[tuple[int, ...]] = []

    def look(progress: Progress) -> None:
        if progress.preview is not None:
            pixels = progress.preview()
            assert pixels.dtype == np.uint8
            seen.append(pixels.shape)

    request = GenerationRequest("a red car", 1408, 768, (1,), num_inference_steps=4)
    unseen = engine.generate(request, ignore).images[0]
    assert np.array_equal(engine.generate(request, look).images[0], unseen)
    assert seen
    for height, width, channels in seen:
        assert (height * 1408, channels) == (width * 768, 3)
        assert width <= 1408 // 2


def test_the_callback_can_abandon_a_request_and_the_engine_lives_on(engine: Engine) -> None:
    def abandon(progress: Progress) -> None:
        raise InterruptedError("enough")

    before = engine.generate(ask(), ignore).images[0]
    with pytest.raises(InterruptedError, match="enough"):
        engine.generate(ask("a green tree in the snow"), abandon)
    assert np.array_equal(before, engine.generate(ask(), ignore).images[0])


def test_the_steps_are_the_callers_choice_and_have_a_default(engine: Engine) -> None:
    request = GenerationRequest("a cat", 1024, 1024, (1,), negative_prompt="blurry", guidance_scale=3.0)
    assert len(engine.generate(request, ignore).images) == 1


@pytest.mark.parametrize("prompt", STRANGE_PROMPTS)
def test_no_prompt_is_too_strange(engine: Engine, prompt: str) -> None:
    assert len(engine.generate(ask(prompt), ignore).images) == 1


def test_it_says_who_made_the_pictures(engine: Engine) -> None:
    generation = engine.generate(ask(), ignore)
    name, _, version = generation.made_by.partition("/")
    assert name
    assert version
    assert all(isinstance(warning, str) for warning in generation.warnings)


def test_an_engine_that_is_not_installed_is_refused_by_name() -> None:
    with pytest.raises(EngineFailed, match="no-such-engine"):
        load_engine("no-such-engine")
