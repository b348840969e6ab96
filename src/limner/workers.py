"""Which workers live, and what they serve: their rows, heartbeats, and a lock that each holds while it runs.

The operating system, or PostgreSQL, lets go of a dead worker's lock at once, so its death shows
without waiting for silence; heartbeats are for dead hosts. Who is silent is told by counting, never by
comparing clocks. Knows nothing of what workers do.
"""

import fcntl
import os
import socket
import uuid
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from limner.db.tables import workers

NUM_WATCHMEN = 8  # look after the dead, however many work


@dataclass(frozen=True, slots=True)
class Worker:
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    version: str = ""


class Sign(NamedTuple):
    """Of life: it differs from beat to beat."""

    beats: int
    heartbeat_at: datetime


@dataclass(frozen=True, slots=True)
class Lately:
    """Whoever lives was heard of within ``silence`` of now, either way: a clock that was set back leaves
    signs of the dead ahead of itself, which must not count until it has caught up."""

    now: datetime
    silence: timedelta

    def covers(self, at: datetime) -> bool:
        return abs(at - self.now) <= self.silence


@dataclass(frozen=True, slots=True)
class Crew:
    """The workers that are heard of."""

    count: int
    pools: frozenset[str]  # that somebody serves who is not about to stop
    serves_all: bool  # somebody is of an older version, and serves every pool

    def serves(self, pool: str) -> bool:
        return self.serves_all or pool in self.pools


class Lock(Protocol):
    """Held from the moment it is had until it is released, its connection is lost, or the process ends."""

    def is_held(self) -> bool: ...

    def release(self) -> None: ...


class Locks(Protocol):
    """One lock per worker, by id."""

    is_proof: bool
    """Whether one that is free proves that its worker is dead; else it may only have lost its connection."""

    def take(self, worker_id: str) -> Lock | None:
        """None when a living process has it."""

    def free(self, worker_ids: Collection[str]) -> set[str]:
        """Those of these that nobody has."""


def register(tx: Connection, worker: Worker, now: datetime) -> None:
    """It lives, and serves no queue yet."""
    row = {"id": worker.id, "host": worker.host, "pid": worker.pid, "version": worker.version}
    times = {"started_at": now, "heartbeat_at": now}
    tx.execute(insert(workers).values(row | times | {"pools": [], "beats": 0}))


def beat(tx: Connection, worker_id: str, now: datetime) -> bool:
    """False when this worker was taken for dead, and its row removed."""
    changes = {"heartbeat_at": now, "beats": workers.c.beats + 1}
    return tx.execute(update(workers).where(workers.c.id == worker_id).values(changes)).rowcount == 1


def serve(tx: Connection, worker_id: str, pools: Collection[str]) -> None:
    """It takes work from these queues from now on."""
    tx.execute(update(workers).where(workers.c.id == worker_id).values(pools=sorted(pools)))


def stop(tx: Connection, worker_id: str, now: datetime) -> None:
    """It takes no more work from now on, and finishes what it has."""
    tx.execute(update(workers).where(workers.c.id == worker_id).values(stopping_at=now))


def remove(tx: Connection, worker_id: str) -> None:
    tx.execute(delete(workers).where(workers.c.id == worker_id))


def signs(tx: Connection, worker_id: str) -> dict[str, Sign]:
    """Of every other worker, by id."""
    query = select(workers.c.id, workers.c.beats, workers.c.heartbeat_at).where(workers.c.id != worker_id)
    return {row.id: Sign(row.beats, row.heartbeat_at) for row in tx.execute(query)}


def is_watchman(tx: Connection, worker_id: str, lately: Lately) -> bool:
    """Whether this worker is among the few that look after the dead: of those heard of lately the newest,
    so that whoever starts in the place of a dead one looks at once."""
    query = select(workers.c.id).where(_heard(lately) | (workers.c.id == worker_id))
    newest = query.order_by(workers.c.started_at.desc(), workers.c.id).limit(NUM_WATCHMEN)
    return worker_id in tx.execute(newest).scalars()


