"""One database, SQLite or PostgreSQL, behind one engine: connections, transactions, and nothing about tables.

DBOS is given the same engine, so that its queue commits together with our rows.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import (
    TimeoutError as PoolExhausted,
)
from sqlalchemy.pool import ConnectionPoolEntry

from limner.errors import BadSettings, Unavailable

_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_BUSY_SECONDS = 30
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=wal",
    "PRAGMA synchronous=normal",
    f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}",
    "PRAGMA foreign_keys=on",
)


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached, or refuses to work: locked, full, not migrated."""


class Database:
    """Owns the engine. ``begin`` writes, ``read`` only reads; what they yield is called tx everywhere."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        # A lone SELECT on PostgreSQL then costs one round trip, not three. SQLite needs no such thing:
        # it opens no transaction for a SELECT.
        self._reading = engine if self.is_sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")
        # SQLite lets those who find it locked sleep, up to a tenth of a second at a time, and promises no
        # order; the threads of one process queue here instead.
        self._turns = threading.Lock() if self.is_sqlite else None
        self._is_closed = False
        event.listen(engine, "checkin", self._close_what_comes_back)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back by any exception. On SQLite the first write
        takes the only write lock, and what is read before it may be out of date by then."""
        with reported(), self._turn(), self.engine.begin() as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """For statements that change nothing; each sees the newest committed state."""
        with reported(), self._reading.connect() as tx:
            yield tx

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._turns is None:
            yield
            return
        if not self._turns.acquire(timeout=_BUSY_SECONDS):
            raise DatabaseUnavailable("the database cannot be used: too many transactions wait for it")
        try:
            yield
        finally:
            self._turns.release()

    def check(self) -> None:
        """Raises Unavailable when the database cannot be reached."""
        with self.read() as tx:
            tx.execute(text("SELECT 1"))

    def close(self) -> None:
        """Also what is out, as soon as it comes back: threads of DBOS outlive its shutdown by a moment."""
        self._is_closed = True
        self.engine.dispose()

    def _close_what_comes_back(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        if self._is_closed:
            record.invalidate()


def open_database(url: str, pool_size: int = 16) -> Database:
    """Connects to nothing yet, but makes the folder of a SQLite file. Raises BadSettings."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadSettings("database_url is not a URL") from error
    driver = _DRIVERS.get(parsed.drivername.partition("+")[0])
    if driver is None:
        raise BadSettings(
            f"database_url must begin with postgresql:// or sqlite:///, not {parsed.drivername}"
        )
    if driver == "sqlite":
        return Database(_open_sqlite(parsed.database or "", pool_size))
    return Database(_open_engine(parsed.set(drivername=driver), pool_size, pool_pre_ping=True))


def _open_sqlite(path: str, pool_size: int) -> Engine:
    folder = Path(path).parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # prompts and pictures are nobody else's
    except OSError as error:
        raise BadSettings(f"the folder {folder} cannot be made: {error.strerror}") from error
    engine = _open_engine(f"sqlite:///{path}", pool_size)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _open_engine(url: Any, pool_size: int, **options: Any) -> Engine:
    try:
        return create_engine(url, pool_size=pool_size, max_overflow=pool_size, **options)
    except (NoSuchModuleError, ImportError) as error:
        raise BadSettings(f"no driver is installed for {url}") from error


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Not a BEGIN IMMEDIATE of our own: that collides with DBOS's migration.
    connection.isolation_level = "IMMEDIATE"
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma)


@contextmanager
def reported() -> Iterator[None]:
    """Raises DatabaseUnavailable where SQLAlchemy says, in its own words, that the database is."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolExhausted) as error:
        raise _unavailable(error) from error
    except DatabaseError as error:
        # Itself: a damaged file. Its kinds, such as a broken constraint, are their callers' business.
        if type(error) is not DatabaseError:
            raise
        raise _unavailable(error) from error


def _unavailable(error: SQLAlchemyError) -> DatabaseUnavailable:
    cause = error.orig if isinstance(error, DBAPIError) else error
    first_line = (str(cause).splitlines() or [type(cause).__name__])[0]
    return DatabaseUnavailable(f"the database cannot be used: {first_line}")
