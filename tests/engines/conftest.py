"""What tests of engines that call other services share."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from limner.engines.upstream import addresses


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses rest for less, so that the tests do."""
    monkeypatch.setattr(addresses, "FIRST_REST_SECONDS", 0.01)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened
