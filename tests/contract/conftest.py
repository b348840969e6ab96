"""One real server with a real worker, looked at only through HTTP."""

from collections.abc import Iterator

import httpx
import pytest

from tests.server import Server, serving

ENGINES = {
    "google/imagen3-fast": "raises",
    "wavespeed-ai/imagen4": "gradient step_seconds=0.05",
}  # 16 steps: 0.8 s


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), ENGINES) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened
