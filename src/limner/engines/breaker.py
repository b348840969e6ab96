"""When an engine that fails is left alone for a while. Time is an argument: seconds of any steady clock."""

from dataclasses import dataclass


@dataclass(slots=True)
class Breaker:
    """Opens after so many failures in a row; after the pause one request may try, and decides."""

    max_failures: int = 3
    pause_seconds: float = 60.0
    failures: int = 0  # in a row
    _until: float = 0.0

    def is_open(self, now: float) -> bool:
        """Whether the engine is to be left alone."""
        return self.failures >= self.max_failures and now < self._until

    def succeeded(self) -> None:
        self.failures = 0

    def failed(self, now: float) -> None:
        self.failures += 1
        self._until = now + self.pause_seconds
