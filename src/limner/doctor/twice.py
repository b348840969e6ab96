"""Looking again before speaking: work goes on while the doctor looks, from one table to the next."""

import time
from collections.abc import Callable
from typing import TypeVar

APART_SECONDS = 1.0

T = TypeVar("T")


def seen_twice(look: Callable[[], set[T]], apart_seconds: float = APART_SECONDS) -> set[T]:
    """What is there at a first look and, a moment later, at a second: no passing state."""
    first = look()
    if not first:
        return first
    time.sleep(apart_seconds)
    return first & look()
