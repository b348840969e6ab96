"""The only wiring: builds database, storage, catalog and queue from Settings, and engines on demand.

Nothing is loaded or migrated by building; ``serve`` and ``worker`` migrate first, and only a worker
(or ``generate``, in this process) loads an engine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from limner import accounts, ledger, workers
from limner.accounts import Level
from limner.catalog import Catalog, EngineChoice, ModelSpec, build_catalog
from limner.db.clock import DatabaseClock
from limner.db.database import Database, open_database
from limner.db.migrations.upgrade import upgrade
from limner.engines.engine import Engine, GenerationRequest
from limner.engines.loading import Loader
from limner.errors import BadSettings, LimnerError, NotFound
from limner.inputs import ImageInput, size_in_pixels, with_seed
from limner.predictions.admission import Limits
from limner.predictions.delivering import Courier
from limner.predictions.speeds import RememberedSpeeds
from limner.presets import choices_of
from limner.provenance.imprint import Imprint
from limner.provenance.keeping import Keeper, OwnFiles
from limner.provenance.signing import Signer
from limner.provenance.verifying import Verifier
from limner.queueing import Queue
from limner.safety.checks import Mode, Rules, Safety, load_safety, require_checks
from limner.safety.options import CheckOptions
from limner.settings import EngineEntry, ModelChoice, Settings
from limner.storage import Storage, open_storage
from limner.uploads.intake import Intake
from limner.webhooks.sending import Sender
from limner.workers import AdvisoryLocks, Crew, FileLocks, Lately, Locks

DEFAULT_ACCOUNT = "default"
DEFAULT_CREDIT_MICROS = 1_000 * ledger.MICROS_PER_DOLLAR

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the API, the worker and the command line work with."""

    settings: Settings
    database: Database
    clock: DatabaseClock
    storage: Storage
    catalog: Catalog
    queue: Queue
    locks: Locks
    limits: Limits
    speeds: RememberedSpeeds
    intake: Intake
    public_url: str
    link_lifetime: timedelta | None = None  # of links to the storage itself; None: files are passed through

    def lately(self, now: datetime | None = None) -> Lately:
        """In which every worker that lives was heard of."""
        return Lately(now or self.clock.now(), timedelta(seconds=self.settings.silence_seconds))

    def close(self) -> None:
        self.queue.close()
        self.database.close()


@dataclass(frozen=True, slots=True)
class Health:
    """ "ok", or what is wrong; how many workers live, and which models nobody serves: what is submitted for
    those is accepted, and waits."""

    database: str
    storage: str
    workers: int
    unserved_models: tuple[str, ...] = ()

    @property
    def is_reachable(self) -> bool:
        return self.database == self.storage == "ok"


def build_runtime(settings: Settings) -> Runtime:
    """Raises BadSettings."""
    require_checks(settings.safety_list, settings.prompt_check_names, settings.image_check_names)
    _keeper(settings, None).own_files.check()
    database = open_database(settings.resolved_database_url)
    storage = open_storage(settings.resolved_storage_url)
    is_signed = settings.storage_links == "signed"
    if is_signed and not storage.can_sign:
        raise BadSettings("storage_links signed needs a bucket: this storage cannot sign links")
    return Runtime(
        settings=settings,
        database=database,
        clock=DatabaseClock(database),
        storage=storage,
        catalog=catalog_of(settings),
        queue=Queue(database),
        locks=_locks_beside(database),
        limits=Limits(
            settings.queue_limit,
            settings.account_queue_limit,
            timedelta(hours=settings.queue_wait_limit_hours),
            timedelta(days=settings.retention_days),
        ),
        speeds=RememberedSpeeds(database),
        intake=Intake(
            database,
            storage,
            timedelta(days=settings.retention_days),
            quota_bytes=int(settings.upload_quota_gib * (1 << 30)),
        ),
        public_url=settings.public_url.rstrip("/"),
        link_lifetime=timedelta(seconds=settings.storage_link_seconds) if is_signed else None,
    )


def _locks_beside(database: Database) -> Locks:
    """Where all who share the database see them: data folders may be each worker's own."""
    if not database.is_sqlite:
        return AdvisoryLocks(database.engine)
    return FileLocks(Path(database.engine.url.database or "").resolve().parent / "locks")


def catalog_of(settings: Settings) -> Catalog:
    """Raises BadSettings."""
    own = {name: _choice(model) for name, model in settings.models.items()}
    return build_catalog(choices_of(settings.preset) | own)


