"""Loads engines, each of them once, however many models and chains ask for it."""

import math
from collections.abc import Sequence
from typing import Protocol

import structlog

from limner.engines.breaker import Breaker
from limner.engines.chain import Chain, Guarded, Unloaded
from limner.engines.engine import Engine, load_engine
from limner.errors import EngineFailed

log = structlog.get_logger()


class Choice(Protocol):
    """What is asked for. Equal choices are the same engine."""

    @property
    def name(self) -> str: ...
    @property
    def options(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def chain(self) -> "Sequence[Choice]":
        """Those to ask in turn, or none for a single engine."""

    @property
    def max_failures(self) -> int: ...
    @property
    def pause_seconds(self) -> float: ...
    def __hash__(self) -> int: ...


class Loader:
    def __init__(self) -> None:
        self._loaded: dict[Choice, Guarded | Exception] = {}

    def load(self, choice: Choice) -> Engine:
        """Raises what loading raises; for a chain, EngineFailed when none of its engines can be loaded."""
        return self._chain(choice) if choice.chain else self._engine(choice)

    def _engine(self, choice: Choice) -> Guarded:
        if choice not in self._loaded:
            self._loaded[choice] = self._tried(choice)
        loaded = self._loaded[choice]
        if isinstance(loaded, Exception):
            raise loaded
        return loaded

    def _tried(self, choice: Choice) -> Guarded | Exception:
        """What failed once is not tried again by the next chain: it may have taken minutes."""
        try:
            engine = load_engine(choice.name, dict(choice.options))
        except Exception as error:  # of whatever kind: engines are anybody's code
            return error
        return Guarded(choice.name, engine, Breaker(choice.max_failures, choice.pause_seconds))

    def _chain(self, choice: Choice) -> Chain:
        engines: list[Guarded] = []
        failures: list[str] = []
        for one in choice.chain:
            try:
                engines.append(self._engine(one))
            except Exception as error:  # of whatever kind: the others of the chain serve on
                log.error("engine of a chain not loaded", engine=one.name, exc_info=error)
                failures.append(str(error))
                engines.append(Guarded(one.name, Unloaded(), Breaker(max_failures=1, pause_seconds=math.inf)))
        if len(failures) == len(engines):
            raise EngineFailed(f"No engine of {choice.name} can be loaded: {' '.join(failures)}")
        return Chain(engines)
