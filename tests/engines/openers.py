"""How each engine that is meant to work is opened: those in this process, and those by way of a service,
which then runs on a port of this machine and is called by its vendor's own client.
"""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from limner.engines.engine import Engine, load_engine
from tests.engines.services import KEY, Service, WaveSpeedWire, Wire, gemini_wire, images_wire, serving

VARIABLE = "LIMNER_TEST_UPSTREAM_KEY"
MODELS = {"openai": "tiny/model-1", "gemini": "tiny-image-1", "wavespeed": "google/imagen4"}
Opener = Callable[[], AbstractContextManager[Engine]]


@contextmanager
def relayed(name: str, service: Service, **options: str) -> Iterator[Engine]:
    """An upstream engine on this service."""
    base_url = f"{service.origin}/v1" if name == "openai" else service.origin
    usual = {"base_url": base_url, "model": MODELS[name], "api_key_env": VARIABLE}
    if name == "wavespeed":
        usual["poll_seconds"] = "0.02"
    with with_key(), closing(load_engine(name, usual | options)) as engine:
        yield engine


def with_key() -> AbstractContextManager[object]:
    """The key of every service, in the variable that options name."""
    return mock.patch.dict(os.environ, {VARIABLE: KEY})


@contextmanager
def here(name: str) -> Iterator[Engine]:
    with closing(load_engine(name)) as engine:
        yield engine


@contextmanager
def over_the_wire(name: str) -> Iterator[Engine]:
    wires: dict[str, Wire] = {"openai": images_wire, "gemini": gemini_wire, "wavespeed": WaveSpeedWire()}
    with serving(wires[name]) as service, relayed(name, service) as engine:
        yield engine


@contextmanager
def open_weights(name: str) -> Iterator[Engine]:
    """Tiny ones, of a pipeline's real classes, which take seconds to import: collecting tests is quick."""
    tiny = importlib.import_module("tests.engines.tiny_pipelines")
    with TemporaryDirectory() as folder:
        options = {"weights": str(tiny.save(name, Path(folder))), "steps": "2", "max_pixels": "4096"}
        with closing(load_engine("diffusers", options)) as engine:
            yield engine


PIPELINES = ("klein", "z_image", "qwen_image", "sdxl")
UPSTREAMS = ("openai", "gemini", "wavespeed")
SEEDLESS = frozenset({"gemini"})  # the service behind them knows no seed
OPENERS: Mapping[str, Opener] = {
    "gradient": partial(here, "gradient"),
    "nano": partial(here, "nano"),
    **{name: partial(over_the_wire, name) for name in UPSTREAMS},
    **{name: partial(open_weights, name) for name in PIPELINES},
}
