"""The built-in engine: the model of limner.nano behind the engine interface. Needs nothing but a CPU.

It says what it left out of a prompt, and never fails because of a word.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from limner.engines.engine import GenerationRequest, Options, Pixels
from limner.engines.own import OwnEngine
from limner.engines.pictures import PictureEngine, StepDone, size_to_paint
from limner.nano import sampler
from limner.nano.lettering import face_of, set_letters, typeface_for, unwritable
from limner.nano.sampler import Scene, Steps, Wish
from limner.nano.tokenizer import Tokenizer, Tokens
from limner.nano.weights import BUILT_IN, OwnWeights, Weights, is_own

DEFAULT_STEPS, DEFAULT_GUIDANCE = 24, 3.0


def load(options: Options) -> PictureEngine[Weights] | PictureEngine[OwnWeights]:
    """The engine's entry point. Options: ``weights``, a folder; ``threads``, a number."""
    folder = Path(options["weights"]) if options.get("weights") else BUILT_IN
    threads = int(options.get("threads", "0")) or None
    return OwnEngine(OwnWeights(folder, threads)) if is_own(folder) else NanoEngine(Weights(folder, threads))


class NanoEngine(PictureEngine[Weights]):
    """Pictures of objects that a composer placed."""

    def __init__(self, weights: Weights) -> None:
        super().__init__(weights)
        self._tokenizer = Tokenizer(weights.page.vocabulary)

    @property
    def version(self) -> str:
        return self._weights.page.version

    def understood(self, request: GenerationRequest) -> "SceneOrder":
        words = self._tokenizer.tokenize(request.prompt)
        against = self._tokenizer.tokenize_negative(request.negative_prompt)
        steps = Steps.split(request.num_inference_steps or DEFAULT_STEPS)
        return SceneOrder(request, words, self._wish(words, against), steps, warnings_of(words, against))

    def _wish(self, words: Tokens, against: Tokens) -> Wish:
        """Guidance leads away from what is unwanted; of that, what the prompt does not name never appears. A
        plain ground in a colour is as plain as one without. Who asks for rain and no place is outdoors."""
        unwanted = self._tokenizer.unwanted(words, against)
        names = [self._weights.page.vocabulary.words[token] for token in unwanted]
        if "place:studio" in names:
            names.append("background")
        if words.has_light and not words.has_place:
            names += [*self._weights.page.vocabulary.indoors, "background"]
        never = tuple(name for name in names if name not in words.words)
        return Wish(words.ids, unwanted, never, words.drawings)


@dataclass(frozen=True)
class SceneOrder:
    """A request, and what of its prompts the model knows."""

    request: GenerationRequest
    words: Tokens
    wish: Wish
    split: Steps
    warnings: tuple[str, ...]

    @property
    def steps(self) -> int:
        return self.split.total

    def picture(self, weights: Weights, seed: int, done: StepDone) -> Pixels:
        size, is_doubled = size_to_paint(self.request)
        wanted = self.request.guidance_scale
        guidance = DEFAULT_GUIDANCE if wanted is None else wanted
        composed = partial(done, None)
        scene = sampler.compose(weights, self.wish, size, seed, self.split.composing, guidance, composed)
        painting = sampler.paint(
            weights, scene, seed, self.split, lambda clean: done(partial(sampler.as_pixels, clean))
        )
        pixels = sampler.enlarge(weights, painting, scene, seed, is_doubled)
        return self._lettered(weights, pixels, scene) if self.words.quoted else pixels

    def _lettered(self, weights: Weights, pixels: Pixels, scene: Scene) -> Pixels:
        name, room = face_of(scene, weights.page)
        text = "\n".join(self.words.quoted)
        typeface = typeface_for(self.request.prompt, name)
        return set_letters(pixels, room, text, typeface, weights.page.styles[scene.style])


def warnings_of(words: Tokens, against: Tokens) -> tuple[str, ...]:
    """What the caller should know: words that had no effect, or that of the nearest thing, and a prompt of
    which nothing was known."""
    found = []
    for name, tokens in (("prompt", words), ("negative_prompt", against)):
        if tokens.left_out:
            listed = ", ".join(tokens.left_out[:40])
            found.append(f"The built-in model left out what it cannot paint of the {name}: {listed}.")
    if words.nearest:
        listed = ", ".join(f"{thing} for {written}" for written, thing in words.nearest.items())
        found.append(f"The built-in model painted the nearest things that it knows: {listed}.")
    strange = unwritable("".join(words.quoted))
    if strange:
        found.append(f"The built-in model's font has no letters for: {' '.join(strange)}.")
    if not words.words:
        found.append("The built-in model knows no word of this prompt; the picture is free invention.")
    return tuple(found)
