"""One attempt, from the worker's first look to the closing transaction: content filter, engine, files,
storage, outcome.

Knows no queue and no process: it is called with an engine in hand, and whatever happens it leaves the
prediction closed, or raises LeaseLost (another attempt has it) or DatabaseUnavailable (ask again later).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import structlog
from sqlalchemy import Connection

from limner import images
from limner.db.database import Database, DatabaseUnavailable
from limner.engines.engine import Engine, Generation, GenerationRequest, Pixels, Progress
from limner.errors import EngineFailed
from limner.predictions import lifecycle, patience
from limner.predictions.lifecycle import CancelRequested, LeaseLost, Made
from limner.predictions.outbox import Outbox
from limner.predictions.prediction import Failure, FailureCode, Filtered, Output, Prediction
from limner.provenance.imprint import UNSIGNED, Imprint
from limner.provenance.signing import Origin, SigningFailed
from limner.safety.checks import FILTERED_TEXT, CheckFailed, Judgement, Safety
from limner.storage import Storage, StorageUnavailable
from limner.telemetry.tracing import TRACER

STORAGE_PAUSE_SECONDS = 0.25
MAX_STORAGE_PAUSE_SECONDS = 5.0
WRITE_SECONDS = 0.25  # progress reaches the database at most this often
Clock = Callable[[], datetime]

log = structlog.get_logger()


class ContentFiltered(Exception):
    """Nothing of it may be handed out."""

    def __init__(self, filtered: tuple[Filtered, ...]) -> None:
        super().__init__(FILTERED_TEXT)
        self.filtered = filtered


_OUTCOMES: dict[type[Exception], str] = {CancelRequested: "cancelled", ContentFiltered: "filtered"}


@dataclass(frozen=True, slots=True)
class Judged:
    """What came out of the engine, and what the content filter says of each picture."""

    generation: Generation
    judgements: tuple[Judgement, ...]
    warnings: tuple[str, ...]
    inference_ms: int

    @property
    def filtered(self) -> tuple[Filtered, ...]:
        """By our checks, or already by the engine's own."""
        judged = zip(self.generation.numbered(), self.judgements, strict=True)
        found = [Filtered(n, one.filtered_category) for (n, _), one in judged if one.is_filtered]
        found += [Filtered(refusal.n, refusal.reason) for refusal in self.generation.refused]
        return tuple(sorted(found, key=lambda one: one.n))


