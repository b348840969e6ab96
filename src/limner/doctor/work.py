"""Work that nobody will ever do: unfinished predictions and deliveries beside the queue that should hold
them, and the queue's entries beside the rows that they are for.
"""

from functools import partial
from typing import NamedTuple

from limner import accounts, upkeep, workers
from limner.doctor.finding import Ailment, Report
from limner.doctor.twice import seen_twice
from limner.predictions import inspection, lifecycle, store
from limner.predictions.inspection import Unfinished
from limner.predictions.lifecycle import CANCELLED, MAX_ENGINE_DEATHS
from limner.predictions.prediction import Failure, FailureCode
from limner.queueing import DELIVER, GENERATE, attempt_of, workflow_id
from limner.runtime import Runtime
from limner.webhooks import store as webhooks
from limner.webhooks.store import Delivery

KILLED = Failure(
    "The engine broke down too often over this request; nothing was charged.", FailureCode.FAILED
)

QUEUED_NOWHERE = "waits for a worker, and is not in the queue"
LOST = "is worked on, and by no worker that lives"
FORGOTTEN = "is worked on, and the queue knows nothing of it"
DEADLY = f"has ended {MAX_ENGINE_DEATHS} workers, and is not given up"
UNWANTED = "is to be cancelled, and nobody has it"
UNSERVED = "waits in the queue of an engine that no model is mapped to"


class Stuck(NamedTuple):
    """A prediction's attempt, and how it is stuck."""

    prediction_id: str
    attempt: int
    owner: str
    how: str


def check_predictions(runtime: Runtime) -> Report:
    """Those that are neither in the queue nor with a live worker; and those that wait without need."""
    stuck = sorted(seen_twice(lambda: _stuck(runtime)))
    ailments = [Ailment(one.how, one.prediction_id, _treatment(runtime, one)) for one in stuck]
    with runtime.database.read() as tx:
        held_back, number = accounts.held_back(tx), store.count_live(tx)
    if held_back and seen_twice(lambda: _held_back(runtime)):
        text = f"{len(held_back)} accounts have predictions waiting although their level has room"
        ailments.append(Ailment(text, "", partial(_let_in, runtime)))
    return Report(
        f"{number} unfinished, each in the queue, with a worker, or waiting for its level", ailments
    )


def check_queue(runtime: Runtime) -> Report:
    """Entries that are for nothing: they do no harm, and would stay for ever where nobody serves them."""
    idle = sorted(seen_twice(lambda: _idle(runtime)))
    ailments = [
        Ailment("queued, and for no work that there is", one, partial(_drop, runtime, one)) for one in idle
    ]
    return Report("every entry is for unfinished work", ailments)


def check_deliveries(runtime: Runtime) -> Report:
    stuck = sorted(seen_twice(lambda: _stuck_deliveries(runtime)))
    ailments = [
        Ailment("is to be delivered, and not in the queue", one, partial(_send_again, runtime, one, number))
        for one, number in stuck
    ]
    with runtime.database.read() as tx:
        number = len(webhooks.pending(tx))
    return Report(f"{number} webhook deliveries pending, each in the queue or under way", ailments)


def _stuck(runtime: Runtime) -> set[Stuck]:
    queued = runtime.queue.unfinished(GENERATE)
    with runtime.database.read() as tx:
        unfinished, living = inspection.unfinished(tx), set(workers.signs(tx, ""))
    pools = {spec.engine.pool for spec in runtime.catalog}
    found = [(one, _how(one, queued, living, pools)) for one in unfinished]
    return {Stuck(one.id, one.attempt, one.owner or "", how) for one, how in found if how}


def _how(one: Unfinished, queued: dict[str, str | None], living: set[str], pools: set[str]) -> str:
    """How it is stuck; "" when it is not."""
    entry = workflow_id(one.id, one.attempt)
    if one.engine_deaths >= MAX_ENGINE_DEATHS:
        return DEADLY
    if one.owner is None and one.cancel_requested_at is not None:
        return UNWANTED
    if one.owner is not None:
        if one.owner not in living:
            return LOST
        # Whose pictures are made has left the queue: a worker encodes and stores them beside the next ones.
        return "" if queued.get(entry) == one.owner or not one.is_in_engine else FORGOTTEN
    if one.queue_tag is None:
        return ""
    if entry not in queued:
        return QUEUED_NOWHERE
    # What a live worker took and never began it finds by itself; here nobody can tell that from waiting.
    if (taker := queued[entry]) is not None and taker not in living:
        return LOST
    return "" if one.pool in pools else UNSERVED


def _treatment(runtime: Runtime, stuck: Stuck) -> "partial[str] | None":
    match stuck.how:
        case str(how) if how == UNSERVED:
            return None
        case str(how) if how in (DEADLY, UNWANTED):
            return partial(_end, runtime, stuck)
        case _:
            return partial(_queue_again, runtime, stuck)


def _queue_again(runtime: Runtime, stuck: Stuck) -> str:
    upkeep.rescue_prediction(runtime, stuck.prediction_id, stuck.attempt, stuck.owner, is_death=False)
    runtime.queue.drop([workflow_id(stuck.prediction_id, stuck.attempt)])
    return "queued again, as its next attempt"


def _end(runtime: Runtime, stuck: Stuck) -> str:
    failure = CANCELLED if stuck.how == UNWANTED else KILLED
    with runtime.database.begin() as tx:
        prediction = store.find_any(tx, stuck.prediction_id)
        if prediction is None or prediction.is_terminal:
            return "it is over by now"
        lifecycle.fail(tx, prediction, failure, runtime.queue, runtime.clock.now())
    return "ended, free of charge"


def _held_back(runtime: Runtime) -> set[str]:
    with runtime.database.read() as tx:
        return set(accounts.held_back(tx))


def _let_in(runtime: Runtime) -> str:
    upkeep.let_in(runtime)
    return "let into the queue"


def _idle(runtime: Runtime) -> set[str]:
    made, sent = runtime.queue.unfinished(GENERATE), runtime.queue.unfinished(DELIVER)
    with runtime.database.read() as tx:
        wanted = {(one.id, one.attempt) for one in inspection.unfinished(tx)}
        pending = {entry for one in webhooks.pending(tx) for entry in _entries(one)}
    return {one for one in made if attempt_of(one) not in wanted} | {
        one for one in sent if one not in pending
    }


def _drop(runtime: Runtime, entry: str) -> str:
    runtime.queue.drop([entry])
    return "dropped"


def _entries(delivery: Delivery) -> tuple[str, ...]:
    """What the queue may hold of it: the attempt under way, or the next one."""
    return workflow_id(delivery.id, delivery.num_attempts), workflow_id(
        delivery.id, delivery.num_attempts + 1
    )


def _stuck_deliveries(runtime: Runtime) -> set[tuple[str, int]]:
    """(id, number of the attempt that is missing)."""
    queued = runtime.queue.unfinished(DELIVER)
    with runtime.database.read() as tx:
        pending, living = webhooks.pending(tx), set(workers.signs(tx, ""))
    missing = set()
    for one in pending:
        is_under_way = one.next_attempt_at is None
        number = one.num_attempts if is_under_way else one.num_attempts + 1
        entry = workflow_id(one.id, number)
        if entry not in queued or (queued[entry] is not None and queued[entry] not in living):
            missing.add((one.id, number))
    return missing


def _send_again(runtime: Runtime, delivery_id: str, number: int) -> str:
    upkeep.rescue_delivery(runtime, delivery_id, number)
    return "queued again"
