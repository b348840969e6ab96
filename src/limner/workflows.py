"""What a worker process does: takes attempts from its queues, has them made, and keeps watch.

The durable queue is DBOS's, and this module and ``queueing`` alone know it. A workflow has no recorded
steps: an attempt is begun once, by one worker, and ends in one closing transaction; whatever stops in
between is begun anew as the next attempt. So DBOS's rows hold an id and a number, and nothing else.
"""

import os
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from importlib.metadata import version

import structlog
from dbos import DBOS, DBOSConfig

from limner import upkeep, workers
from limner.errors import LimnerError, NotFound
from limner.lookout import Lookout
from limner.observing import Observer
from limner.predictions import lifecycle
from limner.predictions.lifecycle import LeaseLost
from limner.predictions.making import Making
from limner.predictions.prediction import Failure, FailureCode, Prediction
from limner.pulse import (
    EXIT_NO_ENGINE,
    EXIT_OK,
    LOOK_SECONDS,
    Pulse,
    die_with_parent,
    exit_hard,
    exiting_if_broken_off,
    watch_engines,
)
from limner.queueing import (
    APPLICATION,
    APPLICATION_VERSION,
    DELIVER,
    DELIVERIES_AT_ONCE,
    GENERATE,
    WEBHOOKS,
    is_worth_logging,
    workflow_id,
)
from limner.runtime import (
    Engines,
    Runtime,
    courier_of,
    generation_request,
    load_engines,
    load_imprint_of,
    load_safety_of,
)
from limner.taking_turns import Turn, Turns
from limner.telemetry.figures import parse_address, serve_figures
from limner.timekeeping import Timekeeper, try_out
from limner.workers import Worker

SPARE_THREADS = 4  # of DBOS itself

log = structlog.get_logger()


def run_worker(runtime: Runtime, parent_pid: int | None = None) -> int:
    """Works until SIGTERM or SIGINT, or until the parent is gone; returns the exit status.

    The database must be migrated. From then on it takes no work. A picture under way has ``grace_seconds`` to
    finish, or until a second signal; then it is put back, and the process ends hard, for the thread of an
    engine cannot be stopped.
    """
    shift = Shift(runtime, parent_pid)
    if (address := parse_address(runtime.settings.metrics_address)) is not None:
        serve_figures(shift.observer.figures, address)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, shift.on_signal)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked by the supervisor until now
    if parent_pid is not None:
        die_with_parent()
    return shift.work()


