"""Where work waits for a worker: DBOS Transact, in our own database. Its rows hold ids, never prompts.

What is queued in a transaction is queued with its commit, or not at all: this is the outbox that the
lifecycle is handed. Knows nothing of what becomes of what is queued.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime

from dbos import DBOS, DBOSClient, EnqueueOptions, error
from sqlalchemy import Connection, text

from limner.db.database import Database, DatabaseUnavailable, reported
from limner.predictions.prediction import Prediction
from limner.telemetry.tracing import Origin
from limner.webhooks.delivery import schedule

APPLICATION = "limner"
# Pinned: by default it is a hash of the source, and an upgrade would strand what is queued.
APPLICATION_VERSION = "1"
GENERATE = "generate"  # the names of the workflows, in the queue's rows
DELIVER = "deliver"
WEBHOOKS = "webhooks of limner"  # the queue of deliveries; engine pools have names of their own
DELIVERIES_AT_ONCE = 32  # by one worker: threads that wait for receivers
DELIVERIES_AT_ONCE_PER_ACCOUNT = 8  # so that the slow receivers of one account hold up no other's
POLLING_SECONDS = 1.0  # DBOS looks for itself: the lookout tells it of work long before
EXPIRED_AT_ONCE = 500


class Queue:
    """The queues of attempts and of deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._client: DBOSClient | None = None

    @property
    def client(self) -> DBOSClient:
        # Made when first used: it looks into the database, which may have no tables until then.
        if self._client is None:
            self._client = DBOSClient(
                system_database_engine=self._database.engine,
                application_name=APPLICATION,
                retry_connection_errors=False,
            )
        return self._client

    def enqueue(
        self,
        tx: Connection,
        prediction_id: str,
        attempt: int,
        pool: str,
        queue_tag: int,
        origin: Origin | None = None,
    ) -> None:
        """Queues an attempt within this transaction; the lowest tag is taken first. The origin of a first
        attempt is that of those that follow."""
        options: EnqueueOptions = {
            "workflow_name": GENERATE,
            "workflow_id": workflow_id(prediction_id, attempt),
            "queue_name": pool,
            "priority": queue_tag,
            "app_version": APPLICATION_VERSION,
        }
        carried = self._origin_of(prediction_id, attempt - 1) if attempt > 1 else str(origin or "")
        if carried:
            options["authenticated_user"] = carried  # the one text that DBOS hands on without a further read
        self.client.enqueue_in_transaction(tx, options, prediction_id, attempt)

    def on_behalf_of(self, origin: Origin) -> "Behalf":
        """The same queue, for one request: what it queues is known to come from there."""
        return Behalf(self, origin)

    @reported()
    def _origin_of(self, prediction_id: str, attempt: int) -> str:
        found = self.client.list_workflows(
            workflow_ids=[workflow_id(prediction_id, attempt)], load_input=False, load_output=False
        )
        return next((one.authenticated_user or "" for one in found), "")

    def enqueue_delivery(
        self, tx: Connection, delivery_id: str, number: int, account_id: str, delay_seconds: float
    ) -> None:
        """Queues an attempt to deliver within this transaction; DBOS keeps it until the delay is over."""
        options: EnqueueOptions = {
            "workflow_name": DELIVER,
            "workflow_id": workflow_id(delivery_id, number),
            "queue_name": WEBHOOKS,
            "queue_partition_key": account_id,
            "app_version": APPLICATION_VERSION,
        }
        if delay_seconds > 0:
            options["delay_seconds"] = delay_seconds
        if origin := str(Origin.here()):  # whoever ends a prediction, or failed to deliver, goes on with it
            options["authenticated_user"] = origin
        self.client.enqueue_in_transaction(tx, options, delivery_id, number)

    def announce(self, tx: Connection, prediction: Prediction, now: datetime) -> None:
        """Queues the first attempt to tell a prediction's webhook that it is finished."""
        assert prediction.webhook_url is not None, "only what has a webhook is announced"
        schedule(tx, prediction.account_id, prediction.id, prediction.webhook_url, self.enqueue_delivery, now)

    @reported()
    def takers(self) -> set[str]:
        """The workers that have workflows in hand."""
        found = self.client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {status.executor_id for status in found if status.executor_id}

    def waiting_in(self, queues: Collection[str]) -> Callable[[], set[str]]:
        """What tells in which of these queues something waits to be taken: one statement, written once, that
        costs next to nothing. It names none while the database cannot be asked."""
        names = sorted(queues)
        statement = text(f"SELECT {', '.join(self._is_waiting(number) for number in range(len(names)))}")
        bound = {f"queue{number}": name for number, name in enumerate(names)}

        def waiting() -> set[str]:
            with suppress(DatabaseUnavailable), self._database.read() as tx:
                row = tx.execute(statement, bound).one()
                return {name for name, is_waiting in zip(names, row, strict=True) if is_waiting}
            return set()

        return waiting

    def _is_waiting(self, number: int) -> str:
        # The second condition is for SQLite, which knows DBOS's index of what is unfinished by its words.
        conditions = "status = 'ENQUEUED' AND status IN ('ENQUEUED', 'PENDING')"
        rows = "workflow_status" if self._database.is_sqlite else "dbos.workflow_status"
        return f"EXISTS (SELECT 1 FROM {rows} WHERE queue_name = :queue{number} AND {conditions})"  # noqa: S608

    @reported()
    def taken_by(self, worker_id: str, name: str = GENERATE) -> list[str]:
        """The workflows of this name that this worker has taken from the queue and not finished."""
        found = self.client.list_workflows(
            status="PENDING", executor_id=worker_id, name=name, load_input=False, load_output=False
        )
        return [status.workflow_id for status in found]

    @reported()
    def in_hand(self, worker_id: str) -> dict[str, str]:
        """Every workflow that this worker has taken from the queues and not finished, with its name."""
        found = self.client.list_workflows(
            status="PENDING",
            executor_id=worker_id,
            name=[GENERATE, DELIVER],
            load_input=False,
            load_output=False,
        )
        return {one.workflow_id: one.name for one in found}

    @reported()
    def unfinished(self, name: str) -> dict[str, str | None]:
        """Every workflow of this name that is queued or taken, and by whom it was taken."""
        found = self.client.list_workflows(
            status=["ENQUEUED", "DELAYED", "PENDING"], name=name, load_input=False, load_output=False
        )
        return {one.workflow_id: one.executor_id if one.status == "PENDING" else None for one in found}

    @reported()
    def drop(self, workflow_ids: list[str]) -> None:
        """Forgets workflows whose worker is gone."""
        if workflow_ids:
            self.client.cancel_workflows(workflow_ids)

    @reported()
    def forget(self, num_attempts: Mapping[str, int]) -> None:
        """Removes what is recorded of predictions that are no more, by id: every attempt of theirs."""
        attempts = [(one, attempt) for one, count in num_attempts.items() for attempt in range(1, count + 1)]
        self.client.delete_workflows([workflow_id(*attempt) for attempt in attempts])

    @reported()
    def expire(self, before: datetime) -> int:
        """Removes a batch of records of what has ended before then, deliveries too. How many."""
        found = self.client.list_workflows(
            completed_before=before.isoformat(), limit=EXPIRED_AT_ONCE, load_input=False, load_output=False
        )
        if found:
            self.client.delete_workflows([status.workflow_id for status in found])
        return len(found)

    def withdraw(self, prediction: Prediction) -> None:
        """Takes a prediction out of the queue that was finished before its turn; after the commit, and if it
        can be done: its turn would come to nothing anyway."""
        with suppress(DatabaseUnavailable):
            self.drop([workflow_id(prediction.id, prediction.attempt)])

    def migrate(self, pools: set[str]) -> None:
        """DBOS's tables; a queue per engine pool, one picture at a time on each worker; and the webhooks'."""
        DBOS.migrate(self._database.engine.url.render_as_string(hide_password=False))
        for pool in sorted(pools):
            self.client.register_queue(pool, worker_concurrency=1, polling_interval_sec=POLLING_SECONDS)
        self.client.register_queue(
            WEBHOOKS,
            worker_concurrency=DELIVERIES_AT_ONCE,
            partition_worker_concurrency=DELIVERIES_AT_ONCE_PER_ACCOUNT,
            polling_interval_sec=POLLING_SECONDS,
        )

    def close(self) -> None:
        if self._client is not None:
            self._client.destroy()


