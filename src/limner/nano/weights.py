"""The weights of the built-in model: OpenVINO graphs and a page that says what they know, in one folder.

The graphs are compiled in the background, from the moment the weights are opened, so that the first picture
waits for little. Knows nothing of prompts or of sampling.
"""

import json
import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from threading import local
from typing import Any, Self

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from limner.errors import EngineFailed
from limner.nano.lexicon import Vocabulary

BUILT_IN = Path(__file__).parent / "weights"
EXACT = ("condition",)  # in single precision: it computes with coordinates
BY_TURNS = ("upscale4", "finisher", "upscale2")  # they take most memory: made once, for one picture at a time
Array = NDArray[Any]
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Drawing:
    """One of several that a thing was learned from."""

    painted: int  # as the painter counts them
    wide: float  # times the width of the thing's first, which the composer composes
    high: float


@dataclass(frozen=True)
class Page:
    """model.json: what a set of weights was trained to know."""

    version: str
    vocabulary: Vocabulary
    codes: int  # values of a scene in the space of the noise
    places: tuple[str, ...]  # as the painter counts them
    lights: tuple[str, ...]
    styles: tuple[str, ...]
    rooms: Mapping[str, Box]  # thing to write on -> where, in u and v of its box
    own_colours: Mapping[str, frozenset[str]]  # thing -> what its colour is called where none is asked for
    drawings: Mapping[str, tuple[Drawing, ...]]  # thing -> what it was learned from beside the first

    @classmethod
    def read(cls, folder: Path) -> "Page":
        """Raises EngineFailed when the folder holds no weights, or those of another version of Limner."""
        try:
            return cls.of(page_in(folder))
        except KeyError as cause:
            message = (
                f"The weights in {folder} were exported by another version of Limner: export them again."
            )
            raise EngineFailed(message) from cause

    @classmethod
    def of(cls, page: Mapping[str, Any]) -> "Page":
        """Raises KeyError when the page lacks something."""
        rooms = {name: (room[0], room[1], room[2], room[3]) for name, room in page["face_rooms"].items()}
        kinds = (tuple(page["places"]), tuple(page["lights"]), tuple(page["styles"]))
        own = {name: frozenset(colours) for name, colours in page["own_colours"].items()}
        drawings = {
            name: tuple(Drawing(int(painted), wide, high) for painted, wide, high in others)
            for name, others in page["drawings"].items()
        }
        return cls(page["version"], Vocabulary.read(page), page["codes"], *kinds, rooms, own, drawings)


@dataclass(frozen=True)
class OwnPage:
    """model.json of weights that were trained on a user's own pictures."""

    version: str
    words: tuple[str, ...]  # of their captions; index = token id, and 0 stands for none

    @classmethod
    def read(cls, folder: Path) -> "OwnPage":
        """Raises EngineFailed when the folder holds no weights."""
        page = page_in(folder)
        return cls(page["version"], tuple(page["words"]))


def page_in(folder: Path) -> dict[str, Any]:
    """Raises EngineFailed when the folder holds no weights."""
    try:
        page: dict[str, Any] = json.loads((folder / "model.json").read_text())
    except (OSError, ValueError) as cause:
        raise EngineFailed(f"The built-in model's weights cannot be read from {folder}.") from cause
    return page


class Network:
    """A compiled graph with named inputs and outputs, for any number of threads."""

    def __init__(self, compiled: ov.CompiledModel) -> None:
        self._compiled = compiled
        self._requests = local()
        self._outputs = [output.any_name for output in compiled.outputs]

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Runs once; the arrays returned are the caller's own."""
        results = self._request().infer(dict(inputs), share_inputs=True)
        return {name: np.array(results[name]) for name in self._outputs}

    def _request(self) -> ov.InferRequest:
        """This thread's own: two may not share one."""
        found = getattr(self._requests, "one", None)
        if found is None:
            found = self._requests.one = self._compiled.create_infer_request()
        return found


class Graphs:
    """The networks of a folder. Thread counts, streams and precision are OpenVINO's properties.

    In ``streams`` streams as many threads may run networks at once, each with its share of ``threads``; those
    that are ``lent`` by others run as they do there. The numbers that come out are the same.
    """

    names: tuple[str, ...]  # in the order of their use

    def __init__(self, folder: Path = BUILT_IN, threads: int | None = None) -> None:
        self._folder, self._threads = folder, threads
        self._core = ov.Core()
        self._compile_all(streams=1, lent={})

    def _compile_all(self, streams: int, lent: Mapping[str, Future[Network]]) -> None:
        hint = "LATENCY" if streams == 1 else "THROUGHPUT"
        self._config: dict[str, Any] = {"PERFORMANCE_HINT": hint, "NUM_STREAMS": str(streams)}
        if self._threads:
            self._config["INFERENCE_NUM_THREADS"] = self._threads
        self._compiler = ThreadPoolExecutor(1, "compiler")  # compiling one graph keeps every core busy
        own = {name: self._compiler.submit(self._compile, name) for name in self.names if name not in lent}
        self._networks = {**own, **lent}
        self._compiler.shutdown(wait=False)

    @property
    def most_streams(self) -> int:
        """More than these would not have a core each."""
        return self._threads or os.cpu_count() or 1

    def in_streams(self, streams: int) -> Self:
        """The same weights once more, compiled for as many pictures at once, which enlarge by turns."""
        lent = {name: self._networks[name] for name in BY_TURNS}
        abreast = copy(self)
        abreast._compile_all(streams, lent)
        return abreast

    def close(self) -> None:
        """Compiles no more."""
        self._compiler.shutdown(wait=False, cancel_futures=True)

    @property
    def reader(self) -> Network:
        return self._networks["reader"].result()

    @property
    def upscale4(self) -> Network:
        """To 1k by day and in no style, of which the finisher knows nothing, in a fraction of its time."""
        return self._networks["upscale4"].result()

    @property
    def finisher(self) -> Network:
        return self._networks["finisher"].result()

    @property
    def upscale2(self) -> Network:
        return self._networks["upscale2"].result()

    def _compile(self, name: str) -> Network:
        try:
            config = self._config | ({"INFERENCE_PRECISION_HINT": "f32"} if name in EXACT else {})
            return Network(self._core.compile_model(self._path(name), "CPU", config))
        except RuntimeError as cause:
            raise EngineFailed(f"The built-in model's {name} network cannot be loaded.") from cause

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.xml"


class Weights(Graphs):
    """Those that compose objects."""

    names = ("reader", "composer", "condition", "painter", "upscale4", "finisher", "upscale2")

    def __init__(self, folder: Path = BUILT_IN, threads: int | None = None) -> None:
        self.page = Page.read(folder)
        super().__init__(folder, threads)

    @property
    def composer(self) -> Network:
        return self._networks["composer"].result()

    @property
    def condition(self) -> Network:
        return self._networks["condition"].result()

    @property
    def painter(self) -> Network:
        return self._networks["painter"].result()


class OwnWeights(Graphs):
    """Those learned on a user's own pictures; what enlarges is built in, unless the folder has its own."""

    names = ("reader", "illustrator", "upscale4", "finisher", "upscale2")

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.page = OwnPage.read(folder)
        super().__init__(folder, threads)

    @property
    def illustrator(self) -> Network:
        return self._networks["illustrator"].result()

    def _path(self, name: str) -> Path:
        own = super()._path(name)
        return own if own.exists() else BUILT_IN / own.name


def is_own(folder: Path) -> bool:
    """Whether the weights in a folder are of the user's own pictures. Raises EngineFailed."""
    return page_in(folder).get("kind") == "own"
