"""A worker's pulse: a thread that says that it lives, looks after dead workers, and watches its own process.

The only way out that a hanging engine cannot block is a hard exit; others then rescue its work.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

import structlog

from limner import tidying, workers
from limner.errors import LimnerError
from limner.predictions.making import Making
from limner.predictions.prediction import Failure, FailureCode
from limner.runtime import Runtime
from limner.upkeep import Watch
from limner.workers import Lock, Worker

LOOK_SECONDS = 0.1
TIDYING_SECONDS = 5.0
PR_SET_PDEATHSIG = 1

EXIT_OK = 0
EXIT_NO_ENGINE = 3
EXIT_HUNG = 4
EXIT_BROKEN_OFF = 5
EXIT_TAKEN_FOR_DEAD = 6

log = structlog.get_logger()


class Pulse:
    """Of one worker, from ``start`` to ``stop``. ``look`` is called several times a second, and may end the
    process; ``beat`` with every heartbeat."""

    def __init__(
        self, runtime: Runtime, worker: Worker, look: Callable[[], None], beat: Callable[[], None]
    ) -> None:
        self._runtime = runtime
        self._worker = worker
        self._look = look
        self._beat_too = beat
        self._watch = Watch(runtime, worker.id)
        self._ended = threading.Event()
        self._lock = self._take_lock()
        self._beating = threading.Thread(target=self._run, name="pulse", daemon=True)
        # Apart from the pulse, which a slow storage must not hold up.
        self._tidying = threading.Thread(
            target=tidying.tidy, args=(runtime, self._ended), name="tidy", daemon=True
        )

    def start(self) -> None:
        with self._runtime.database.begin() as tx:
            workers.register(tx, self._worker, self._runtime.clock.now())
        self._beating.start()
        self._tidying.start()

    def stop(self) -> None:
        """The lock is kept, so that nobody rescues what is being put back."""
        self._ended.set()
        self._beating.join()
        self._tidying.join(TIDYING_SECONDS)

    def release(self) -> None:
        self._lock.release()

    def _take_lock(self) -> Lock:
        lock = self._runtime.locks.take(self._worker.id)
        assert lock is not None, "nobody else knows this id yet"
        return lock

    def _run(self) -> None:
        beaten = -self._runtime.settings.heartbeat_seconds
        while not self._ended.wait(LOOK_SECONDS):
            self._look()
            if time.monotonic() - beaten >= self._runtime.settings.heartbeat_seconds:
                beaten = time.monotonic()
                self._beat()

    def _beat(self) -> None:
        try:
            self._say_that_it_lives()
            self._watch.look()
            self._beat_too()
        except Exception as error:  # of whatever kind: without its pulse a worker is as good as dead
            log.error("heartbeat failed", exc_info=error)

    def _say_that_it_lives(self) -> None:
        with self._runtime.database.begin() as tx:
            is_known = workers.beat(tx, self._worker.id, self._runtime.clock.now())
        if not (is_known and self._holds_its_lock()):
            exit_hard(EXIT_TAKEN_FOR_DEAD, "this worker was taken for dead")

    def _holds_its_lock(self) -> bool:
        """Or has it again: PostgreSQL lets go of it when it loses the connection. Whoever took it since is
        about to rescue what this worker has."""
        if not self._lock.is_held():
            self._lock.release()
            again = self._runtime.locks.take(self._worker.id)
            if again is None:
                return False
            self._lock = again
        return True


def watch_engines(makings: Iterable[Making], limit_seconds: float) -> None:
    """Ends the process when one of their engines hangs; its prediction fails."""
    for making in makings:
        if making.ticked is not None and time.monotonic() - making.ticked > limit_seconds:
            text = f"The engine stopped answering for {limit_seconds:g} seconds; nothing was charged."
            with suppress(LimnerError):
                making.fail(Failure(text, FailureCode.FAILED))
            exit_hard(EXIT_HUNG, "an engine hangs", prediction_id=making.prediction.id)


@contextmanager
def exiting_if_broken_off(what: str, **context: str) -> Iterator[None]:
    """Whatever is raised in here ends the process: the database is gone, or this is a bug. Rescue takes it
    up; nobody would, if it were recorded as failed."""
    try:
        yield
    except (Exception, SystemExit) as error:  # engines are anybody's code
        log.error(f"{what} broken off", exc_info=error, **context)
        exit_hard(EXIT_BROKEN_OFF, f"the {what} could be neither finished nor recorded")


def exit_hard(code: int, why: str, **context: str) -> None:
    """Ends the process as it is."""
    try:
        log.error("worker exits", why=why, exit_code=code, **context)
    finally:  # whatever has become of the log
        os._exit(code)


def die_with_parent() -> None:
    """Linux sends SIGTERM at the parent's death; elsewhere ``look`` notices within a moment."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
