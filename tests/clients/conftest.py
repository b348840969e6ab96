"""One real server with the built-in model, for all clients, and a home for each of them."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.clients.clients import Home
from tests.server import KEY, MODELS, Server, serving

BROKEN = "google/imagen3-fast"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    engines = {model: "nano" for model in MODELS} | {BROKEN: "raises"}
    with serving(tmp_path_factory.mktemp("clients"), engines) as server:
        yield server


@pytest.fixture(scope="session")
def new_home(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Home]:
    numbers = itertools.count()

    def make() -> Home:
        folder = tmp_path_factory.mktemp(f"home{next(numbers)}")
        write_apple(folder / "apple.png")
        return Home(folder, server.origin, KEY)

    return make


def write_apple(path: Path) -> None:
    """A picture to upload."""
    Image.radial_gradient("L").convert("RGB").save(path)
