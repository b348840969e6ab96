"""A house for each kind of database: its API and its workers may be killed, and are then started again."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import DIALECTS, postgres_copy
from tests.journeys.house import House


@pytest.fixture(scope="package", params=DIALECTS)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with ExitStack() as stack:
        url = "" if request.param == "sqlite" else postgres_copy(request, folder)
        yield House(folder, url, stack)
