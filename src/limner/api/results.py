"""Answers to result polls, the one hot path.

What a finished prediction answers no longer changes, so it is kept as bytes, for less than two seconds at
a time because it may be deleted. The others are read together: polls that arrive at once, or while a read is
under way, share one statement.
Knows the store and the public view; knows no HTTP.
"""

import asyncio
import contextvars
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from limner.api.envelope import as_json, wrapped
from limner.api.forecast import Forecast
from limner.api.watching import Watcher
from limner.errors import NotFound
from limner.inputs import Json
from limner.predictions import store
from limner.predictions.prediction import Prediction, public_view
from limner.predictions.store import Key
from limner.runtime import Runtime

REMEMBERED_SECONDS = 1.0
REMEMBERED_ANSWERS = 4_000  # 64 MiB at most
LARGEST_REMEMBERED_BYTES = 16_384  # pictures inlined as base64 are not kept


@dataclass(frozen=True, slots=True)
class Answer:
    """The envelope of a prediction, and who made its pictures ("" until they are made)."""

    body: bytes
    model_id: str
    made_by: str


class Reader:
    """Reads predictions in as few statements as the load allows. Belongs to one event loop.

    An embedded database is read on the loop: that takes a tenth of a millisecond and waits for no writer,
    while a thread would fight the loop for the interpreter at every row, and lose milliseconds.
    """

    def __init__(
        self, read_many: Callable[[Collection[Key]], Mapping[Key, Prediction]], is_embedded: bool
    ) -> None:
        self._read_many = read_many
        self._is_embedded = is_embedded
        self._waiting: dict[Key, list[asyncio.Future[Prediction]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def find(self, key: Key) -> Prediction:
        """Raises NotFound, also when the prediction is another account's."""
        found: asyncio.Future[Prediction] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(found)
        if self._task is None:
            # In a context of its own: it reads for all, not for the request that began it.
            self._task = asyncio.create_task(self._read(), context=contextvars.Context())
        return await found

    async def _read(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, {}
                await self._read_batch(batch)
        finally:
            self._task = None

    async def _read_batch(self, batch: Mapping[Key, list[asyncio.Future[Prediction]]]) -> None:
        try:
            found = await self._found(batch.keys())
        except Exception as error:  # whatever it was, it belongs to those who wait
            for waiter in _open(batch.values()):
                waiter.set_exception(error)
            return
        for key, waiters in batch.items():
            prediction = found.get(key)
            for waiter in _open([waiters]):
                if prediction is None:
                    waiter.set_exception(NotFound(f'there is no prediction "{key[1]}"'))
                else:
                    waiter.set_result(prediction)

    async def _found(self, keys: Collection[Key]) -> Mapping[Key, Prediction]:
        if self._is_embedded:
            return self._read_many(keys)
        return await run_in_threadpool(self._read_many, keys)


class Results:
    """The answer to a poll of one prediction."""

    def __init__(self, runtime: Runtime, forecast: Forecast, watcher: Watcher) -> None:
        self._runtime = runtime
        self.forecast = forecast
        self._watcher = watcher
        self._reader = Reader(self._read_many, runtime.database.is_sqlite)
        self._remembered: dict[Key, tuple[Answer, float]] = {}

    def remembered(self, key: Key) -> Answer | None:
        answer, until = self._remembered.get(key, (None, 0.0))
        return answer if until > time.monotonic() else None

    async def find(self, key: Key, wait_seconds: float = 0) -> Answer:
        """At once, or as soon as the prediction is finished within these seconds. Raises NotFound."""
        prediction = await self._reader.find(key)
        if wait_seconds and not prediction.is_terminal:
            finished = await self._watcher.finished(key, wait_seconds)
            prediction = finished or await self._reader.find(key)
        answer = await self.answer(prediction)
        if prediction.is_terminal and len(answer.body) <= LARGEST_REMEMBERED_BYTES:
            self._remember(key, answer)
        return answer

    async def prediction(self, key: Key) -> Prediction:
        """Raises NotFound."""
        return await self._reader.find(key)

    async def answer(self, prediction: Prediction) -> Answer:
        body = wrapped(await self.view_json(prediction))
        return Answer(body, prediction.model_id, prediction.made_by)

    async def view_json(self, prediction: Prediction) -> bytes:
        if not prediction.is_terminal:
            await self.forecast.refresh()
        if prediction.request.enable_base64_output and prediction.outputs:
            return await run_in_threadpool(self._render, prediction)  # reads the pictures
        return self._render(prediction)

    def view(self, prediction: Prediction) -> dict[str, Json]:
        outlook = self.forecast.of(prediction)
        return public_view(prediction, self._runtime.public_url, self._runtime.storage, outlook)

    def _render(self, prediction: Prediction) -> bytes:
        return as_json(self.view(prediction))

    def _remember(self, key: Key, answer: Answer) -> None:
        if len(self._remembered) >= REMEMBERED_ANSWERS:
            self._remembered.clear()
        self._remembered[key] = (answer, time.monotonic() + REMEMBERED_SECONDS)

    def _read_many(self, keys: Collection[Key]) -> Mapping[Key, Prediction]:
        with self._runtime.database.read() as tx:
            return store.find_many(tx, keys)


def _open(groups: Iterable[list[asyncio.Future[Prediction]]]) -> Iterable[asyncio.Future[Prediction]]:
    """Those who still wait: a client may have gone away."""
    return (waiter for waiters in groups for waiter in waiters if not waiter.done())
