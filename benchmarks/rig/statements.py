"""Counts the statements that a prediction costs the database, on the real code and a real worker."""

import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event

from tests.unit.workplace import PLUGINS, Workplace, settings_of

NUM_JOBS = 20
IDLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Statements:
    """``submit`` and ``make`` are for each prediction; ``look`` for each look of a worker for work that finds
    none, and ``upkeep`` for each heartbeat."""

    submit: float
    make: float
    look: float
    upkeep: float


def count_statements() -> Statements:
    """By the threads that they come from: those that look for work, the pulse, and those that make pictures.
    One picture a request, of an engine with eight steps that take no time."""
    sys.path.append(str(PLUGINS))
    with tempfile.TemporaryDirectory() as name:
        workplace = Workplace.open(settings_of(Path(name), "", "gradient", heartbeat_seconds=2.0))
        counted = Counter[str]()

        def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            role = _role(threading.current_thread().name)
            counted[role] += 1
            counted["looks"] += role == "looking" and "EXISTS" in statement

        event.listen(workplace.runtime.database.engine, "before_cursor_execute", count)
        accepted = [workplace.submit() for _ in range(NUM_JOBS)]
        submit = counted["MainThread"] / NUM_JOBS
        with workplace.working():
            for one in accepted:
                workplace.finish(one)
            make = counted["making"] / NUM_JOBS
            counted.clear()
            time.sleep(IDLE_SECONDS)
            look, upkeep = counted["looking"] / counted["looks"], counted["pulse"] / (IDLE_SECONDS / 2.0)
        workplace.runtime.close()
    return Statements(submit, make, look, upkeep)


def _role(thread: str) -> str:
    if thread == "lookout":
        return "looking"
    is_beside = thread in ("MainThread", "pulse", "tidy") or thread.startswith(("queue-worker", "Thread-"))
    return thread if is_beside else "making"
