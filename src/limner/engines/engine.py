"""What an engine is: it turns a GenerationRequest into pixels, and reports each step on the way.

Engines are found by entry point (group ``limner.engines``); the built-in ones use the same door as
anybody's. An engine knows nothing of predictions, accounts, storage or HTTP. See docs/architecture.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from limner.errors import EngineFailed

ENTRY_POINT_GROUP = "limner.engines"
EXTRAS = {"diffusers": "gpu", "gemini": "gemini", "openai": "openai", "wavespeed": "wavespeed"}

Pixels = NDArray[np.uint8]  # (height, width, 3), RGB


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One picture per seed, all of one size. Image k of a request equals the single image of seeds[k]."""

    prompt: str
    width: int  # pixels
    height: int  # pixels
    seeds: tuple[int, ...]  # 0 .. 2**31 - 1 + 3, one per image
    negative_prompt: str = ""
    num_inference_steps: int | None = None  # None: the engine's own default
    guidance_scale: float | None = None


Preview = Callable[[], Pixels]
"""The picture under way as it looks so far, small, of any size. To be called only while ``on_step`` runs."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A finished denoising step: ``step`` of ``num_steps`` of the whole request, from 1.

    An engine that waits for another one says so at least every second: then a step may come again, or be
    passed over, and the first may be 0. It never goes back. ``preview`` costs nothing until it is called, and
    is for few steps; None where there is nothing to see.
    """

    step: int
    num_steps: int
    preview: Preview | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A picture that the engine's own content filter kept back. The rest of a request is none the worse."""

    n: int  # which of the request's seeds, from 1
    reason: str  # in a word, such as "image_safety"


@dataclass(frozen=True, slots=True)
class Generation:
    """The pictures in the order of the request's seeds, and what the caller should know of them."""

    images: tuple[Pixels, ...]  # without those that were refused
    made_by: str  # engine and weights, such as "nano/2026.11.1"
    warnings: tuple[str, ...] = ()  # for the caller: words left out, inputs without effect
    refused: tuple[Refusal, ...] = ()

    def numbered(self) -> list[tuple[int, Pixels]]:
        """Each picture with the number of its seed, from 1. Raises ValueError where that does not add up."""
        kept_back = {refusal.n for refusal in self.refused}
        every = range(1, len(self.images) + len(self.refused) + 1)
        return list(zip((n for n in every if n not in kept_back), self.images, strict=True))


class Unsuited(EngineFailed):
    """This request is nothing for this engine, with which nothing is wrong: too long a prompt, say."""


OnStep = Callable[[Progress], None]
"""Called after every step, on the generating thread. It may raise to abandon the request."""


@runtime_checkable
class Engine(Protocol):
    """Generates one request at a time; the worker never calls it from two threads at once.

    One whose pictures cost nobody any money may have the attribute ``costs_only_time = True``: a worker then
    tries out how long it takes when it starts.
    """

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        """Raises EngineFailed when this request cannot be done; lets what on_step raises pass through."""

    def close(self) -> None:
        """Frees what loading took. Called once."""


Options = Mapping[str, str]
EngineLoader = Callable[[Options], Engine]


def load_engine(name: str, options: Options | None = None) -> Engine:
    """Loads the engine that is registered under this name. Raises EngineFailed where there is none."""
    found = entry_points(group=ENTRY_POINT_GROUP, name=name)
    if not found:
        raise EngineFailed(f"There is no engine named {name!r} installed.")
    try:
        loader: EngineLoader = next(iter(found)).load()
    except ModuleNotFoundError as error:
        remedy = f": pip install 'limner[{EXTRAS[name]}]'" if name in EXTRAS else ""
        text = f"The engine {name!r} needs the package {error.name}, which is not installed{remedy}."
        raise EngineFailed(text) from error
    return loader(options or {})
