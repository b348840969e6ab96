"""Watches unfinished predictions for everybody who waits: event streams, long polls, sync mode.

One task reads, for all of them together, and only while there is somebody; those who wait hold no thread.
Each sees the newest state when it looks, and none is kept for the slow. Knows no HTTP.
"""

import asyncio
import base64
import contextvars
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import anyio.to_thread
import structlog

from limner.api.forecast import Forecast
from limner.errors import NotFound
from limner.predictions import progress, store
from limner.predictions.prediction import LIVE, NO_OUTLOOK, Outlook, Prediction, Status
from limner.predictions.progress import Glance
from limner.predictions.store import Key
from limner.runtime import Runtime

LOOK_SECONDS = 0.05
REST = 2  # how many times as long as a look took passes before the next, at least
RETRY_SECONDS = 1.0  # after a look that failed
ENDED = frozenset(Status) - frozenset(LIVE)

log = structlog.get_logger(__name__)


class Mark(NamedTuple):
    """What tells one state of a prediction from the next; the same in every process that looks."""

    attempt: int
    status: str
    queue_position: int
    step: int
    preview_step: int


@dataclass(frozen=True)
class Sighting:
    """What a prediction was last seen as."""

    mark: Mark
    num_steps: int = 0
    outlook: Outlook = NO_OUTLOOK
    preview: str = ""  # a data URI
    ended: Prediction | None = None  # as a whole, once it is finished
    is_gone: bool = False  # deleted

    @property
    def is_last(self) -> bool:
        return self.is_gone or self.ended is not None


GONE = Sighting(Mark(0, "deleted", 0, 0, 0), is_gone=True)


@dataclass
class Watched:
    """One prediction, for all who watch it."""

    key: Key
    num_watching: int = 0
    sighting: Sighting | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, sighting: Sighting | None) -> None:
        self.sighting = sighting
        self.changed.set()
        self.changed = asyncio.Event()


class Watch:
    """One who watches."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._seen: Sighting | None = None

    async def next(self, seconds: float) -> Sighting | None:
        """The newest state, as soon as it is another than this watch has seen; None when nothing changed
        within these seconds, or when the watcher closes."""
        if self._watched.sighting is self._seen:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._watched.changed.wait()
        if self._watched.sighting is self._seen:
            return None
        self._seen = self._watched.sighting
        return self._seen


class Watcher:
    """One per application; belongs to one event loop."""

    def __init__(self, runtime: Runtime, forecast: Forecast) -> None:
        self._runtime = runtime
        self._forecast = forecast
        self._watched: dict[str, Watched] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False

    @property
    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        """Lets everybody go, a moment later: it only takes a note, so that a signal handler may call it."""
        self._is_closing = True

    @contextmanager
    def watch(self, key: Key) -> Iterator[Watch]:
        """Watches a prediction, which must be the account's."""
        watched = self._watched.setdefault(key[1], Watched(key))
        watched.num_watching += 1
        self._wake()
        try:
            yield Watch(watched)
        finally:
            watched.num_watching -= 1
            if watched.num_watching == 0:
                del self._watched[key[1]]

    async def finished(self, key: Key, seconds: float) -> Prediction | None:
        """The prediction, if it is finished within these seconds. Raises NotFound when it is deleted."""
        deadline = time.monotonic() + seconds
        with self.watch(key) as watch:
            while (rest := deadline - time.monotonic()) > 0 and not self._is_closing:
                sighting = await watch.next(rest)
                if sighting is not None and sighting.is_gone:
                    raise NotFound(f'there is no prediction "{key[1]}"')
                if sighting is not None and sighting.ended is not None:
                    return sighting.ended
        return None

    def _wake(self) -> None:
        if self._task is None and not self._is_closing:
            # In a context of its own: it works for all, not for the request that happened to wake it.
            self._task = asyncio.create_task(self._run(), context=contextvars.Context())

    async def _run(self) -> None:
        limiter = anyio.CapacityLimiter(1)  # beside the handlers' threads, so that it never queues with them
        try:
            while self._watched and not self._is_closing:
                await asyncio.sleep(await self._round(limiter))
        finally:
            self._task = None
        for watched in self._watched.values():
            watched.tell(watched.sighting)  # nothing new: it closes

    async def _round(self, limiter: anyio.CapacityLimiter) -> float:
        """Looks once and tells; returns how long to rest."""
        started = time.monotonic()
        known = {one.key: one.sighting for one in self._watched.values() if not _is_last(one.sighting)}
        try:
            await self._forecast.refresh()
            seen = await anyio.to_thread.run_sync(partial(self._look, known), limiter=limiter)
        except Exception as error:  # of whatever kind: those who wait go on waiting
            log.warning("watching failed", cause=repr(error))
            return RETRY_SECONDS
        for (_, prediction_id), sighting in seen.items():
            if prediction_id in self._watched:
                self._watched[prediction_id].tell(sighting)
        return max(LOOK_SECONDS, REST * (time.monotonic() - started))

    def _look(self, known: Mapping[Key, Sighting | None]) -> dict[Key, Sighting]:
        """Those that are no longer as they are known. Blocks on the database."""
        with self._runtime.database.read() as tx:
            glances = progress.glance(tx, [prediction_id for _, prediction_id in known])
            marks = {key: self._mark(key[1], glances.get(key[1])) for key in known}
            news = {key: mark for key, mark in marks.items() if mark != _mark_of(known[key])}
            ended = store.find_many(tx, [key for key, mark in news.items() if mark.status in ENDED])
            jpegs = progress.read_previews(tx, [key[1] for key, mark in news.items() if mark.preview_step])
        sightings = {}
        for key, mark in news.items():
            if mark == GONE.mark:
                sightings[key] = GONE
            elif mark.status not in ENDED:
                sightings[key] = self._sighting(key[1], mark, glances[key[1]], jpegs)
            elif key in ended:  # if not, it was deleted just now
                sightings[key] = Sighting(mark, ended=ended[key])
        return sightings

    def _mark(self, prediction_id: str, glance: Glance | None) -> Mark:
        if glance is None:
            return GONE.mark
        place = self._forecast.place(prediction_id, glance)
        return Mark(glance.attempt, glance.status, place, glance.step, glance.preview_step)

    def _sighting(
        self, prediction_id: str, mark: Mark, glance: Glance, jpegs: Mapping[str, bytes]
    ) -> Sighting:
        outlook = self._forecast.of_glance(prediction_id, glance)
        jpeg = jpegs.get(prediction_id)
        return Sighting(mark, glance.num_steps, outlook, _as_uri(jpeg) if jpeg else "")


def _is_last(sighting: Sighting | None) -> bool:
    return sighting is not None and sighting.is_last


def _mark_of(sighting: Sighting | None) -> Mark | None:
    return None if sighting is None else sighting.mark


def _as_uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
