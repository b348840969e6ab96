"""The engine that every upstream shares: N calls side by side, tried again within bounds, given up at once.

The calls run in an event loop on a thread of its own, so that a call in flight can be cut off: the generating
thread waits here, tells of progress, and leaves the moment ``on_step`` raises.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Protocol

import structlog

from limner.engines.engine import (
    Generation,
    GenerationRequest,
    OnStep,
    Preview,
    Progress,
    Refusal,
    Unsuited,
)
from limner.engines.upstream.addresses import Address, Addresses
from limner.engines.upstream.failures import Blame, CallFailed, Refused
from limner.engines.upstream.options import Limits
from limner.engines.upstream.pictures import Received, received, small
from limner.errors import EngineFailed

STEPS = 20  # a picture counts as so many
STOP_SECONDS = 10.0
ENLARGED = 1.1  # from this factor on the caller is told

Tell = Callable[[float], None]
"""Of a picture under way: which part of it is made, 0 to 1."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class File:
    """A picture as the service delivered it, and what it says of it."""

    content: bytes
    made_by: str = ""  # engine and weights behind the service, where it tells
    warnings: tuple[str, ...] = ()
    is_paid: bool = False  # whatever it is: no other is asked for in its place


class Upstream(Protocol):
    """What differs from vendor to vendor."""

    @property
    def made_by(self) -> str:
        """Engine and model, such as "openai/gpt-image-2"."""

    def warnings(self, request: GenerationRequest) -> tuple[str, ...]:
        """What of this request the service does not heed."""

    async def fetch(self, address: str, request: GenerationRequest, seed: int, tell: Tell) -> File:
        """One picture of about the size asked. Raises Refused and CallFailed; may be cancelled."""

    async def close(self) -> None: ...


