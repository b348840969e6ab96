"""How fast the engines are, remembered in the database: workers measure, whoever accepts work reads it."""

import threading
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, select
from sqlalchemy.dialects import postgresql, sqlite

from limner.db.database import Database
from limner.db.tables import engine_speeds
from limner.errors import Unavailable
from limner.predictions.costs import Kind, Speeds

LONGEST_MEMORY = 50  # pictures: an older one counts for less and less
READ_AGAIN_SECONDS = 10.0


class Sample(NamedTuple):
    """What an engine took for pictures of one kind."""

    kind: Kind
    seconds: float  # a picture
    pictures: int


def read_speeds(tx: Connection) -> Speeds:
    rows = tx.execute(select(engine_speeds)).all()
    return Speeds({Kind(row.pool, row.steps or None, row.pixels): row.seconds for row in rows})


def record_samples(tx: Connection, samples: Iterable[Sample], now: datetime) -> None:
    """Moves what is remembered towards these, the more the less was known. In one order for everybody."""
    for kind, seconds, pictures in sorted(samples, key=lambda one: (one.kind.pool, one.kind.work)):
        key = {"pool": kind.pool, "steps": kind.steps or 0, "pixels": kind.pixels}
        row = key | {"seconds": seconds, "num_samples": pictures, "measured_at": now}
        tx.execute(_adding(tx, row))


def _adding(tx: Connection, row: dict[str, Any]) -> Any:
    insert = (sqlite if tx.dialect.name == "sqlite" else postgresql).insert(engine_speeds).values(row)
    old, new = engine_speeds.c, insert.excluded
    total = old.num_samples + new.num_samples
    remembered = case((total > LONGEST_MEMORY, LONGEST_MEMORY), else_=total)
    weight = 1.0 * new.num_samples / total
    return insert.on_conflict_do_update(
        index_elements=[old.pool, old.steps, old.pixels],
        set_={
            "seconds": old.seconds + (new.seconds - old.seconds) * weight,
            "num_samples": remembered,
            "measured_at": new.measured_at,
        },
    )


class RememberedSpeeds:
    """As they were a few seconds ago. For all threads of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._speeds = Speeds()
        self._read_at: float | None = None
        self._reading = threading.Lock()

    def latest(self) -> Speeds:
        """Those read last, where the database cannot be asked."""
        if self._is_old() and self._reading.acquire(blocking=False):
            try:
                with self._database.read() as tx:
                    self._speeds = read_speeds(tx)
                self._read_at = time.monotonic()
            except Unavailable:
                pass
            finally:
                self._reading.release()
        return self._speeds

    def _is_old(self) -> bool:
        return self._read_at is None or time.monotonic() - self._read_at > READ_AGAIN_SECONDS
