"""Patience with a database that is away for a moment: it may have restarted, and what is made is worth it."""

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from limner.db.database import Database, DatabaseUnavailable

RETRY_SECONDS = 0.25

T = TypeVar("T")


def patiently(work: Callable[[], T], seconds: float) -> T:
    """Begun again for so long when the database cannot be used; then raises DatabaseUnavailable."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return work()
        except DatabaseUnavailable:
            if time.monotonic() >= deadline:
                raise
            time.sleep(RETRY_SECONDS)


def write(database: Database, change: Callable[[Connection], T], seconds: float) -> T:
    """A transaction, begun again as above. ``change`` must bear being done twice: the first time it may have
    been committed although nobody was told."""

    def once() -> T:
        with database.begin() as tx:
            return change(tx)

    return patiently(once, seconds)
