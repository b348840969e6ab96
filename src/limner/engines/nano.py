"""The built-in engine: the model of limner.nano behind the engine interface. Needs nothing but a CPU.

It says what it left out of a prompt, and never fails because of a word.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from limner.engines.engine import Generation, GenerationRequest, OnStep, Options, Pixels, Preview, Progress
from limner.nano import sampler
from limner.nano.grid import TOKEN
from limner.nano.lettering import face_of, set_letters, unwritable
from limner.nano.tokenizer import Tokenizer, Tokens
from limner.nano.weights import BUILT_IN, Weights

BASE_SCALE = 8  # 1k pixels a base pixel
DEFAULT_STEPS, DEFAULT_GUIDANCE = 24, 3.0
LARGEST_1K = 1408  # longest side of a 1k picture; what is longer is a doubled one
ENLARGING = 1  # the upscaler counts as one step


def load(options: Options) -> "NanoEngine":
    """The engine's entry point. Options: ``weights``, a folder; ``threads``, a number."""
    folder = Path(options["weights"]) if options.get("weights") else BUILT_IN
    return NanoEngine(Weights(folder, int(options.get("threads", "0")) or None))


class NanoEngine:
    """Holds what loading produced; the pictures are made by the free functions of limner.nano."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._tokenizer = Tokenizer(weights.page.vocabulary)

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        """Pictures one after the other, so that none depends on its neighbours."""
        steps = sampler.Steps.split(request.num_inference_steps or DEFAULT_STEPS)
        total = (steps.layout + steps.pixels + ENLARGING) * len(request.seeds)
        made = 0

        def done(preview: Preview | None) -> None:
            nonlocal made
            made += 1
            on_step(Progress(made, total, preview))

        words = self._tokenizer.tokenize(request.prompt)
        against = self._tokenizer.tokenize(request.negative_prompt)
        images = tuple(self._picture(request, words, against, seed, steps, done) for seed in request.seeds)
        return Generation(images, f"nano/{self._weights.page.version}", warnings_of(words, against))

    def _picture(
        self,
        request: GenerationRequest,
        words: Tokens,
        against: Tokens,
        seed: int,
        steps: sampler.Steps,
        done: Callable[[Preview | None], None],
    ) -> Pixels:
        doubled = max(request.width, request.height) > LARGEST_1K
        scale = BASE_SCALE * (2 if doubled else 1)
        size = (request.width // scale, request.height // scale)
        assert size[0] % TOKEN == 0 and size[1] % TOKEN == 0, "sizes come in steps of 128 pixels"
        guidance = DEFAULT_GUIDANCE if request.guidance_scale is None else request.guidance_scale
        scene = sampler.sample_layout(
            self._weights, words.ids, against.ids, size, seed, steps.layout, guidance, partial(done, None)
        )
        small = sampler.paint(
            self._weights, scene, seed, steps.pixels, lambda clean: done(partial(sampler.as_pixels, clean))
        )
        pixels = sampler.enlarge(self._weights, small, doubled)
        if words.quoted:
            pixels = self._lettered(pixels, scene, " ".join(words.quoted))
        done(None)
        return pixels

    def _lettered(self, pixels: Pixels, scene: sampler.SceneMap, text: str) -> Pixels:
        page = self._weights.page
        face = face_of(scene, page.vocabulary.things.index("sign"), page.sign_board)
        return set_letters(pixels, face, text) if face else pixels

    def close(self) -> None:
        """The graphs go with the object."""


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
