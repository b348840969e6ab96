"""The time that all processes share: the database's, however the clocks of their hosts are set.

Asked for once in a while; in between the host's steady clock counts on, which nobody can set.
"""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from limner.db.database import Database
from limner.errors import Unavailable

ASKED_AGAIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Reading:
    at: datetime
    steady: float


class DatabaseClock:
    """On SQLite the clock of this host, as all processes are on it; on PostgreSQL that of its server. While
    the server cannot be asked, the last reading serves, or else the host's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading: _Reading | None = None
        self._asking = threading.Lock()

    def now(self) -> datetime:
        if self._database.is_sqlite:
            return datetime.now(UTC)
        reading, steady = self._reading, time.monotonic()
        if reading is None or steady - reading.steady > ASKED_AGAIN_SECONDS:
            reading = self._asked() or reading or _Reading(datetime.now(UTC), steady)
        return reading.at + timedelta(seconds=time.monotonic() - reading.steady)

    def _asked(self) -> _Reading | None:
        """None when somebody else is asking, or nobody answers."""
        if not self._asking.acquire(blocking=self._reading is None):
            return None
        try:
            before = time.monotonic()
            with self._database.read() as tx:
                at: datetime = tx.execute(text("SELECT clock_timestamp()")).scalar_one()
            self._reading = _Reading(at.astimezone(UTC), (before + time.monotonic()) / 2)
            return self._reading
        except Unavailable:
            return None
        finally:
            self._asking.release()
