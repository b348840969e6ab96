"""A real database for every test that asks, empty or with all tables, and places to work in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from limner.db.database import Database, open_database
from tests.conftest import DIALECTS, create_postgres_database, postgres_copy
from tests.templates import begin_with_tables
from tests.unit.workplace import Workplace, settings_of

# A busy machine makes slow examples, which say nothing of the code.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

OpenWorkplace = Callable[..., Workplace]


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
    return postgres_copy(request, tmp_path)


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """With all tables."""
    database = open_database(database_url or f"sqlite:///{begin_with_tables(tmp_path)}", pool_size=4)
    yield database
    database.close()


@pytest.fixture
def open_workplace(tmp_path: Path, database_url: str) -> Iterator[OpenWorkplace]:
    opened: list[Workplace] = []
    if not database_url:
        begin_with_tables(tmp_path / "data")

    def open_one(engine: str = "gradient", **changes: Any) -> Workplace:
        opened.append(Workplace.open(settings_of(tmp_path / "data", database_url, engine, **changes)))
        return opened[-1]

    yield open_one
    for workplace in opened:
        workplace.runtime.close()