@dataclass(slots=True)
class Making:
    """An attempt in hand. ``ticked`` is when its engine (or a check of the content filter, anybody's code)
    was last heard of, or None outside of both."""

    database: Database
    storage: Storage
    safety: Safety
    outbox: Outbox
    clock: Clock
    prediction: Prediction
    patience_seconds: float = 0.0  # with a database that cannot be reached
    storage_patience_seconds: float = 0.0  # with a storage that fails, for each picture
    imprint: Imprint = UNSIGNED
    ticked: float | None = None
    engine_seconds: float = field(default=0.0, init=False)  # of all pictures, once they are made
    outcome: str = field(default="", init=False)  # completed, cancelled, filtered, failed, or lost: ""
    _written: float = field(default=0.0, init=False)
    _written_step: tuple[int, int] = field(default=(-1, 0), init=False)

    def run(
        self, engine: Engine | None, request: GenerationRequest, on_made: Callable[[], None] = lambda: None
    ) -> None:
        """Makes the pictures and closes the prediction, completed or failed. Calls ``on_made`` when the
        engine is free for others, unless this has failed before."""
        try:
            if engine is None:
                raise EngineFailed("The engine of this model is not loaded.")
            judged = self._generate(engine, request)
            on_made()
            outputs = self._deliver(judged, request)
            made_by = judged.generation.made_by
            made = Made(made_by, judged.warnings, judged.inference_ms, judged.filtered)
            with TRACER.start_as_current_span("close"):
                self._complete(outputs, made)
            self.outcome = "completed"
        except (LeaseLost, DatabaseUnavailable):
            raise
        except Exception as error:  # of whatever kind: an open prediction would come back for ever
            self.fail(_failure(error, self.prediction.id))
            self.outcome = _OUTCOMES.get(type(error), "failed")

    def _complete(self, outputs: Sequence[Output], made: Made) -> None:
        self._write(
            lambda tx: lifecycle.complete(tx, self.prediction, outputs, made, self.outbox, self.clock())
        )

    def fail(self, failure: Failure) -> None:
        self._write(lambda tx: lifecycle.fail(tx, self.prediction, failure, self.outbox, self.clock()))
        self.outcome = "failed"

    def _write(self, change: Callable[[Connection], None]) -> None:
        patience.write(self.database, change, self.patience_seconds)

    def _generate(self, engine: Engine, request: GenerationRequest) -> Judged:
        self._write(lambda tx: lifecycle.enter_engine(tx, self.prediction))
        try:
            judged = self._judge(engine, request)
        finally:
            self.ticked = None
        self._write(lambda tx: lifecycle.leave_engine(tx, self.prediction))
        return judged

    def _judge(self, engine: Engine, request: GenerationRequest) -> Judged:
        """Raises ContentFiltered when nothing is left to hand out."""
        self.ticked = time.monotonic()
        of_prompt = self.safety.judge_prompt(request.prompt)
        if of_prompt.is_filtered:
            every = range(1, len(request.seeds) + 1)
            raise ContentFiltered(tuple(Filtered(n, of_prompt.filtered_category) for n in every))
        started = self.ticked = time.monotonic()
        with TRACER.start_as_current_span("engine"):
            generation = engine.generate(request, self._on_step)
        self.engine_seconds = time.monotonic() - started
        inference_ms = round(self.engine_seconds * 1000)
        _check(generation, request)
        warnings = (*generation.warnings, *_warnings_of(of_prompt))
        judged = Judged(generation, self._judge_images(generation), warnings, inference_ms)
        if len(judged.filtered) == len(request.seeds):
            raise ContentFiltered(judged.filtered)
        return judged

    def _judge_images(self, generation: Generation) -> tuple[Judgement, ...]:
        judgements = []
        for pixels in generation.images:
            self.ticked = time.monotonic()
            judgements.append(self.safety.judge_image(pixels))
        return tuple(judgements)

    def _on_step(self, progress: Progress) -> None:
        try:
            self._report(progress)
        except DatabaseUnavailable as error:  # no reason to throw away what is half made
            log.warning("no progress recorded", prediction_id=self.prediction.id, cause=error.message)

    def _report(self, progress: Progress) -> None:
        now = self.ticked = time.monotonic()
        with self.database.read() as tx:
            lifecycle.look(tx, self.prediction)
        is_due = now - self._written >= WRITE_SECONDS or progress.step == progress.num_steps
        step = (progress.step, progress.num_steps)
        if is_due and step != self._written_step:  # who waits for others says the same for minutes
            self._written, self._written_step = now, step
            preview = self._preview(progress)
            with self.database.begin() as tx:
                lifecycle.record_progress(tx, self.prediction, progress.step, progress.num_steps, preview)

    def _preview(self, progress: Progress) -> bytes | None:
        """Where pictures are checked there is none: it would show what the check may keep back."""
        if progress.preview is None or self.safety.checks_images:
            return None
        try:
            return images.preview(progress.preview())
        except Exception as error:  # of whatever kind: a preview is worth no picture
            log.warning("no preview", prediction_id=self.prediction.id, exc_info=error)
            return None

    def _deliver(self, judged: Judged, request: GenerationRequest) -> list[Output]:
        """Under the attempt, so that a worker taken for dead cannot touch what its successor delivers."""
        outputs = []
        made_at = self.clock()
        for (n, pixels), judgement in zip(judged.generation.numbered(), judged.judgements, strict=True):
            if judgement.is_filtered:
                continue
            seed = request.seeds[n - 1]
            origin = Origin(judged.generation.made_by, made_at, self.prediction.id, n, seed)
            encoded = self._file(pixels, origin)
            key = f"predictions/{self.prediction.id}/{self.prediction.attempt}/{n}.{encoded.extension}"
            with TRACER.start_as_current_span("store"):
                self._store(key, encoded)
            size, num_bytes = (request.width, request.height), len(encoded.content)
            is_nsfw = judgement.is_flagged
            outputs.append(Output(n, key, seed, *size, encoded.content_type, num_bytes, is_nsfw))
        return outputs

    def _file(self, pixels: Pixels, origin: Origin) -> images.Encoded:
        """Raises SigningFailed."""
        with TRACER.start_as_current_span("encode"):
            marked = self.imprint.on_pixels(pixels, self.prediction.id)
            encoded = images.encode(marked, self.prediction.request.output_format)
        with TRACER.start_as_current_span("sign"):
            signed = self.imprint.on_file(encoded.content, encoded.content_type, origin)
        return replace(encoded, content=signed)

    def _store(self, key: str, encoded: images.Encoded) -> None:
        """A storage that fails is asked again for a while: the picture took longer to make. Raises
        StorageUnavailable in the end, and CancelRequested or LeaseLost as soon as that is so."""
        deadline = time.monotonic() + self.storage_patience_seconds
        pause = STORAGE_PAUSE_SECONDS
        while True:
            try:
                return self.storage.put(key, encoded.content, encoded.content_type)
            except StorageUnavailable as error:
                if time.monotonic() + pause > deadline:
                    raise
                log.warning("output not stored yet", prediction_id=self.prediction.id, cause=error.message)
            time.sleep(pause)
            pause = min(2 * pause, MAX_STORAGE_PAUSE_SECONDS)
            with self.database.read() as tx:
                lifecycle.look(tx, self.prediction)