def crew(tx: Connection, lately: Lately) -> Crew:
    """Who was heard of, by the database's time."""
    rows = tx.execute(select(workers.c.pools, workers.c.stopping_at).where(_heard(lately))).all()
    serving = [row.pools for row in rows if row.stopping_at is None]
    named = frozenset(pool for pools in serving for pool in pools or ())
    return Crew(len(rows), named, serves_all=None in serving)


def count_beating(tx: Connection, lately: Lately) -> int:
    return int(tx.execute(select(func.count()).select_from(workers).where(_heard(lately))).scalar_one())


def _heard(lately: Lately) -> ColumnElement[bool]:
    return workers.c.heartbeat_at.between(lately.now - lately.silence, lately.now + lately.silence)


@dataclass(slots=True)
class Vigil:
    """Notices who has fallen silent: whose sign stands still while this process's own steady clock goes on.

    Whoever did not look for a while (was stopped itself, or could not reach the database) has seen nothing
    in the meantime, and begins anew: after an outage nobody is taken for dead who could not tell.
    """

    longest_gap_seconds: float
    _seen: dict[str, tuple[Sign, float]] = field(default_factory=dict, init=False)
    _looked: float = field(default=0.0, init=False)

    def look(self, signs: Mapping[str, Sign], now: float) -> dict[str, float]:
        """For how many seconds each has stood still; ``now`` is of a steady clock."""
        known = self._seen if now - self._looked <= self.longest_gap_seconds else {}
        self._looked = now
        self._seen = {one: self._since(known.get(one), sign, now) for one, sign in signs.items()}
        return {one: now - since for one, (_, since) in self._seen.items()}

    def begin_anew(self) -> None:
        self._seen = {}

    @staticmethod
    def _since(before: tuple[Sign, float] | None, sign: Sign, now: float) -> tuple[Sign, float]:
        return before if before is not None and before[0] == sign else (sign, now)


class FileLocks:
    """For workers of one host: locked files in one folder."""

    is_proof = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, worker_id: str) -> Lock | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{worker_id}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return _FileLock(path, descriptor)

    def free(self, worker_ids: Collection[str]) -> set[str]:
        found = set()
        for worker_id in worker_ids:
            lock = self.take(worker_id)
            if lock is not None:
                lock.release()
                found.add(worker_id)
        return found


@dataclass(frozen=True, slots=True)
class _FileLock:
    path: Path
    descriptor: int

    def is_held(self) -> bool:
        return True

    def release(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


class AdvisoryLocks:
    """For workers of many hosts: session locks of PostgreSQL, each on a connection of its own."""

    is_proof = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, worker_id: str) -> Lock | None:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        number = _number(worker_id)
        if connection.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}).scalar():
            return _AdvisoryLock(connection, number)
        connection.close()
        return None

    def free(self, worker_ids: Collection[str]) -> set[str]:
        with self._engine.connect() as connection:
            held = set(connection.execute(_HELD).scalars())
        return {worker_id for worker_id in worker_ids if _number(worker_id) not in held}


# One statement, however many workers: PostgreSQL shows the number of a lock in two halves.
_HELD = text(
    "SELECT (classid::bigint << 32) + objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def _number(worker_id: str) -> int:
    """60 bits of its id: the number of an advisory lock is a signed one of 64."""
    return int(worker_id[:15], 16)


@dataclass(frozen=True, slots=True)
class _AdvisoryLock:
    connection: Connection
    number: int

    def is_held(self) -> bool:
        try:
            return bool(self.connection.execute(text("SELECT 1")).scalar())
        except SQLAlchemyError:  # also of its own: once it is lost, it refuses to be asked
            return False

    def release(self) -> None:
        """As often as anybody likes: a connection that cannot unlock any more is used by nobody again."""
        try:
            self.connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": self.number})
        except SQLAlchemyError:
            with suppress(SQLAlchemyError):
                self.connection.invalidate()
        finally:
            self.connection.close()