class Behalf:
    """An outbox for the work of one request."""

    def __init__(self, queue: Queue, origin: Origin) -> None:
        self._queue, self._origin = queue, origin

    def enqueue(self, tx: Connection, prediction_id: str, attempt: int, pool: str, queue_tag: int) -> None:
        self._queue.enqueue(tx, prediction_id, attempt, pool, queue_tag, self._origin)

    def announce(self, tx: Connection, prediction: Prediction, now: datetime) -> None:
        self._queue.announce(tx, prediction, now)


def workflow_id(prediction_id: str, attempt: int) -> str:
    """The prediction's own id, at first; an attempt is never queued twice."""
    return prediction_id if attempt == 1 else f"{prediction_id}-{attempt}"


def attempt_of(workflow_id: str) -> tuple[str, int]:
    """(prediction id, attempt)."""
    prediction_id, _, attempt = workflow_id.partition("-")
    return prediction_id, int(attempt or 1)


def is_worth_logging(record: logging.LogRecord) -> bool:
    """A filter for DBOS's log. What is cancelled or deleted when a worker has just taken it finds nothing to
    do, as it should; DBOS then calls it an error that its workflow was cancelled, or is no more. So it does
    when a worker that stops has put work back, and the thread that had it ends after DBOS."""
    raised = record.exc_info[1] if record.exc_info else None
    if isinstance(raised, error.DBOSException) and "before DBOS was launched" in str(raised):
        return False
    return not isinstance(
        raised, error.DBOSAwaitedWorkflowCancelledError | error.DBOSNonExistentWorkflowError
    )
