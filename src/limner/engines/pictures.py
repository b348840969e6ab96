"""What the engines on limner.nano share: pictures one by one or abreast, and their progress told."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, Protocol, TypeVar

from limner.engines import abreast
from limner.engines.engine import Generation, GenerationRequest, OnStep, Pixels, Preview, Progress
from limner.nano.boxes import TOKEN
from limner.nano.weights import Graphs

BASE_SCALE = 8  # 1k pixels a base pixel
LARGEST_1K = 1408  # longest side of a 1k picture; what is longer is a doubled one
MOST_ABREAST = 4  # pictures: as many as a request may ask for
FINISHING = 1  # counts as one step

StepDone = Callable[[Preview | None], None]
Kind = TypeVar("Kind", bound=Graphs)
Kind_contra = TypeVar("Kind_contra", bound=Graphs, contravariant=True)


class Order(Protocol[Kind_contra]):
    """A request, as one kind of weights understands it."""

    @property
    def steps(self) -> int:
        """Of each picture, without finishing."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the caller should know."""

    def picture(self, weights: Kind_contra, seed: int, done: StepDone) -> Pixels:
        """The picture of one seed; ``done`` is to be called after each step, and not after finishing."""


class PictureEngine(ABC, Generic[Kind]):
    """Holds what loading produced; the pictures are made by the free functions of limner.nano.

    Several pictures are made abreast, each in a stream of its own, from the second such request on: by then
    the graphs are compiled for it. A command that makes four pictures and ends would only wait for that.
    """

    costs_only_time = True

    def __init__(self, weights: Kind) -> None:
        self._weights = weights
        self._streams = min(weights.most_streams, MOST_ABREAST)
        self._threads = ThreadPoolExecutor(self._streams, "picture")
        self._abreast: Kind | None = None

    @property
    @abstractmethod
    def version(self) -> str:
        """Of the weights."""

    @abstractmethod
    def understood(self, request: GenerationRequest) -> Order[Kind]:
        """What the weights know of the request."""

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        """Each picture on its own, so that none depends on its neighbours."""
        order = self.understood(request)
        progress = Reporting(len(request.seeds), order.steps + FINISHING, on_step)
        if len(request.seeds) == 1 or self._streams == 1:
            images = self._one_by_one(order, request.seeds, progress)
        elif self._abreast is None:
            images = self._one_by_one(order, request.seeds, progress)
            self._abreast = self._weights.in_streams(self._streams)
        else:
            images = self._side_by_side(self._abreast, order, request.seeds, progress)
        return Generation(images, f"nano/{self.version}", order.warnings)

    def close(self) -> None:
        """The graphs go with the object."""
        self._threads.shutdown()
        for weights in (self._weights, self._abreast):
            if weights is not None:
                weights.close()

    def _one_by_one(
        self, order: Order[Kind], seeds: tuple[int, ...], progress: "Reporting"
    ) -> tuple[Pixels, ...]:
        return tuple(
            finished(order, self._weights, seed, partial(progress.done, number))
            for number, seed in enumerate(seeds)
        )

    def _side_by_side(
        self, weights: Kind, order: Order[Kind], seeds: tuple[int, ...], progress: "Reporting"
    ) -> tuple[Pixels, ...]:
        work = [partial(finished, order, weights, seed) for seed in seeds]
        return tuple(abreast.all_of(work, self._threads, progress.done))


def finished(order: Order[Kind], weights: Kind, seed: int, done: StepDone) -> Pixels:
    pixels = order.picture(weights, seed, done)
    done(None)
    return pixels


def size_to_paint(request: GenerationRequest) -> tuple[tuple[int, int], bool]:
    """Width and height in base pixels, and whether the picture is to be doubled at the end."""
    is_doubled = max(request.width, request.height) > LARGEST_1K
    scale = BASE_SCALE * (2 if is_doubled else 1)
    size = (request.width // scale, request.height // scale)
    assert size[0] % TOKEN == 0 and size[1] % TOKEN == 0, "sizes come in steps of 128 pixels"
    return size, is_doubled


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
