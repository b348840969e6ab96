"""What an installation stands on: its schema, its workers and engines, and the clocks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.exc import DBAPIError

from limner import upkeep, workers
from limner.catalog import ModelSpec
from limner.db.migrations.revision import read_revision
from limner.doctor.finding import Ailment, Report
from limner.errors import LimnerError, Unavailable
from limner.predictions import inspection
from limner.queueing import GENERATE
from limner.runtime import Runtime, load_engine_of, migrate

MAX_SKEW = timedelta(seconds=5)


def check_schema(runtime: Runtime) -> Report:
    revision = read_revision(runtime.database)
    if revision.is_newer:
        return Report(f"at {revision.present}, which a newer version made; this one knows {revision.newest}")
    fix = partial(_migrate, runtime)
    if revision.present != revision.newest:
        present = revision.present or "without tables"
        return Report(
            "", [Ailment(f"the database is {present}, and this version needs {revision.newest}", "", fix)]
        )
    try:
        runtime.queue.unfinished(GENERATE)
    except (DBAPIError, Unavailable):  # SQLite without a table is like SQLite without a file
        return Report("", [Ailment("the queue has no tables", "", fix)])
    return Report(f"at {revision.present}, the newest")


def _migrate(runtime: Runtime) -> str:
    migrate(runtime)
    return "migrated"


def check_clock(runtime: Runtime) -> Report:
    """This machine's against the database's, by which all processes go."""
    runtime.clock.now()  # the first question also connects, which takes a while
    skew = abs(runtime.clock.now() - datetime.now(UTC))
    text = f"this machine's clock and the database's are {skew.total_seconds():.1f} s apart"
    return Report(text, [Ailment(f"{text}: set it by a time server")] if skew > MAX_SKEW else [])


def check_workers(runtime: Runtime) -> Report:
    """Who has fallen silent, and what waits for somebody to serve it."""
    lately = runtime.lately()
    with runtime.database.read() as tx:
        signs, crew = workers.signs(tx, ""), workers.crew(tx, lately)
        pools = {one.pool for one in inspection.depths(tx)}
    silent = {one: sign.heartbeat_at for one, sign in signs.items() if not lately.covers(sign.heartbeat_at)}
    ailments = [
        Ailment(f"last heard of at {at:%Y-%m-%d %H:%M:%S} UTC", one, partial(_rescue, runtime, one))
        for one, at in silent.items()
    ]
    unserved = sorted(pool for pool in pools if not crew.serves(pool))
    ailments += [Ailment("predictions wait, and no live worker serves this engine", one) for one in unserved]
    return Report(f"{crew.count} alive", ailments)


def _rescue(runtime: Runtime, worker_id: str) -> str:
    upkeep.rescue(runtime, worker_id)
    return "taken off the list, and its work queued again"


def check_engines(runtime: Runtime) -> Report:
    """Each is served by a live worker, or can be loaded here."""
    with runtime.database.read() as tx:
        crew = workers.crew(tx, runtime.lately())
    specs = {spec.engine.pool: spec for spec in runtime.catalog}
    served = [pool for pool in specs if crew.count and crew.serves(pool)]
    complaints = {pool: _complaint(spec) for pool, spec in specs.items() if pool not in served}
    ailments = [Ailment(f"cannot be loaded here: {text}", pool) for pool, text in complaints.items() if text]
    return Report(f"{len(served)} served by live workers, {len(complaints)} loaded here", ailments)


def _complaint(spec: ModelSpec) -> str:
    """ "" when the engine loads; of a chain, when all of its engines do, for a worker makes do with less."""
    engines = spec.engine.chain or (spec.engine,)
    return " ".join(filter(None, (_complaint_of_one(replace(spec, engine=one)) for one in engines)))


def _complaint_of_one(spec: ModelSpec) -> str:
    try:
        load_engine_of(spec).close()
    except LimnerError as error:
        return error.message
    except Exception as error:  # of whatever kind: engines are anybody's code
        return f"{type(error).__name__}: {error}"
    return ""
