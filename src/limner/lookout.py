"""Looks for work on behalf of all queues of a worker, so that each queue's own thread may sleep meanwhile.

DBOS looks into each queue by some five statements, which takes milliseconds of a core: a worker of six
engines that looked twenty times a second would keep a core busy with nothing to do. One small statement for
all of them costs a hundredth of that. Knows nothing of DBOS, but for the names of the threads that wait here.
"""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

THREADS_OF_QUEUES = "queue-worker-"  # how DBOS names them, followed by the queue's own name

Waiting = Callable[[], set[str]]
"""The queues in which something waits to be taken. Raises nothing."""


@dataclass(slots=True)
class Lookout:
    """Wakes the threads of queues that sleep by ``pause``. Nothing depends on it: each of them looks for
    itself when it has slept for as long as it meant to."""

    waiting: Waiting
    seconds: float  # between two looks
    _stops: list[threading.Event] = field(default_factory=list, init=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, init=False)
    _found: set[str] = field(default_factory=set, init=False)
    _looks: int = field(default=0, init=False)

    def start(self, stops: Collection[threading.Event]) -> None:
        """Threads that sleep by these events, which stop them, are woken when there is work for them too."""
        for stop in stops:
            setattr(stop, "wait", partial(self.pause, stop))  # noqa: B010, mypy lets nobody replace a method
        self._stops += stops
        threading.Thread(target=self._run, name="lookout", daemon=True).start()

    def pause(self, stop: threading.Event, timeout: float | None = None) -> bool:
        """As ``stop.wait``; returns sooner when something waits in the queue of the thread that asks."""
        queue = threading.current_thread().name.removeprefix(THREADS_OF_QUEUES)
        with self._changed:
            seen = self._looks  # what was found before may be taken already
            self._changed.wait_for(
                lambda: stop.is_set() or (self._looks > seen and queue in self._found), timeout
            )
        return stop.is_set()

    def _run(self) -> None:
        is_over = False
        while not is_over:
            time.sleep(self.seconds)
            is_over = all(stop.is_set() for stop in self._stops)  # before the last word, which must reach all
            self._tell(self.waiting())

    def _tell(self, found: set[str]) -> None:
        with self._changed:
            self._found = found
            self._looks += 1
            if found or any(stop.is_set() for stop in self._stops):
                self._changed.notify_all()
