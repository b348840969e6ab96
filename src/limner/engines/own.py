"""Pictures by weights that were trained on a user's own pictures (training/README.md).

They know the words of those pictures' captions and no others, and set no letters.
"""

from dataclasses import dataclass
from functools import partial

from limner.engines.engine import GenerationRequest, Pixels
from limner.engines.pictures import PictureEngine, StepDone, size_to_paint
from limner.nano import illustrating, sampler
from limner.nano.captions import Captions, Said
from limner.nano.weights import OwnWeights

DEFAULT_STEPS, DEFAULT_GUIDANCE = 24, 3.0
MOST_LISTED = 40  # words left out


class OwnEngine(PictureEngine[OwnWeights]):
    """Illustrates captions."""

    def __init__(self, weights: OwnWeights) -> None:
        super().__init__(weights)
        self._captions = Captions(weights.page.words)

    @property
    def version(self) -> str:
        return self._weights.page.version

    def understood(self, request: GenerationRequest) -> "CaptionOrder":
        said, against = self._captions.read(request.prompt), self._captions.read(request.negative_prompt)
        split = illustrating.split(request.num_inference_steps or DEFAULT_STEPS)
        return CaptionOrder(request, said, against, split)


@dataclass(frozen=True)
class CaptionOrder:
    """A request, and which of its words captions had."""

    request: GenerationRequest
    said: Said
    against: Said
    split: tuple[int, int]

    @property
    def steps(self) -> int:
        return sum(self.split)

    @property
    def warnings(self) -> tuple[str, ...]:
        named = (("prompt", self.said), ("negative_prompt", self.against))
        found = [
            f"No caption that these weights learned from had these words of the {name}, and they were left "
            f"out: {', '.join(said.left_out[:MOST_LISTED])}."
            for name, said in named
            if said.left_out
        ]
        if not self.said.ids:
            found.append("These weights know no word of this prompt; the picture is free invention.")
        return tuple(found)

    def picture(self, weights: OwnWeights, seed: int, done: StepDone) -> Pixels:
        size, is_doubled = size_to_paint(self.request)
        wanted = self.request.guidance_scale
        guidance = DEFAULT_GUIDANCE if wanted is None else wanted
        painting = illustrating.illustrate(
            weights,
            self.said.ids,
            self.against.ids,
            size,
            seed,
            self.split,
            guidance,
            lambda clean: done(partial(sampler.as_pixels, clean)),
        )
        return sampler.enlarge(weights, painting, illustrating.nothing_in(size), seed, is_doubled)
