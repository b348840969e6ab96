"""The only wiring: builds database, storage, catalog and queue from Settings, and engines on demand.

Nothing is loaded or migrated by building; ``serve`` and ``worker`` migrate first, and only a worker
(or ``generate``, in this process) loads an engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from dbos import DBOS, DBOSClient, EnqueueOptions
from sqlalchemy import Connection

from limner import accounts, ledger, workers
from limner.accounts import Level
from limner.catalog import Catalog, EngineChoice, ModelSpec, build_catalog
from limner.db.database import Database, open_database
from limner.db.migrations.upgrade import upgrade
from limner.engines.engine import Engine, GenerationRequest, load_engine
from limner.errors import LimnerError, NotFound
from limner.inputs import ImageInput, size_in_pixels, with_seed
from limner.predictions import store
from limner.predictions.admission import Limits
from limner.predictions.delivering import Courier
from limner.predictions.prediction import Prediction
from limner.safety.checks import Mode, Rules, Safety, load_safety, require_checks
from limner.settings import ModelChoice, Settings
from limner.storage import Storage, open_storage
from limner.uploads.intake import Intake
from limner.webhooks.delivery import schedule
from limner.webhooks.sending import Sender
from limner.workers import AdvisoryLocks, FileLocks, Locks

APPLICATION = "limner"
# Pinned: by default it is a hash of the source, and an upgrade would strand what is queued.
APPLICATION_VERSION = "1"
GENERATE = "generate"  # the names of the workflows, in the queue's rows
DELIVER = "deliver"
WEBHOOKS = "webhooks of limner"  # the queue of deliveries; engine pools have names of their own
DELIVERIES_AT_ONCE = 32  # by one worker: threads that wait for receivers
DELIVERIES_AT_ONCE_PER_ACCOUNT = 8  # so that the slow receivers of one account hold up no other's
WEBHOOK_POLLING_SECONDS = 0.25
DEFAULT_ACCOUNT = "default"
DEFAULT_CREDIT_MICROS = 1_000 * ledger.MICROS_PER_DOLLAR


class Queue:
    """Where attempts wait for a worker: DBOS, in our own database. Its rows hold ids, never prompts."""

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

    def enqueue(self, tx: Connection, prediction_id: str, attempt: int, pool: str, queue_tag: int) -> None:
        """Queues an attempt within this transaction; the lowest tag is taken first."""
        self.client.enqueue_in_transaction(
            tx,
            {
                "workflow_name": GENERATE,
                "workflow_id": workflow_id(prediction_id, attempt),
                "queue_name": pool,
                "priority": queue_tag,
                "app_version": APPLICATION_VERSION,
            },
            prediction_id,
            attempt,
        )

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
        self.client.enqueue_in_transaction(tx, options, delivery_id, number)

    def announce(self, tx: Connection, prediction: Prediction, now: datetime) -> None:
        """Queues the first attempt to tell a prediction's webhook that it is finished."""
        assert prediction.webhook_url is not None, "only what has a webhook is announced"
        schedule(tx, prediction.account_id, prediction.id, prediction.webhook_url, self.enqueue_delivery, now)

    def takers(self) -> set[str]:
        """The workers that have workflows in hand."""
        found = self.client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {status.executor_id for status in found if status.executor_id}

    def taken_by(self, worker_id: str, name: str = GENERATE) -> list[str]:
        """The workflows of this name that this worker has taken from the queue and not finished."""
        found = self.client.list_workflows(
            status="PENDING", executor_id=worker_id, name=name, load_input=False, load_output=False
        )
        return [status.workflow_id for status in found]

    def drop(self, workflow_ids: list[str]) -> None:
        """Forgets workflows whose worker is gone."""
        if workflow_ids:
            self.client.cancel_workflows(workflow_ids)

    def forget(self, num_attempts: Mapping[str, int]) -> None:
        """Removes what is recorded of predictions that are no more, by id: every attempt of theirs."""
        attempts = [(one, attempt) for one, count in num_attempts.items() for attempt in range(1, count + 1)]
        self.client.delete_workflows([workflow_id(*attempt) for attempt in attempts])

    def expire(self, before: datetime, limit: int) -> None:
        """Removes a batch of what has ended before then, deliveries too."""
        found = self.client.list_workflows(
            completed_before=before.isoformat(), limit=limit, load_input=False, load_output=False
        )
        self.client.delete_workflows([status.workflow_id for status in found])

    def migrate(self, pools: set[str], polling_seconds: float) -> None:
        """DBOS's tables; a queue per engine pool, one picture at a time on each worker; and the webhooks'."""
        DBOS.migrate(self._database.engine.url.render_as_string(hide_password=False))
        for pool in sorted(pools):
            self.client.register_queue(pool, worker_concurrency=1, polling_interval_sec=polling_seconds)
        self.client.register_queue(
            WEBHOOKS,
            worker_concurrency=DELIVERIES_AT_ONCE,
            partition_worker_concurrency=DELIVERIES_AT_ONCE_PER_ACCOUNT,
            polling_interval_sec=WEBHOOK_POLLING_SECONDS,
        )

    def close(self) -> None:
        if self._client is not None:
            self._client.destroy()


def workflow_id(prediction_id: str, attempt: int) -> str:
    """The prediction's own id, at first; an attempt is never queued twice."""
    return prediction_id if attempt == 1 else f"{prediction_id}-{attempt}"