def migrate(runtime: Runtime) -> None:
    """Brings our tables, DBOS's tables and the queues up to date. Does nothing the second time."""
    upgrade(runtime.database)
    pools = {spec.engine.pool for spec in runtime.catalog}
    runtime.queue.migrate(pools)


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
    crew = Crew(0, frozenset(), serves_all=False)
    state = {"database": "ok", "storage": runtime.storage.state()}
    try:
        with runtime.database.read() as tx:
            crew = workers.crew(tx, runtime.lately(now))
    except LimnerError as error:
        state["database"] = error.message
    unserved = tuple(spec.model_id for spec in runtime.catalog if not crew.serves(spec.engine.pool))
    return Health(workers=crew.count, unserved_models=unserved, **state)


def load_safety_of(settings: Settings) -> Safety:
    """Raises BadSettings, and whatever a check raises that cannot be loaded."""
    rules = Rules(Mode(settings.safety), settings.safety_flag_threshold, settings.safety_filter_threshold)
    names = settings.prompt_check_names, settings.image_check_names
    return load_safety(rules, settings.safety_list, *names, _check_options(settings))


def _check_options(settings: Settings) -> CheckOptions:
    key = settings.prompt_hook_key
    return CheckOptions(
        settings.image_classifier,
        settings.prompt_classifier,
        settings.prompt_hook,
        key.get_secret_value() if key is not None else "",
        settings.prompt_hook_seconds,
        settings.prompt_hook_fails,
    )


def load_imprint_of(settings: Settings, now: datetime, database: Database | None = None) -> Imprint:
    """Makes the identity that signs, where there is none yet. Raises BadSettings and DatabaseUnavailable."""
    if settings.provenance == "off":
        return Imprint(is_marking=settings.provenance_mark)
    return Imprint(Signer(_keeper(settings, database).identity(now)), settings.provenance_mark)


def load_verifier_of(settings: Settings, database: Database) -> Verifier:
    """Of everybody who is trusted as of now. Raises BadSettings and DatabaseUnavailable."""
    return Verifier(load_authorities_of(settings, database))


def load_authorities_of(settings: Settings, database: Database) -> list[str]:
    """Each as PEM. Raises BadSettings and DatabaseUnavailable."""
    return _keeper(settings, database).authorities()


def _keeper(settings: Settings, database: Database | None) -> Keeper:
    files = OwnFiles(settings.provenance_certificates, settings.provenance_key, settings.provenance_trusted)
    if database is not None and not database.is_sqlite:
        return Keeper(settings.resolved_data_dir, files, database)
    return Keeper(settings.resolved_data_dir / "provenance", files)


def courier_of(runtime: Runtime, clock: Callable[[], datetime]) -> Courier:
    """What attempts to deliver webhooks are made with."""
    settings, enqueue = runtime.settings, runtime.queue.enqueue_delivery
    return Courier(
        runtime.database,
        runtime.storage,
        runtime.public_url,
        Sender(allow_private=settings.webhook_allow_private),
        enqueue,
        clock,
        patience_seconds=settings.silence_seconds,
    )


def load_engine_of(spec: ModelSpec) -> Engine:
    """Raises EngineFailed."""
    return Loader().load(spec.engine.unpooled)


Engines = dict[str, Engine]
"""By the pool that each serves."""


def require_models(runtime: Runtime) -> None:
    """Raises BadSettings when a worker is to serve a model that there is not."""
    try:
        _served(runtime)
    except NotFound as error:
        raise BadSettings(f"worker_models: {error.message}") from error


def load_engines(runtime: Runtime) -> Engines:
    """Those of the models that this worker is to serve, as far as they can be loaded. Raises NotFound."""
    loader = Loader()
    engines: Engines = {}
    for spec in _served(runtime):
        try:
            engines[spec.engine.pool] = loader.load(spec.engine.unpooled)
        except Exception as error:  # of whatever kind: the other engines serve on
            log.error("engine not loaded", engine=spec.engine.pool, exc_info=error)
    return engines


def _served(runtime: Runtime) -> list[ModelSpec]:
    """One of each pool. Whoever serves a model serves whatever else waits in its queue."""
    wanted = runtime.settings.worker_model_names
    specs = [runtime.catalog.find(name) for name in wanted] if wanted else list(runtime.catalog)
    return list({spec.engine.pool: spec for spec in specs}.values())


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
    if model.engines:
        return EngineChoice.in_turn(tuple(_engine(entry) for entry in model.engines), model.pool)
    return EngineChoice(model.engine, _options(model), model.pool)


def _engine(entry: EngineEntry) -> EngineChoice:
    return EngineChoice(
        entry.engine,
        _options(entry),
        max_failures=entry.max_failures,
        pause_seconds=entry.pause_seconds,
    )


def _options(of: ModelChoice | EngineEntry) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((of.options | ({"weights": of.weights} if of.weights else {})).items()))
