"""One attempt, from the worker's first look to the closing transaction: engine, files, storage, outcome.

Knows no queue and no process: it is called with an engine in hand, and whatever happens it leaves the
prediction closed, or raises LeaseLost (another attempt has it) or DatabaseUnavailable (ask again later).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import structlog

from limner import images
from limner.db.database import Database, DatabaseUnavailable
from limner.engines.engine import Engine, Generation, GenerationRequest, Progress
from limner.errors import EngineFailed
from limner.predictions import lifecycle
from limner.predictions.lifecycle import CancelRequested, LeaseLost, Made
from limner.predictions.prediction import Failure, FailureCode, Output, Prediction
from limner.storage import Storage, StorageUnavailable

WRITE_SECONDS = 0.25  # progress reaches the database at most this often
Clock = Callable[[], datetime]

log = structlog.get_logger()


@dataclass(slots=True)
class Making:
    """An attempt in hand. ``ticked`` is when its engine was last heard of, or None outside the engine."""

    database: Database
    storage: Storage
    clock: Clock
    prediction: Prediction
    ticked: float | None = None
    _written: float = field(default=0.0, init=False)

    def run(self, engine: Engine | None, request: GenerationRequest) -> None:
        """Makes the pictures and closes the prediction, completed or failed."""
        try:
            if engine is None:
                raise EngineFailed("The engine of this model is not loaded.")
            generation, inference_ms = self._generate(engine, request)
            outputs = self._deliver(generation, request)
            made = Made(generation.made_by, generation.warnings, inference_ms)
            with self.database.begin() as tx:
                lifecycle.complete(tx, self.prediction, outputs, made, self.clock())
        except (LeaseLost, DatabaseUnavailable):
            raise
        except Exception as error:  # of whatever kind: an open prediction would come back for ever
            self.fail(_failure(error, self.prediction.id))

    def fail(self, failure: Failure) -> None:
        with self.database.begin() as tx:
            lifecycle.fail(tx, self.prediction, failure, self.clock())

    def _generate(self, engine: Engine, request: GenerationRequest) -> tuple[Generation, int]:
        with self.database.begin() as tx:
            lifecycle.enter_engine(tx, self.prediction)
        started = self.ticked = time.monotonic()
        try:
            generation = engine.generate(request, self._on_step)
        finally:
            self.ticked = None
        inference_ms = round((time.monotonic() - started) * 1000)
        with self.database.begin() as tx:
            lifecycle.leave_engine(tx, self.prediction)
        _check(generation, request)
        return generation, inference_ms

    def _on_step(self, progress: Progress) -> None:
        now = self.ticked = time.monotonic()
        with self.database.read() as tx:
            lifecycle.look(tx, self.prediction)
        if now - self._written >= WRITE_SECONDS or progress.step == progress.num_steps:
            self._written = now
            with self.database.begin() as tx:
                lifecycle.record_progress(tx, self.prediction, progress.step, progress.num_steps)

    def _deliver(self, generation: Generation, request: GenerationRequest) -> list[Output]:
        """Under the attempt, so that a worker taken for dead cannot touch what its successor delivers."""
        outputs = []
        for n, (pixels, seed) in enumerate(zip(generation.images, request.seeds, strict=True), 1):
            encoded = images.encode(pixels, self.prediction.request.output_format)
            key = f"predictions/{self.prediction.id}/{self.prediction.attempt}/{n}.{encoded.extension}"
            self.storage.put(key, encoded.content, encoded.content_type)
            size = (request.width, request.height)
            outputs.append(Output(n, key, seed, *size, encoded.content_type, len(encoded.content)))
        return outputs


def _check(generation: Generation, request: GenerationRequest) -> None:
    """Raises EngineFailed when this is not what was asked for."""
    if len(generation.images) != len(request.seeds):
        delivered, asked = len(generation.images), len(request.seeds)
        raise EngineFailed(f"The engine delivered {delivered} images where {asked} were asked for.")
    shape = (request.height, request.width, 3)
    for pixels in generation.images:
        if pixels.shape != shape or pixels.dtype != np.uint8:
            raise EngineFailed(
                f"The engine delivered an image of {pixels.shape} {pixels.dtype}, not {shape} uint8."
            )


def _failure(error: Exception, prediction_id: str) -> Failure:
    """What the caller is told; what only we may know goes to the log."""
    match error:
        case CancelRequested() | EngineFailed():
            return Failure(error.message, FailureCode.FAILED)
        case StorageUnavailable():
            log.error("output not stored", prediction_id=prediction_id, cause=error.message)
            return Failure("The pictures could not be stored; nothing was charged.", FailureCode.UNAVAILABLE)
        case _:
            log.error("engine raised", prediction_id=prediction_id, exc_info=error)
            return Failure("The engine failed over this request; nothing was charged.", FailureCode.INTERNAL)
