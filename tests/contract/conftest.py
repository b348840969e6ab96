"""Real servers with real workers, looked at only through HTTP: one on a file and a folder, one on PostgreSQL
and S3.

Both stay up for the whole session, in whatever order the tests come.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import GROUNDS, ground_of
from tests.contract.inside import Inside, Newcomer, inside
from tests.server import Server, serving

ENGINES = {"google/imagen3-fast": "raises", "wavespeed-ai/imagen4": "gradient step_seconds=0.05"}  # 0.8 s
Opened = tuple[Server, httpx.Client]


def opened(folder: Path, **settings: str) -> Iterator[Opened]:
    with serving(folder, ENGINES, **settings) as server, server.client() as client:
        yield server, client


@pytest.fixture(scope="session")
def embedded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    yield from opened(tmp_path_factory.mktemp("contract_embedded"))


@pytest.fixture(scope="session")
def fleet_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("contract_fleet")
    yield from opened(folder, **ground_of(request, "fleet", folder))


@pytest.fixture(scope="session", params=GROUNDS)
def both(request: pytest.FixtureRequest) -> Opened:
    found: Opened = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.fixture
def server(both: Opened) -> Server:
    return both[0]


@pytest.fixture
def client(both: Opened) -> httpx.Client:
    return both[1]


@pytest.fixture(scope="session", params=GROUNDS)
def indoors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """The application inside this process, without a worker, on either ground."""
    folder = tmp_path_factory.mktemp(f"inside_{request.param}")
    with inside(folder, ground_of(request, request.param, folder)) as opened_inside:
        yield opened_inside


@pytest.fixture
def newcomer(indoors: Inside) -> Iterator[Newcomer]:
    with indoors.newcomer() as one:
        yield one
