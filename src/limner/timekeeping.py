"""How long the engines of a worker take: tried out at its start where nobody knows it yet, and from then on
by what pictures really take. The order of the queue, and what callers are told of their wait, go by it.

What is made to try an engine out is nobody's prediction, and is thrown away.
"""

import time
from dataclasses import dataclass, field

import structlog

from limner.catalog import ModelSpec
from limner.engines.engine import Engine, GenerationRequest
from limner.inputs import ImageInput, parse_input
from limner.predictions.admission import kind_of
from limner.predictions.speeds import Sample, read_speeds, record_samples
from limner.runtime import Engines, Runtime, generation_request

PROMPT = "a red apple on a wooden table"

log = structlog.get_logger()


@dataclass(slots=True)
class Timekeeper:
    """What pictures took, until it is written down."""

    _samples: list[Sample] = field(default_factory=list, init=False)

    def note(self, spec: ModelSpec, request: ImageInput, engine_seconds: float) -> None:
        """``engine_seconds`` are of all pictures of the request; 0 when they were not made."""
        if engine_seconds:
            seconds = engine_seconds / request.num_images
            self._samples.append(Sample(kind_of(spec, request), seconds, request.num_images))

    def write_down(self, runtime: Runtime) -> None:
        """Raises DatabaseUnavailable."""
        samples, self._samples = self._samples, []
        if samples:
            with runtime.database.begin() as tx:
                record_samples(tx, samples, runtime.clock.now())


def try_out(runtime: Runtime, engines: Engines) -> None:
    """Only engines whose pictures cost nothing but time. Raises DatabaseUnavailable."""
    with runtime.database.read() as tx:
        known = {kind.pool for kind in read_speeds(tx).seconds}
    specs = {spec.engine.pool: spec for spec in runtime.catalog}
    samples = [
        _sample(specs[pool], engine)
        for pool, engine in engines.items()
        if pool not in known and getattr(engine, "costs_only_time", False)
    ]
    found = [sample for sample in samples if sample is not None]
    with runtime.database.begin() as tx:
        record_samples(tx, found, runtime.clock.now())


def _sample(spec: ModelSpec, engine: Engine) -> Sample | None:
    """None where the engine fails: it may do better with what it is asked for in earnest."""
    asked = parse_input(spec.inputs, {"prompt": PROMPT, "seed": 1})
    try:
        seconds = _seconds(engine, generation_request(spec, asked))
    except Exception as error:  # of whatever kind: engines are anybody's code
        log.warning("engine not tried out", pool=spec.engine.pool, exc_info=error)
        return None
    log.info("engine tried out", pool=spec.engine.pool, seconds=round(seconds, 3))
    return Sample(kind_of(spec, asked), seconds, pictures=1)


def _seconds(engine: Engine, request: GenerationRequest) -> float:
    """Of the second picture: the first has what is done once within it."""
    engine.generate(request, lambda _: None)
    began = time.perf_counter()
    engine.generate(request, lambda _: None)
    return time.perf_counter() - began