def _check(generation: Generation, request: GenerationRequest) -> None:
    """Raises EngineFailed when this is not what was asked for."""
    delivered, asked = len(generation.images) + len(generation.refused), len(request.seeds)
    if delivered != asked:
        raise EngineFailed(f"The engine delivered {delivered} images where {asked} were asked for.")
    shape = (request.height, request.width, 3)
    for pixels in generation.images:
        if pixels.shape != shape or pixels.dtype != np.uint8:
            raise EngineFailed(
                f"The engine delivered an image of {pixels.shape} {pixels.dtype}, not {shape} uint8."
            )


def _warnings_of(of_prompt: Judgement) -> list[str]:
    found = of_prompt.flagged_category
    return [f"The content filter found in the prompt: {found}. It was let through."] if found else []


def _failure(error: Exception, prediction_id: str) -> Failure:
    """What the caller is told; what only we may know goes to the log."""
    match error:
        case CancelRequested() | EngineFailed():
            return Failure(error.message, FailureCode.FAILED)
        case ContentFiltered():
            return Failure(FILTERED_TEXT, FailureCode.FILTERED, error.filtered)
        case CheckFailed():
            log.error("content filter failed", prediction_id=prediction_id, exc_info=error)
            return Failure(f"{error.message} Nothing was charged.", FailureCode.UNAVAILABLE)
        case SigningFailed():
            log.error("output not signed", prediction_id=prediction_id, cause=error.message)
            return Failure("The pictures could not be signed; nothing was charged.", FailureCode.INTERNAL)
        case StorageUnavailable():
            log.error("output not stored", prediction_id=prediction_id, cause=error.message)
            return Failure("The pictures could not be stored; nothing was charged.", FailureCode.UNAVAILABLE)
        case _:
            log.error("engine raised", prediction_id=prediction_id, exc_info=error)
            return Failure("The engine failed over this request; nothing was charged.", FailureCode.INTERNAL)