class Relay:
    """An engine by way of an upstream."""

    def __init__(self, upstream: Upstream, addresses: Addresses, limits: Limits) -> None:
        self._calls = Calls(upstream, addresses, limits)
        self._upstream, self._limits = upstream, limits
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="upstream", daemon=True)
        self._thread.start()

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        """Raises EngineFailed; its text is for the caller, and never the upstream's."""
        said: SimpleQueue[Said | None] = SimpleQueue()
        work = self._submit(self._calls.all_of(request, said.put))
        work.add_done_callback(lambda _: said.put(None))
        try:
            self._listen(said, Reporting(len(request.seeds), on_step))
        except BaseException:
            work.cancel()
            raise
        return self._generation(request, work.result())

    def close(self) -> None:
        with suppress(TimeoutError):  # of a client that waits in a thread, until that is over
            self._submit(self._stop()).result(STOP_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_SECONDS)
        self._loop.close()

    def _submit(self, work: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _stop(self) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self._upstream.close()

    def _listen(self, said: "SimpleQueue[Said | None]", reporting: "Reporting") -> None:
        """Until the work has ended. Raises what ``on_step`` raises."""
        while True:
            try:
                one = said.get(timeout=self._limits.tick_seconds)
            except Empty:
                reporting.tick()
            else:
                if one is None:
                    return
                reporting.hear(one)

    def _generation(self, request: GenerationRequest, made: "list[Made]") -> Generation:
        refused = [Refusal(n, one.reason) for n, one in enumerate(made, 1) if isinstance(one, Refused)]
        pictures = [one for one in made if isinstance(one, Picture)]
        warnings = dict.fromkeys(self._upstream.warnings(request))
        for picture in pictures:
            warnings |= dict.fromkeys(picture.warnings(request))
        behind = next((one.file.made_by for one in pictures if one.file.made_by), "")
        made_by = f"{self._upstream.made_by}, {behind}" if behind else self._upstream.made_by
        images = tuple(one.received.pixels for one in pictures)
        return Generation(images, made_by, tuple(warnings), tuple(refused))


@dataclass(frozen=True, slots=True)
class Picture:
    file: File
    received: Received

    def warnings(self, request: GenerationRequest) -> tuple[str, ...]:
        width, height = self.received.made_size
        if max(request.width / width, request.height / height) <= ENLARGED:
            return self.file.warnings
        enlarged = f"The service made {width} x {height} pixels, which were enlarged."
        return (*self.file.warnings, enlarged)


Made = Picture | Refused


@dataclass(frozen=True, slots=True)
class Said:
    """``part`` of picture number ``number``, from 0, is made."""

    number: int
    part: float
    preview: Preview | None = None


class Reporting:
    """Puts together how far a request is, and tells it."""

    def __init__(self, pictures: int, on_step: OnStep) -> None:
        self._steps = [0] * pictures
        self._on_step = on_step

    def hear(self, said: Said) -> None:
        steps = round(STEPS * min(max(said.part, 0.0), 1.0))
        self._steps[said.number] = max(self._steps[said.number], steps)
        self.tick(said.preview)

    def tick(self, preview: Preview | None = None) -> None:
        self._on_step(Progress(sum(self._steps), STEPS * len(self._steps), preview))


class Calls:
    """The calls of a request, in the loop."""

    def __init__(self, upstream: Upstream, addresses: Addresses, limits: Limits) -> None:
        self._upstream, self._addresses, self._limits = upstream, addresses, limits
        self._attempts = max(limits.attempts, len(addresses))

    async def all_of(self, request: GenerationRequest, say: Callable[[Said], None]) -> list[Made]:
        """In the order of the seeds. The first that fails takes the others with it. Raises EngineFailed."""
        turns = asyncio.Semaphore(self._limits.at_once)
        work = [self._one(request, number, turns, say) for number in range(len(request.seeds))]
        tasks = [asyncio.create_task(one) for one in work]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def _one(
        self, request: GenerationRequest, number: int, turns: asyncio.Semaphore, say: Callable[[Said], None]
    ) -> Made:
        limit = self._limits.timeout_seconds
        async with turns:
            try:
                async with asyncio.timeout(limit):
                    made = await self._tries(request, number, lambda part: say(Said(number, part)))
            except Refused as refused:
                say(Said(number, 1.0))
                return refused
            except TimeoutError as error:
                raise EngineFailed(f"The upstream service made nothing in {limit:g} seconds.") from error
        say(Said(number, 1.0, partial(small, made.received.pixels)))
        return made

    async def _tries(self, request: GenerationRequest, number: int, tell: Tell) -> Picture:
        """Raises Refused, and EngineFailed when no further try is allowed or would help."""
        deadline = time.monotonic() + self._limits.timeout_seconds
        for left in reversed(range(self._attempts)):
            address = await self._awake(deadline)
            try:
                return await self._call(address, request, request.seeds[number], tell)
            except CallFailed as failed:
                self._note(address, failed)
                if failed.blame is Blame.REQUEST:
                    raise Unsuited(failed.text) from failed
                _, pause = self._addresses.best(now := time.monotonic())
                is_hopeless = failed.blame is Blame.ADDRESS and pause > 0
                if failed.blame is Blame.SENT or is_hopeless or not left or now + pause > deadline:
                    raise EngineFailed(failed.text) from failed
        raise AssertionError("the last try returns or raises")

    async def _awake(self, deadline: float) -> Address:
        """Where to call, once it may be called. Nothing is awaited between the choice and the call. Raises
        EngineFailed when that would be too late."""
        while True:
            address, pause = self._addresses.best(now := time.monotonic())
            if not pause:
                return address
            if now + pause > deadline:
                raise EngineFailed(f"The upstream service wants to be left alone for {pause:.0f} seconds.")
            await asyncio.sleep(pause)

    async def _call(self, address: Address, request: GenerationRequest, seed: int, tell: Tell) -> Picture:
        """Raises Refused and CallFailed."""
        limit = self._limits.call_timeout_seconds
        with address.in_use():
            try:
                async with asyncio.timeout(limit):
                    file = await self._upstream.fetch(address.url, request, seed, tell)
            except TimeoutError as error:
                text = f"The upstream service did not answer in {limit:g} seconds."
                raise CallFailed(text, Blame.MOMENT) from error
            except Refused:
                address.succeeded()
                raise
        picture = await _opened(file, request)
        address.succeeded()
        return picture

    def _note(self, address: Address, failed: CallFailed) -> None:
        if failed.blame is not Blame.REQUEST:
            address.failed(time.monotonic(), failed.rest_seconds)
        cause = failed.detail or failed.text
        log.warning("upstream call failed", engine=self._upstream.made_by, address=address.url, cause=cause)


async def _opened(file: File, request: GenerationRequest) -> Picture:
    """Raises CallFailed."""
    try:
        made = await asyncio.to_thread(received, file.content, request.width, request.height)
    except CallFailed as failed:
        if file.is_paid:
            raise failed.once_sent() from failed
        raise
    return Picture(file, made)
