"""What a worker process does: takes attempts from its queues, has them made, and keeps watch.

The durable queue is DBOS's, and this module and ``runtime`` alone know it. A workflow has no recorded
steps: an attempt is begun once, by one worker, and ends in one closing transaction; whatever stops in
between is begun anew as the next attempt. So DBOS's rows hold an id and a number, and nothing else.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from dbos import DBOS, DBOSConfig
from structlog.contextvars import bound_contextvars

from limner import upkeep, workers
from limner.catalog import EngineChoice
from limner.engines.engine import Engine
from limner.errors import LimnerError, NotFound
from limner.predictions import lifecycle
from limner.predictions.lifecycle import LeaseLost
from limner.predictions.making import Making
from limner.predictions.prediction import Failure, FailureCode, Prediction
from limner.queueing import (
    APPLICATION,
    APPLICATION_VERSION,
    DELIVER,
    DELIVERIES_AT_ONCE,
    GENERATE,
    WEBHOOKS,
    is_worth_logging,
)
from limner.runtime import (
    Runtime,
    courier_of,
    generation_request,
    load_engine_of,
    load_safety_of,
)
from limner.workers import Lock, Worker

LOOK_SECONDS = 0.1
TIDYING_SECONDS = 5.0
SPARE_THREADS = 4  # of DBOS itself
PR_SET_PDEATHSIG = 1

EXIT_OK = 0
EXIT_NO_ENGINE = 3
EXIT_HUNG = 4
EXIT_BROKEN_OFF = 5
EXIT_TAKEN_FOR_DEAD = 6

log = structlog.get_logger()


def run_worker(runtime: Runtime, parent_pid: int | None = None) -> int:
    """Works until SIGTERM or SIGINT, or until the parent is gone; returns the exit status.

    The database must be migrated. A picture under way at the end has ``grace_seconds`` to finish; then
    it is put back, and the process ends hard, for the thread of an engine cannot be stopped.
    """
    shift = Shift(runtime, parent_pid)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, shift.on_signal)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked by the supervisor until now
    if parent_pid is not None:
        _die_with_parent()
    return shift.work()


class Shift:
    """One run of one worker: who it is, its engines, and the attempts it has in hand."""

    def __init__(self, runtime: Runtime, parent_pid: int | None = None) -> None:
        self.runtime = runtime
        self.worker = Worker()
        self.stop = threading.Event()
        self.launched = threading.Event()
        self._is_signalled = False
        self._parent_pid = parent_pid
        self._safety = load_safety_of(runtime.settings)
        self._courier = courier_of(runtime, _now)
        self._engines: dict[EngineChoice, Engine] = {}
        self._making: dict[str, Making] = {}
        self._delivering: set[str] = set()
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._signed_off = threading.Event()

    def work(self) -> int:
        """Blocks until ``stop`` is set and what was under way is finished or put back."""
        lock = self.runtime.locks.take(self.worker.id)
        assert lock is not None, "nobody else knows this id yet"
        with self.runtime.database.begin() as tx:
            workers.register(tx, self.worker, _now())
        pulse = threading.Thread(target=self._pulse, args=(lock,), name="pulse", daemon=True)
        pulse.start()
        # Apart from the pulse, which a slow storage must not hold up.
        tidying = threading.Thread(
            target=upkeep.tidy, args=(self.runtime, self._ended), name="tidy", daemon=True
        )
        tidying.start()
        try:
            return self._serve_queues()
        finally:
            self._ended.set()
            pulse.join()
            tidying.join(TIDYING_SECONDS)
            self._sign_off(lock)

    def on_signal(self, *_: object) -> None:
        """Not ``stop.set()``: what it interrupts may hold the lock of that event, and it would never end."""
        self._is_signalled = True

    def _serve_queues(self) -> int:
        self._load_engines()
        if not self._engines:
            return EXIT_NO_ENGINE
        try:
            self._launch()
            self.launched.set()
            self._wait_for_the_end()
            self._finish()
        finally:
            DBOS.destroy(destroy_registry=True)
        self._close_engines()
        return EXIT_OK

    def _load_engines(self) -> None:
        for spec in self.runtime.catalog:
            if spec.engine in self._engines:
                continue
            try:
                self._engines[spec.engine] = load_engine_of(spec)
            except Exception as error:  # of whatever kind: the other engines serve on
                log.error("engine not loaded", engine=spec.engine.pool, exc_info=error)

    def _launch(self) -> None:
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": self.runtime.database.engine,
            "executor_id": self.worker.id,
            "application_version": APPLICATION_VERSION,
            "run_migrations": False,
            # A thread for whatever may be taken from the queues: none waits for another's.
            "max_executor_threads": DELIVERIES_AT_ONCE + len(self._engines) + SPARE_THREADS,
            "log_level": "WARNING",
        }
        DBOS(config=config)
        DBOS.logger.addFilter(is_worth_logging)
        DBOS.workflow(name=GENERATE)(lambda prediction_id, attempt: self.generate(prediction_id, attempt))
        DBOS.workflow(name=DELIVER)(lambda delivery_id, number: self.deliver(delivery_id, number))
        DBOS.listen_queues([WEBHOOKS, *(choice.pool for choice in self._engines)])
        DBOS.launch()
        if not self.runtime.public_url:
            log.warning("LIMNER_PUBLIC_URL is not set: the links in webhooks will have no origin")
        log.info("worker is ready", worker_id=self.worker.id, pools=[one.pool for one in self._engines])

    def generate(self, prediction_id: str, attempt: int) -> None:
        """The workflow. It returns when this attempt is over, and never raises: what DBOS records as
        failed it would not start again. One at a time, whatever the engine: should an engine end this
        process, what waits for its turn here has not begun, and is not blamed."""
        with self._turn, bound_contextvars(prediction_id=prediction_id):
            if self.stop.is_set():
                self._park()
            self._attempt(prediction_id, attempt)

    def deliver(self, delivery_id: str, number: int) -> None:
        """The workflow of an attempt to deliver. It waits for no engine; it never raises, see above."""
        if self.stop.is_set():
            self._park()
        self._delivering.add(delivery_id)
        try:
            self._courier.run(delivery_id, number)
        except Exception as error:  # the database is gone, or this is a bug: rescue will take it up
            log.error("delivery broken off", delivery_id=delivery_id, exc_info=error)
            _exit_hard(EXIT_BROKEN_OFF, "a delivery could not be recorded")
        finally:
            self._delivering.discard(delivery_id)

    def _attempt(self, prediction_id: str, attempt: int) -> None:
        try:
            with self.runtime.database.begin() as tx:
                prediction = lifecycle.begin(tx, prediction_id, attempt, self.worker.id, _now())
            if prediction is not None:
                self._make(prediction)
        except LeaseLost as error:
            log.warning("attempt given up", prediction_id=prediction_id, cause=error.message)
        except Exception as error:  # the database is gone, or this is a bug: rescue will take it up
            log.error("attempt broken off", prediction_id=prediction_id, exc_info=error)
            _exit_hard(EXIT_BROKEN_OFF, "an attempt could be neither made nor closed")

    def _make(self, prediction: Prediction) -> None:
        database, storage = self.runtime.database, self.runtime.storage
        making = self._making[prediction.id] = Making(
            database, storage, self._safety, self.runtime.queue, _now, prediction
        )
        try:
            spec = self.runtime.catalog.find(prediction.model_id)
            making.run(self._engines.get(spec.engine), generation_request(spec, prediction.request))
        except NotFound as error:  # the model was taken out of the catalog since
            making.fail(Failure(error.message, FailureCode.UNAVAILABLE))
        finally:
            del self._making[prediction.id]

    def _park(self) -> None:
        """Holds back what is taken from the queue while stopping; signing off puts it back."""
        self._signed_off.wait()
        raise SystemExit

    def _wait_for_the_end(self) -> None:
        while not (self._is_signalled or self.stop.is_set()):
            time.sleep(LOOK_SECONDS)
        self.stop.set()

    def _finish(self) -> None:
        deadline = time.monotonic() + self.runtime.settings.grace_seconds
        while (self._making or self._delivering) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS / 2)

    def _close_engines(self) -> None:
        if not self._making:
            for engine in self._engines.values():
                engine.close()

    def _sign_off(self, lock: Lock) -> None:
        is_idle = not (self._making or self._delivering)
        with suppress(LimnerError):  # whoever comes next will find the lock free, and do the same
            upkeep.rescue(self.runtime, self.worker.id, is_death=False)
            lock.release()
        self._signed_off.set()
        if not is_idle:
            _exit_hard(EXIT_OK, "what was under way was put back")

    def _pulse(self, lock: Lock) -> None:
        """Beats, looks after dead workers, the own engines and the parent, until the shift has ended."""
        beaten = -self.runtime.settings.heartbeat_seconds
        while not self._ended.wait(LOOK_SECONDS):
            self._watch_engines()
            self._watch_parent()
            if time.monotonic() - beaten >= self.runtime.settings.heartbeat_seconds:
                beaten = time.monotonic()
                self._beat(lock)

    def _beat(self, lock: Lock) -> None:
        try:
            self._say_that_it_lives(lock)
            upkeep.rescue_the_dead(self.runtime, self.worker.id)
            upkeep.let_in(self.runtime)
        except Exception as error:  # of whatever kind: without its pulse a worker is as good as dead
            log.error("heartbeat failed", exc_info=error)

    def _say_that_it_lives(self, lock: Lock) -> None:
        with self.runtime.database.begin() as tx:
            is_known = workers.beat(tx, self.worker.id, _now())
        if not (is_known and lock.is_held()):
            _exit_hard(EXIT_TAKEN_FOR_DEAD, "this worker was taken for dead")

    def _watch_engines(self) -> None:
        limit = self.runtime.settings.step_timeout_seconds
        for making in list(self._making.values()):
            if making.ticked is not None and time.monotonic() - making.ticked > limit:
                text = f"The engine stopped answering for {limit:g} seconds; nothing was charged."
                with suppress(LimnerError):
                    making.fail(Failure(text, FailureCode.FAILED))
                _exit_hard(EXIT_HUNG, "an engine hangs", prediction_id=making.prediction.id)

    def _watch_parent(self) -> None:
        if self._parent_pid is not None and os.getppid() != self._parent_pid:
            self.stop.set()


def _die_with_parent() -> None:
    """Linux sends SIGTERM at the parent's death; elsewhere the pulse notices within a moment."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _exit_hard(code: int, why: str, **context: str) -> None:
    """Ends the process as it is: the way out that a hanging thread cannot block. Rescue does the rest."""
    try:
        log.error("worker exits", why=why, exit_code=code, **context)
    finally:  # whatever has become of the log
        os._exit(code)


def _now() -> datetime:
    return datetime.now(UTC)
