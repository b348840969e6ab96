"""The built-in engine: the model of limner.nano behind the engine interface. Needs nothing but a CPU.

It says what it left out of a prompt, and never fails because of a word.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from limner.engines import abreast
from limner.engines.engine import Generation, GenerationRequest, OnStep, Options, Pixels, Preview, Progress
from limner.nano import sampler
from limner.nano.boxes import TOKEN
from limner.nano.lettering import face_of, set_letters, typeface_for, unwritable
from limner.nano.sampler import Scene, Steps, Wish
from limner.nano.tokenizer import Tokenizer, Tokens
from limner.nano.weights import BUILT_IN, Weights

BASE_SCALE = 8  # 1k pixels a base pixel
DEFAULT_STEPS, DEFAULT_GUIDANCE = 24, 3.0
LARGEST_1K = 1408  # longest side of a 1k picture; what is longer is a doubled one
FINISHING = 1  # counts as one step
MOST_ABREAST = 4  # pictures: as many as a request may ask for

StepDone = Callable[[Preview | None], None]


def load(options: Options) -> "NanoEngine":
    """The engine's entry point. Options: ``weights``, a folder; ``threads``, a number."""
    folder = Path(options["weights"]) if options.get("weights") else BUILT_IN
    return NanoEngine(Weights(folder, int(options.get("threads", "0")) or None))


class NanoEngine:
    """Holds what loading produced; the pictures are made by the free functions of limner.nano.

    Several pictures are made abreast, each in a stream of its own, from the second such request on: by then
    the graphs are compiled for it. A command that makes four pictures and ends would only wait for that.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._tokenizer = Tokenizer(weights.page.vocabulary)
        self._streams = min(weights.most_streams, MOST_ABREAST)
        self._threads = ThreadPoolExecutor(self._streams, "picture")
        self._abreast: Weights | None = None

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        """Each picture on its own, so that none depends on its neighbours."""
        words = self._tokenizer.tokenize(request.prompt)
        against = self._tokenizer.tokenize(request.negative_prompt)
        prompt = Understood(request, words, self._wish(words, against))
        steps = Steps.split(request.num_inference_steps or DEFAULT_STEPS)
        progress = Reporting(len(request.seeds), steps.total + FINISHING, on_step)
        if len(request.seeds) == 1 or self._streams == 1:
            images = self._one_by_one(prompt, steps, progress)
        elif self._abreast is None:
            images = self._one_by_one(prompt, steps, progress)
            self._abreast = self._weights.in_streams(self._streams)
        else:
            images = self._side_by_side(self._abreast, prompt, steps, progress)
        return Generation(images, f"nano/{self._weights.page.version}", warnings_of(words, against))

    def _one_by_one(self, prompt: "Understood", steps: Steps, progress: "Reporting") -> tuple[Pixels, ...]:
        return tuple(
            self._picture(self._weights, prompt, seed, steps, partial(progress.done, number))
            for number, seed in enumerate(prompt.request.seeds)
        )

    def _side_by_side(
        self, weights: Weights, prompt: "Understood", steps: Steps, progress: "Reporting"
    ) -> tuple[Pixels, ...]:
        work = [partial(self._picture, weights, prompt, seed, steps) for seed in prompt.request.seeds]
        return tuple(abreast.all_of(work, self._threads, progress.done))

    def _picture(
        self, weights: Weights, prompt: "Understood", seed: int, steps: Steps, done: StepDone
    ) -> Pixels:
        request = prompt.request
        is_doubled = max(request.width, request.height) > LARGEST_1K
        scale = BASE_SCALE * (2 if is_doubled else 1)
        size = (request.width // scale, request.height // scale)
        assert size[0] % TOKEN == 0 and size[1] % TOKEN == 0, "sizes come in steps of 128 pixels"
        guidance = DEFAULT_GUIDANCE if request.guidance_scale is None else request.guidance_scale
        scene = sampler.compose(
            weights, prompt.wish, size, seed, steps.composing, guidance, partial(done, None)
        )
        painting = sampler.paint(
            weights, scene, seed, steps, lambda clean: done(partial(sampler.as_pixels, clean))
        )
        pixels = sampler.enlarge(weights, painting, scene, seed, is_doubled)
        if prompt.words.quoted:
            pixels = self._lettered(pixels, scene, request.prompt, prompt.words)
        done(None)
        return pixels

    def _lettered(self, pixels: Pixels, scene: Scene, prompt: str, words: Tokens) -> Pixels:
        page = self._weights.page
        name, room = face_of(scene, page)
        text = "\n".join(words.quoted)
        return set_letters(pixels, room, text, typeface_for(prompt, name), page.styles[scene.style])

    def _wish(self, words: Tokens, against: Tokens) -> Wish:
        """Guidance leads away from what is unwanted; of that, what the prompt does not name never appears."""
        unwanted = self._tokenizer.unwanted(words, against)
        names = [self._weights.page.vocabulary.words[token] for token in unwanted]
        return Wish(words.ids, unwanted, tuple(name for name in names if name not in words.words))

    def close(self) -> None:
        """The graphs go with the object."""
        self._threads.shutdown()
        for weights in (self._weights, self._abreast):
            if weights is not None:
                weights.close()


@dataclass(frozen=True)
class Understood:
    """A request, and what of its prompts the model knows."""

    request: GenerationRequest
    words: Tokens
    wish: Wish


class Reporting:
    """Counts the steps of all pictures of a request, and shows the first that is not finished."""

    def __init__(self, pictures: int, steps: int, on_step: OnStep) -> None:
        self._made = [0] * pictures
        self._steps, self._on_step = steps, on_step

    def done(self, number: int, preview: Preview | None) -> None:
        """A step of this picture."""
        self._made[number] += 1
        shown = next((k for k, made in enumerate(self._made) if made < self._steps), number)
        total = self._steps * len(self._made)
        self._on_step(Progress(sum(self._made), total, preview if number == shown else None))


def warnings_of(words: Tokens, against: Tokens) -> tuple[str, ...]:
    """What the caller should know: words that had no effect, and a prompt of which nothing was known."""
    found = []
    for name, tokens in (("prompt", words), ("negative_prompt", against)):
        if tokens.left_out:
            listed = ", ".join(tokens.left_out[:40])
            found.append(f"The built-in model left out what it cannot paint of the {name}: {listed}.")
    strange = unwritable("".join(words.quoted))
    if strange:
        found.append(f"The built-in model's font has no letters for: {' '.join(strange)}.")
    if not words.words:
        found.append("The built-in model knows no word of this prompt; the picture is free invention.")
    return tuple(found)
