"""Transactions: all or nothing, and a database that cannot be used says so in one line."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select, text

from limner.db.database import Database, DatabaseUnavailable, open_database
from limner.db.tables import workers

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
ROW = {"id": "w1", "host": "here", "pid": 1, "heartbeat_at": NOW}


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.begin() as tx:
        tx.execute(insert(workers).values(ROW | {"started_at": NOW}))
        raise ZeroDivisionError
    with database.read() as tx:
        assert tx.execute(select(workers)).all() == []


def test_times_come_back_aware_and_utc(database: Database) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    with database.begin() as tx:
        tx.execute(insert(workers).values(ROW | {"started_at": elsewhere}))
    with database.read() as tx:
        stored = tx.execute(select(workers.c.started_at)).scalar_one()
    assert (stored, stored.utcoffset()) == (NOW, timedelta(0))


def test_sqlite_waits_for_writers_and_keeps_foreign_keys(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'limner.db'}")
    with database.read() as tx:
        modes = [tx.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "foreign_keys")]
        assert modes == ["wal", 1]
        assert tx.execute(text("PRAGMA busy_timeout")).scalar() == 30_000
    database.close()


def test_a_connection_that_is_out_when_the_database_closes_is_closed_when_it_comes_back(
    database: Database,
) -> None:
    lent = database.engine.connect()
    own = lent.connection.dbapi_connection
    assert own is not None
    lent.rollback()
    database.close()
    lent.execute(text("SELECT 1"))
    lent.close()
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError)):
        own.cursor().execute("SELECT 1")


def test_a_server_that_is_not_there_is_named_in_one_line() -> None:
    database = open_database("postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2")
    with pytest.raises(DatabaseUnavailable) as refused:
        database.check()
    assert "\n" not in refused.value.message
    database.close()


def test_a_file_that_is_no_database_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "limner.db").write_text("something else entirely, and long enough to have a header" * 20)
    database = open_database(f"sqlite:///{tmp_path / 'limner.db'}")
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        database.check()
    database.close()
