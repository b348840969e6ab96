"""The built-in engine: the model of limner.nano behind the engine interface. Needs nothing but a CPU.

It says what it left out of a prompt, and never fails because of a word.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

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
        steps = Steps.split(request.num_inference_steps or DEFAULT_STEPS)
        total = (steps.total + FINISHING) * len(request.seeds)
        made = 0

        def done(preview: Preview | None) -> None:
            nonlocal made
            made += 1
            on_step(Progress(made, total, preview))

        words = self._tokenizer.tokenize(request.prompt)
        against = self._tokenizer.tokenize(request.negative_prompt)
        wish = self._wish(words, against)
        images = tuple(self._picture(request, words, wish, seed, steps, done) for seed in request.seeds)
        return Generation(images, f"nano/{self._weights.page.version}", warnings_of(words, against))

    def _picture(
        self,
        request: GenerationRequest,
        words: Tokens,
        wish: Wish,
        seed: int,
        steps: Steps,
        done: Callable[[Preview | None], None],
    ) -> Pixels:
        weights = self._weights
        is_doubled = max(request.width, request.height) > LARGEST_1K
        scale = BASE_SCALE * (2 if is_doubled else 1)
        size = (request.width // scale, request.height // scale)
        assert size[0] % TOKEN == 0 and size[1] % TOKEN == 0, "sizes come in steps of 128 pixels"
        guidance = DEFAULT_GUIDANCE if request.guidance_scale is None else request.guidance_scale
        scene = sampler.compose(weights, wish, size, seed, steps.composing, guidance, partial(done, None))
        painting = sampler.paint(
            weights, scene, seed, steps, lambda clean: done(partial(sampler.as_pixels, clean))
        )
        pixels = sampler.enlarge(weights, painting, scene, seed, is_doubled)
        if words.quoted:
            pixels = self._lettered(pixels, scene, request.prompt, words)
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