class Shift:
    """One run of one worker: who it is, its engines, and the attempts it has in hand."""

    def __init__(self, runtime: Runtime, parent_pid: int | None = None) -> None:
        self.runtime = runtime
        self.worker = Worker(version=version("limner"))
        self.stop = threading.Event()
        self.launched = threading.Event()
        self.observer = Observer()
        self._told: Counter[int] = Counter()
        self._parent_pid = parent_pid
        self._safety = load_safety_of(runtime.settings)
        self._imprint = load_imprint_of(runtime.settings, runtime.clock.now(), runtime.database)
        self._courier = courier_of(runtime, runtime.clock.now)
        self._engines: Engines = {}
        self._making: dict[str, Making] = {}
        self._delivering: set[str] = set()
        self._putting_back: set[str] = set()
        self._strays = upkeep.Strays()
        self._taking: list[threading.Event] = []  # which end the threads that take from the queues
        self._times = Timekeeper()
        self._turns = Turns(LOOK_SECONDS)

    def work(self) -> int:
        """Blocks until ``stop`` is set and what was under way is finished or put back."""
        pulse = Pulse(self.runtime, self.worker, self._look, self._beat)
        pulse.start()
        try:
            return self._serve_queues()
        finally:
            pulse.stop()
            self._sign_off(pulse)

    def on_signal(self, number: int, _frame: object) -> None:
        """Not ``stop.set()``: what it interrupts may hold the lock of that event, and it would never end."""
        self._told[number] += 1

    @property
    def _is_hurried(self) -> bool:
        """Told again: but where a SIGTERM was for the whole group, the parent's own is the same one."""
        once = 1 if self._parent_pid is None else 2
        told = self._told
        return told[signal.SIGUSR1] > 0 or told[signal.SIGINT] > 1 or told[signal.SIGTERM] > once

    def _serve_queues(self) -> int:
        self._engines = load_engines(self.runtime)
        if not self._engines:
            return EXIT_NO_ENGINE
        try_out(self.runtime, self._engines)
        try:
            self._launch()
            self._announce()
            self.launched.set()
            self._wait_for_the_end()
            self._finish()
        finally:
            DBOS.destroy(destroy_registry=True)
        self._close_engines()
        return EXIT_OK

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
        queues = DBOS(config=config)
        DBOS.logger.addFilter(is_worth_logging)
        DBOS.workflow(name=GENERATE)(lambda one, attempt: self.generate(one, attempt, _origin()))
        DBOS.workflow(name=DELIVER)(lambda one, number: self.deliver(one, number, _origin()))
        names = [WEBHOOKS, *self._engines]
        DBOS.listen_queues(names)
        DBOS.launch()
        lookout = Lookout(self.runtime.queue.waiting_in(names), self.runtime.settings.polling_seconds)
        self._taking = queues.background_thread_stop_events
        lookout.start(self._taking)  # by which the threads of DBOS's queues sleep

    def _announce(self) -> None:
        with self.runtime.database.begin() as tx:
            workers.serve(tx, self.worker.id, self._engines.keys())
        if not self.runtime.public_url:
            log.warning("LIMNER_PUBLIC_URL is not set: the links in webhooks will have no origin")
        log.info("worker is ready", worker_id=self.worker.id, pools=list(self._engines))

    def generate(self, prediction_id: str, attempt: int, origin: str = "") -> None:
        """The workflow. It returns when the engines are free for the next, and never raises: what DBOS
        records as failed it would not start again. One at a time, whatever the engine: should an engine
        end this process, what waits for its turn here has not begun, and is not blamed."""
        self._strays.come(workflow_id(prediction_id, attempt))
        with exiting_if_broken_off("attempt", prediction_id=prediction_id):
            if not self._turns.run(partial(self._take_turn, prediction_id, attempt, origin), self._is_over):
                self._put_back(prediction_id, attempt)

    def _take_turn(self, prediction_id: str, attempt: int, origin: str, turn: Turn) -> None:
        guard = exiting_if_broken_off("attempt", prediction_id=prediction_id)
        with guard, self.observer.attempt(prediction_id, origin):
            if self._is_over():
                return self._put_back(prediction_id, attempt)
            return self._attempt(turn, prediction_id, attempt, origin)

    def deliver(self, delivery_id: str, number: int, origin: str = "") -> None:
        """The workflow of an attempt to deliver. It waits for no engine; it never raises, see above."""
        self._strays.come(workflow_id(delivery_id, number))
        self._delivering.add(delivery_id)
        with exiting_if_broken_off("delivery", delivery_id=delivery_id):
            if self._is_over():
                upkeep.put_back(partial(upkeep.rescue_delivery, self.runtime, delivery_id, number))
            else:
                with self.observer.delivery(delivery_id, origin):
                    self.observer.sent(self._courier.run(delivery_id, number))
        self._delivering.discard(delivery_id)

    def _put_back(self, prediction_id: str, attempt: int) -> None:
        """At once, for others to take. Signing off does so too."""
        whose = (self.runtime, prediction_id, attempt, self.worker.id)
        self._putting_back.add(prediction_id)
        upkeep.put_back(partial(upkeep.rescue_prediction, *whose, is_death=False))
        self._putting_back.discard(prediction_id)

    def _attempt(self, turn: Turn, prediction_id: str, attempt: int, origin: str) -> None:
        try:
            now = self.runtime.clock.now()
            with self.runtime.database.begin() as tx:
                prediction = lifecycle.begin(tx, prediction_id, attempt, self.worker.id, now)
            if prediction is not None:
                self.observer.begun(prediction, origin, now)
                self._make(prediction, turn)
        except LeaseLost as error:
            log.warning("attempt given up", prediction_id=prediction_id, cause=error.message)

    def _make(self, prediction: Prediction, turn: Turn) -> None:
        database, storage = self.runtime.database, self.runtime.storage
        making = self._making[prediction.id] = Making(
            database,
            storage,
            self._safety,
            self.runtime.queue,
            self.runtime.clock.now,
            prediction,
            self.runtime.settings.silence_seconds,
            self.runtime.settings.storage_patience_seconds,
            self._imprint,
        )
        try:
            spec = self.runtime.catalog.find(prediction.model_id)
            request = generation_request(spec, prediction.request)
            making.run(self._engines.get(spec.engine.pool), request, turn.pass_on)
            self._times.note(spec, prediction.request, making.engine_seconds)
        except NotFound as error:  # the model was taken out of the catalog since
            making.fail(Failure(error.message, FailureCode.UNAVAILABLE))
        finally:
            self.observer.made(making)
            del self._making[prediction.id]

    def _wait_for_the_end(self) -> None:
        while not (self._told or self.stop.is_set()):
            time.sleep(LOOK_SECONDS)

    def _is_over(self) -> bool:
        """What is put back while this worker still takes from the queues would come to it again at once."""
        is_over = self.stop.is_set()
        if is_over:
            self._take_no_more()
        return is_over

    def _take_no_more(self) -> None:
        for event in self._taking:
            event.set()

    def _finish(self) -> None:
        self._take_no_more()
        self.stop.set()
        with suppress(LimnerError), self.runtime.database.begin() as tx:
            workers.stop(tx, self.worker.id, self.runtime.clock.now())
        log.info("worker is stopping", worker_id=self.worker.id, in_hand=len(self._making))
        deadline = time.monotonic() + self.runtime.settings.grace_seconds
        in_hand = (self._making, self._delivering, self._putting_back)
        while any(in_hand) and not self._is_hurried and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS / 2)

    def _close_engines(self) -> None:
        if not self._making:
            for engine in set(self._engines.values()):
                engine.close()

    def _sign_off(self, pulse: Pulse) -> None:
        is_idle = not (self._making or self._delivering)
        with suppress(LimnerError):  # whoever comes next will find the lock free, and do the same
            upkeep.rescue(self.runtime, self.worker.id, is_death=False)
            pulse.release()
        if self._putting_back:
            time.sleep(2 * upkeep.PUT_BACK_SECONDS)  # it finds that it is done, if it is
        if self._putting_back or not is_idle:
            exit_hard(EXIT_OK, "what was under way was put back")

    def _beat(self) -> None:
        upkeep.rescue_strays(self.runtime, self.worker.id, self._strays, time.monotonic())
        self._times.write_down(self.runtime)

    def _look(self) -> None:
        watch_engines(list(self._making.values()), self.runtime.settings.step_timeout_seconds)
        if self._parent_pid is not None and os.getppid() != self._parent_pid:
            self.stop.set()


def _origin() -> str:
    """Of the workflow that this thread runs: what the queue carried beside it."""
    return DBOS.authenticated_user or ""
