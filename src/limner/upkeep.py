"""What workers do beside their work: take over from the dead, put back what is not begun, let in what waits.
(``tidying`` removes.) Whatever is broken off here is found again by the next who comes.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from limner import accounts, workers
from limner.predictions import lifecycle, store, turns
from limner.queueing import DELIVER, attempt_of
from limner.runtime import Runtime
from limner.webhooks import delivery
from limner.workers import Vigil

# DBOS hands what it takes to a thread within milliseconds, and there is a thread for everything: whatever has
# not come to it in so long will not, or finds when it comes that others have it.
STRAY_SECONDS = 10.0
PUT_BACK_SECONDS = 0.25  # between two tries

log = structlog.get_logger()


class Watch:
    """The look after dead workers, by one that lives.

    A free lock tells of a death at once where it is a proof; where it may only have lost its connection, if
    its worker misses a beat besides. Silence alone tells after ``silence_seconds``.
    """

    def __init__(self, runtime: Runtime, worker_id: str) -> None:
        self._runtime = runtime
        self._worker_id = worker_id
        settings = runtime.settings
        self._vigil = Vigil(longest_gap_seconds=settings.heartbeat_seconds + settings.silence_seconds / 2)
        self.is_on_watch = False

    def look(self) -> None:
        """To be called at every heartbeat. Raises whatever goes wrong, and then knows of no silence any more:
        what kept this worker from looking kept others from giving signs."""
        try:
            self._look()
        except Exception:
            self._vigil.begin_anew()
            raise

    def _look(self) -> None:
        lately = self._runtime.lately()
        with self._runtime.database.read() as tx:
            self.is_on_watch = workers.is_watchman(tx, self._worker_id, lately)
        if self.is_on_watch:
            self._rescue_the_dead()
            let_in(self._runtime)

    def _rescue_the_dead(self) -> None:
        # Who has work is read before who lives: a worker that starts in between is then no stranger.
        busy = self._runtime.queue.takers()
        with self._runtime.database.read() as tx:
            busy |= store.owners(tx)
            signs = workers.signs(tx, self._worker_id)
        silent = self._vigil.look(signs, time.monotonic())
        for other_id in self._runtime.locks.free(signs):
            if silent[other_id] >= self._doubt_seconds:
                self._rescue_locked(other_id)
        for other_id, seconds in silent.items():
            if seconds >= self._runtime.settings.silence_seconds:
                rescue(self._runtime, other_id)
        for stranger in busy - {self._worker_id, *signs}:
            rescue(self._runtime, stranger)

    @property
    def _doubt_seconds(self) -> float:
        return 0.0 if self._runtime.locks.is_proof else 1.5 * self._runtime.settings.heartbeat_seconds

    def _rescue_locked(self, other_id: str) -> None:
        """Whoever holds the lock alone does it: others leave it to them, or find nothing left."""
        lock = self._runtime.locks.take(other_id)
        if lock is not None:
            rescue(self._runtime, other_id)
            lock.release()


class Strays:
    """What the queue says that this worker has, and what never came to it: the answer to its claim was lost,
    or no thread could be started. DBOS only logs that, and others see that the worker lives."""

    def __init__(self) -> None:
        self._come: set[str] = set()
        self._missed: dict[str, float] = {}  # since when

    def come(self, workflow_id: str) -> None:
        """To be told by each workflow, before anything else."""
        self._come.add(workflow_id)

    def look(self, in_hand: Callable[[], Mapping[str, str]], now: float) -> dict[str, str]:
        """Those in hand that are missed for too long, with their names; ``now`` is of a steady clock."""
        come = set(self._come)  # before the queue is asked: what comes meanwhile is not forgotten
        found = in_hand()
        self._come -= come - found.keys()
        self._missed = {one: self._missed.get(one, now) for one in found.keys() - self._come}
        return {one: found[one] for one, since in self._missed.items() if now - since >= STRAY_SECONDS}


def rescue_strays(runtime: Runtime, worker_id: str, strays: Strays, now: float) -> None:
    """Queues anew what this worker has and never began; cut off in between, it is done again."""
    found = strays.look(partial(runtime.queue.in_hand, worker_id), now)
    for entry, name in found.items():
        log.warning("taken, and never begun", workflow_id=entry, worker_id=worker_id)
        if name == DELIVER:
            rescue_delivery(runtime, *attempt_of(entry))
        else:  # from nobody: if it is begun after all, it is let be
            rescue_prediction(runtime, *attempt_of(entry), worker_id="", is_death=False)
    runtime.queue.drop([*found])


def put_back(rescue: Callable[[], None]) -> None:
    """Has it done before it returns, however long that takes: a workflow that ends before that is recorded as
    done, and nobody looks for it again. Should the process end first, it stays taken, and is found."""
    while True:
        try:
            return rescue()
        except Exception as error:  # of whatever kind
            log.warning("not put back yet", cause=repr(error))
        time.sleep(PUT_BACK_SECONDS)


def rescue(runtime: Runtime, worker_id: str, is_death: bool = True) -> None:
    """Queues anew whatever this worker had, then removes it; cut off in between, it is done again."""
    taken = runtime.queue.taken_by(worker_id)
    with runtime.database.read() as tx:
        owned = store.owned_by(tx, worker_id)
    for prediction_id, attempt in {*map(attempt_of, taken), *owned}:
        rescue_prediction(runtime, prediction_id, attempt, worker_id, is_death)
    sent = runtime.queue.taken_by(worker_id, DELIVER)
    for delivery_id, number in map(attempt_of, sent):
        rescue_delivery(runtime, delivery_id, number)
    runtime.queue.drop([*taken, *sent])
    with runtime.database.begin() as tx:
        workers.remove(tx, worker_id)


def rescue_prediction(
    runtime: Runtime, prediction_id: str, attempt: int, worker_id: str, is_death: bool
) -> None:
    now = runtime.clock.now()
    with runtime.database.begin() as tx:
        is_rescued = lifecycle.rescue(tx, prediction_id, attempt, worker_id, runtime.queue, now, is_death)
    if is_rescued:
        log.warning("prediction queued again", prediction_id=prediction_id, worker_id=worker_id)


def rescue_delivery(runtime: Runtime, delivery_id: str, number: int) -> None:
    now = runtime.clock.now()
    with runtime.database.begin() as tx:
        is_rescued = delivery.rescue(tx, delivery_id, number, runtime.queue.enqueue_delivery, now)
    if is_rescued:
        log.warning("delivery queued again", delivery_id=delivery_id)


def let_in(runtime: Runtime) -> None:
    """Queues what waits although its account has room: its level was raised, or somebody else's transaction
    held it when its turn came."""
    with runtime.database.read() as tx:
        held_back = accounts.held_back(tx)
    for account_id in held_back:
        with runtime.database.begin() as tx:
            turns.let_in(tx, account_id, runtime.queue)
