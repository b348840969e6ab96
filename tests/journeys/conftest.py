"""A house for each kind of ground: its API and its workers may be killed, and are then started again."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import GROUNDS, ground_of
from tests.journeys.house import House


@pytest.fixture(scope="package", params=GROUNDS)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with ExitStack() as stack:
        yield House(folder, ground_of(request, request.param, folder), stack)
