"""Several engines asked in turn, as one engine: what the first cannot make, the next does.

An engine that fails over and over is left alone for a while (breaker.py). A refusal by an engine's content
filter is an answer, and what ``on_step`` raises (cancelled, lease lost) ends the request: for neither is
another engine asked.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from limner.engines.breaker import Breaker
from limner.engines.engine import Engine, Generation, GenerationRequest, OnStep, Progress, Unsuited
from limner.errors import EngineFailed

Clock = Callable[[], float]

log = structlog.get_logger()


class Guarded:
    """An engine with its breaker. Chains and models may share one; the first that closes it does."""

    def __init__(self, name: str, engine: Engine, breaker: Breaker) -> None:
        self.name, self.breaker = name, breaker
        self._engine: Engine | None = engine
        self.costs_only_time = bool(getattr(engine, "costs_only_time", False))

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        assert self._engine is not None, "a closed engine generates nothing"
        return self._engine.generate(request, on_step)

    def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


class Unloaded:
    """Stands in a chain for an engine that could not be loaded."""

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        raise EngineFailed("It could not be loaded.")

    def close(self) -> None:
        """There is nothing to free."""


class Chain:
    """Asks its engines in their order."""

    def __init__(self, engines: Sequence[Guarded], clock: Clock = time.monotonic) -> None:
        self._engines, self._clock = engines, clock

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        """Raises EngineFailed when none of them could."""
        asking = Asking(request, on_step, self._clock)
        unused: list[str] = []
        for engine in self._awake(unused):
            generation = asking.ask(engine, unused)
            if generation is not None:
                warnings = (f"Another engine had to make this: {reason}" for reason in unused)
                return replace(generation, warnings=(*generation.warnings, *warnings))
        raise EngineFailed(f"No engine of this model could make it. {' '.join(unused)}")

    def close(self) -> None:
        for engine in self._engines:
            engine.close()

    def _awake(self, unused: list[str]) -> list[Guarded]:
        """Those that do not rest; all of them where all do, for a try is better than none."""
        now = self._clock()
        awake = [engine for engine in self._engines if not engine.breaker.is_open(now)]
        if not awake:
            return list(self._engines)
        before = self._engines[: self._engines.index(awake[0])]
        unused += [f"{one.name} failed {one.breaker.failures} times in a row, and rests." for one in before]
        return awake


class Asking:
    """One request on its way through a chain."""

    def __init__(self, request: GenerationRequest, on_step: OnStep, clock: Clock) -> None:
        self._request, self._on_step, self._clock = request, on_step, clock
        self._is_abandoned = False

    def ask(self, engine: Guarded, unused: list[str]) -> Generation | None:
        """None when the engine failed; then ``unused`` says why. Lets what ``on_step`` raises pass."""
        try:
            generation = engine.generate(self._request, self._step)
        except Exception as error:  # of whatever kind: the next engine is somebody else's code
            if self._is_abandoned:
                raise
            unused.append(f"{engine.name} failed. {self._note(engine, error)}")
            return None
        engine.breaker.succeeded()
        return generation

    def _step(self, progress: Progress) -> None:
        try:
            self._on_step(progress)
        except BaseException:
            self._is_abandoned = True
            raise

    def _note(self, engine: Guarded, error: Exception) -> str:
        """In the log and at the breaker. Returns what the caller may know."""
        if not isinstance(error, Unsuited):  # that one is not the engine's fault
            engine.breaker.failed(self._clock())
        rests = engine.breaker.is_open(self._clock())
        if isinstance(error, EngineFailed):
            log.warning("engine failed, asking the next", engine=engine.name, cause=str(error), rests=rests)
            return error.message
        log.error("engine raised, asking the next", engine=engine.name, exc_info=error, rests=rests)
        return "It did not say why."
