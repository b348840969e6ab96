"""Which workers live: their rows and heartbeats, and a lock that each holds for as long as it runs.

The operating system, or PostgreSQL, lets go of a dead worker's lock at once, so its death shows
without waiting for silence; heartbeats are for dead hosts. Knows nothing of what workers do.
"""

import fcntl
import os
import socket
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from limner.db.tables import workers


@dataclass(frozen=True, slots=True)
class Worker:
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)


class Lock(Protocol):
    """Held from the moment it is had until it is released or the process ends."""

    def is_held(self) -> bool: ...

    def release(self) -> None: ...


class Locks(Protocol):
    """One lock per worker, by id."""

    def take(self, worker_id: str) -> Lock | None:
        """None when a living process has it."""


def register(tx: Connection, worker: Worker, now: datetime) -> None:
    row = {"id": worker.id, "host": worker.host, "pid": worker.pid}
    tx.execute(insert(workers).values(row | {"started_at": now, "heartbeat_at": now}))


def beat(tx: Connection, worker_id: str, now: datetime) -> bool:
    """False when this worker was taken for dead, and its row removed."""
    return tx.execute(update(workers).where(workers.c.id == worker_id).values(heartbeat_at=now)).rowcount == 1


def remove(tx: Connection, worker_id: str) -> None:
    tx.execute(delete(workers).where(workers.c.id == worker_id))


def others(tx: Connection, worker_id: str) -> list[tuple[str, datetime]]:
    """Every other worker and its last heartbeat."""
    query = select(workers.c.id, workers.c.heartbeat_at).where(workers.c.id != worker_id)
    return [(row.id, row.heartbeat_at) for row in tx.execute(query)]


def count_beating(tx: Connection, since: datetime) -> int:
    query = select(func.count()).select_from(workers).where(workers.c.heartbeat_at >= since)
    return int(tx.execute(query).scalar_one())


class FileLocks:
    """For workers of one host: locked files in one folder."""

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

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, worker_id: str) -> Lock | None:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        number = int(worker_id[:15], 16)
        if connection.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}).scalar():
            return _AdvisoryLock(connection, number)
        connection.close()
        return None


@dataclass(frozen=True, slots=True)
class _AdvisoryLock:
    connection: Connection
    number: int

    def is_held(self) -> bool:
        try:
            return bool(self.connection.execute(text("SELECT 1")).scalar())
        except DBAPIError:
            return False

    def release(self) -> None:
        self.connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": self.number})
        self.connection.close()
