"""How long it will take: the outlook of unfinished predictions, from one look at the whole queue at a time.

Knows the progress of predictions; knows no HTTP.
"""

import asyncio
import contextvars
import time
from datetime import UTC, datetime, timedelta

import structlog
from starlette.concurrency import run_in_threadpool

from limner import workers
from limner.errors import LimnerError, NotFound
from limner.predictions import progress
from limner.predictions.prediction import NO_OUTLOOK, Outlook, Prediction
from limner.predictions.progress import Glance, Survey
from limner.runtime import Runtime

REMEMBERED_SECONDS = 0.1
REST = 10  # how many times as long as a look took it is remembered, at least: a queue may be long

log = structlog.get_logger(__name__)


class Forecast:
    """One per application; belongs to one event loop. What it remembers is a moment old at most."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._survey = Survey()
        self._until = 0.0
        self._looking: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        """Looks anew if the last look is too old, once for all who ask meanwhile. A failure is logged only:
        what it spoils is a guess."""
        if time.monotonic() < self._until:
            return
        if self._looking is None:
            looking = self._look_once()
            self._looking = asyncio.create_task(looking, context=contextvars.Context())
        await asyncio.shield(self._looking)

    async def _look_once(self) -> None:
        started = time.monotonic()
        try:
            self._survey = await run_in_threadpool(self._look)
        except LimnerError as error:
            log.warning("no forecast", cause=error.message)
        finally:
            looked = time.monotonic()
            self._until = looked + max(REMEMBERED_SECONDS, REST * (looked - started))
            self._looking = None

    def _look(self) -> Survey:
        lately = self._runtime.lately()
        with self._runtime.database.read() as tx:
            return progress.survey(tx, workers.count_beating(tx, lately))

    def place(self, prediction_id: str, glance: Glance) -> int:
        """In line; 0 for what does not wait."""
        return self._survey.place(prediction_id, glance)

    def wait_behind_all(self, pool: str) -> timedelta:
        """What whoever comes now would wait if they came last; nothing while nobody works."""
        return timedelta(seconds=self._survey.wait(pool, self._survey.waiting.get(pool, 0) + 1))

    def of_glance(self, prediction_id: str, glance: Glance) -> Outlook:
        return self._survey.outlook(prediction_id, glance, datetime.now(UTC))

    def of(self, prediction: Prediction) -> Outlook:
        if prediction.is_terminal:
            return NO_OUTLOOK
        glance = Glance(
            self._pool_of(prediction.model_id),
            prediction.status,
            prediction.attempt,
            prediction.step,
            prediction.num_steps,
            prediction.started_at,
            0,
        )
        return self.of_glance(prediction.id, glance)

    def _pool_of(self, model_id: str) -> str:
        try:
            return self._runtime.catalog.find(model_id).engine.pool
        except NotFound:  # taken out of the catalog since
            return ""
