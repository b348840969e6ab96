"""Which of several addresses of one service a call goes to: one that works, with the least to do.

An address that fails rests, longer each time, and is then tried again. Time is an argument, in seconds of any
steady clock. For one thread.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

FIRST_REST_SECONDS = 0.5
LONGEST_REST_SECONDS = 30.0
LONGEST_ASKED_SECONDS = 600.0  # whatever a service asks for


@dataclass(slots=True)
class Address:
    url: str
    in_flight: int = 0
    calls: int = 0
    failures: int = 0  # in a row
    rests_until: float = 0.0

    @contextmanager
    def in_use(self) -> Iterator[None]:
        self.in_flight += 1
        self.calls += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    def succeeded(self) -> None:
        self.failures, self.rests_until = 0, 0.0

    def failed(self, now: float, asked_seconds: float | None = None) -> None:
        """Rests as long as the service asked for, or as long as this has gone on."""
        self.failures += 1
        usual = min(FIRST_REST_SECONDS * 2 ** (self.failures - 1), LONGEST_REST_SECONDS)
        asked = usual if asked_seconds is None else min(asked_seconds, LONGEST_ASKED_SECONDS)
        self.rests_until = now + asked


class Addresses:
    def __init__(self, urls: Sequence[str]) -> None:
        assert urls, "a service has an address"
        self._addresses = [Address(url) for url in urls]

    def __len__(self) -> int:
        return len(self._addresses)

    def best(self, now: float) -> tuple[Address, float]:
        """Where to call next, and in how many seconds: 0 unless all of them rest."""
        awake = [one for one in self._addresses if one.rests_until <= now]
        if awake:
            return min(awake, key=lambda one: (one.in_flight, one.calls)), 0.0
        soonest = min(self._addresses, key=lambda one: one.rests_until)
        return soonest, soonest.rests_until - now