def attempt_of(workflow_id: str) -> tuple[str, int]:
    """(prediction id, attempt)."""
    prediction_id, _, attempt = workflow_id.partition("-")
    return prediction_id, int(attempt or 1)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the API, the worker and the command line work with."""

    settings: Settings
    database: Database
    storage: Storage
    catalog: Catalog
    queue: Queue
    locks: Locks
    limits: Limits
    intake: Intake
    public_url: str

    def close(self) -> None:
        self.queue.close()
        self.database.close()


@dataclass(frozen=True, slots=True)
class Health:
    """ "ok", or what is wrong."""

    database: str
    storage: str
    workers: int

    @property
    def is_reachable(self) -> bool:
        return self.database == self.storage == "ok"


def build_runtime(settings: Settings) -> Runtime:
    """Raises BadSettings."""
    require_checks(settings.safety_list, settings.prompt_check_names, settings.image_check_names)
    database = open_database(settings.resolved_database_url)
    storage = open_storage(settings.resolved_storage_url)
    return Runtime(
        settings=settings,
        database=database,
        storage=storage,
        catalog=catalog_of(settings),
        queue=Queue(database),
        locks=FileLocks(settings.resolved_data_dir / "locks")
        if database.is_sqlite
        else AdvisoryLocks(database.engine),
        limits=Limits(
            settings.queue_limit, settings.account_queue_limit, timedelta(days=settings.retention_days)
        ),
        intake=Intake(database, storage, timedelta(days=settings.retention_days)),
        public_url=settings.public_url.rstrip("/"),
    )


def catalog_of(settings: Settings) -> Catalog:
    """Raises BadSettings."""
    return build_catalog({name: _choice(model) for name, model in settings.models.items()})


def migrate(runtime: Runtime) -> None:
    """Brings our tables, DBOS's tables and the queues up to date. Does nothing the second time."""
    upgrade(runtime.database)
    pools = {spec.engine.pool for spec in runtime.catalog}
    runtime.queue.migrate(pools, runtime.settings.polling_seconds)


def ensure_default_account(runtime: Runtime, now: datetime) -> str | None:
    """Makes the account `default`, with local credit, on the first start. Returns its key if that was
    made just now and is known to nobody yet."""
    wanted = runtime.settings.api_key
    with runtime.database.begin() as tx:
        try:
            account = accounts.find_account(tx, DEFAULT_ACCOUNT)
        except NotFound:
            account = accounts.create_account(tx, DEFAULT_ACCOUNT, Level.ULTRA, now)
            ledger.top_up(tx, account.id, DEFAULT_CREDIT_MICROS, now)
        if wanted is not None:
            if not accounts.is_key_of(tx, account.id, wanted.get_secret_value()):
                accounts.create_key(tx, account.id, now, wanted.get_secret_value())
            return None
        return None if accounts.has_key(tx, account.id) else accounts.create_key(tx, account.id, now)


def check_health(runtime: Runtime, now: datetime) -> Health:
    beating = 0
    state = {"database": "ok", "storage": "ok"}
    try:
        with runtime.database.read() as tx:
            beating = workers.count_beating(tx, now - timedelta(seconds=runtime.settings.silence_seconds))
    except LimnerError as error:
        state["database"] = error.message
    try:
        runtime.storage.check()
    except LimnerError as error:
        state["storage"] = error.message
    return Health(workers=beating, **state)


def find_faults(runtime: Runtime, now: datetime) -> list[str]:
    """What must never be: money or work that does not add up. For `doctor`."""
    with runtime.database.read() as tx:
        faults = [f"account {one}: its row is not its transfers" for one in ledger.unbalanced_accounts(tx)]
        live, held = store.live_ids(tx), ledger.open_holds(tx)
    faults += [f"prediction {one}: unfinished, and nothing is held for it" for one in sorted(live - held)]
    faults += [f"prediction {one}: finished, and money is held for it" for one in sorted(held - live)]
    return faults


def load_safety_of(settings: Settings) -> Safety:
    """Raises BadSettings, and whatever a check raises that cannot be loaded."""
    rules = Rules(Mode(settings.safety), settings.safety_flag_threshold, settings.safety_filter_threshold)
    names = settings.prompt_check_names, settings.image_check_names
    return load_safety(rules, settings.safety_list, *names)


def courier_of(runtime: Runtime, clock: Callable[[], datetime]) -> Courier:
    """What attempts to deliver webhooks are made with."""
    sender = Sender(allow_private=runtime.settings.webhook_allow_private)
    queue = runtime.queue
    return Courier(
        runtime.database, runtime.storage, runtime.public_url, sender, queue.enqueue_delivery, clock
    )


def load_engine_of(spec: ModelSpec) -> Engine:
    """Raises EngineFailed."""
    return load_engine(spec.engine.name, dict(spec.engine.options))


def generation_request(spec: ModelSpec, request: ImageInput) -> GenerationRequest:
    """What the engine is asked for; a seed is drawn where the request has none."""
    width, height = size_in_pixels(request.aspect_ratio, request.resolution)
    seed = with_seed(request).seed
    return GenerationRequest(
        prompt=request.prompt,
        width=width,
        height=height,
        seeds=tuple(seed + k for k in range(request.num_images)),
        negative_prompt=request.negative_prompt,
        num_inference_steps=spec.effort.num_inference_steps,
        guidance_scale=spec.effort.guidance_scale,
    )


def _choice(model: ModelChoice) -> EngineChoice:
    options: Mapping[str, str] = model.options | ({"weights": model.weights} if model.weights else {})
    return EngineChoice(model.engine, tuple(sorted(options.items())))
