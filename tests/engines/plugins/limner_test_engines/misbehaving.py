"""Engines that do wrong on purpose, one way each. What the service then owes its callers: tests/journeys."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from limner.engines.engine import Engine, Generation, GenerationRequest, OnStep, Options, Pixels, Progress
from limner.errors import EngineFailed
from limner_test_engines.gradient import gradient

Generate = Callable[[GenerationRequest, OnStep], Generation]


class MisbehavingEngine:
    def __init__(self, generate: Generate) -> None:
        self._generate = generate

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        on_step(Progress(1, 2))
        return self._generate(request, on_step)

    def close(self) -> None:
        pass


def load_raises(options: Options) -> Engine:
    """Refuses, in the engine's own word for it."""

    def generate(request: GenerationRequest, on_step: OnStep) -> Generation:
        raise EngineFailed("The paint ran out.")

    return MisbehavingEngine(generate)


def load_crashes(options: Options) -> Engine:
    """Raises what no interface promised, as a bug would."""

    def generate(request: GenerationRequest, on_step: OnStep) -> Generation:
        raise ZeroDivisionError("secret internals")

    return MisbehavingEngine(generate)


def load_hangs(options: Options) -> Engine:
    def generate(request: GenerationRequest, on_step: OnStep) -> Generation:
        time.sleep(3600)
        raise AssertionError("nobody waits an hour")

    return MisbehavingEngine(generate)


def load_exits(options: Options) -> Engine:
    """Takes the whole worker process with it, as a crash in native code does."""

    def generate(request: GenerationRequest, on_step: OnStep) -> Generation:
        os._exit(17)

    return MisbehavingEngine(generate)


def load_exits_once(options: Options) -> Engine:
    """Takes the worker with it the first time; option ``marker`` names the file that remembers."""
    marker = Path(options["marker"])

    def generate(request: GenerationRequest, on_step: OnStep) -> Generation:
        if not marker.exists():
            marker.touch()
            os._exit(17)
        images = tuple(
            gradient(request.prompt, seed, request.width, request.height) for seed in request.seeds
        )
        return Generation(images, made_by="exits_once/1.0")

    return MisbehavingEngine(generate)


def load_wrong_size(options: Options) -> Engine:
    def generate(request: GenerationRequest, on_step: OnStep) -> Generation:
        images = tuple(gradient(request.prompt, seed, 64, 48) for seed in request.seeds)
        return Generation(images, made_by="wrong_size/1.0")

    return MisbehavingEngine(generate)


def load_too_few(options: Options) -> Engine:
    """Returns one picture less than asked."""

    def generate(request: GenerationRequest, on_step: OnStep) -> Generation:
        seeds = request.seeds[1:]
        images = tuple(gradient(request.prompt, seed, request.width, request.height) for seed in seeds)
        return Generation(images, made_by="too_few/1.0")

    return MisbehavingEngine(generate)


def load_bad_preview(options: Options) -> Engine:
    """Makes good pictures, and previews that raise."""

    def no_preview() -> Pixels:
        raise ZeroDivisionError("secret internals")

    def generate(request: GenerationRequest, on_step: OnStep) -> Generation:
        on_step(Progress(2, 2, no_preview))
        images = tuple(
            gradient(request.prompt, seed, request.width, request.height) for seed in request.seeds
        )
        return Generation(images, made_by="bad_preview/1.0")

    return MisbehavingEngine(generate)


def load_unloadable(options: Options) -> Engine:
    raise EngineFailed("The weights are not where they should be.")
