"""Whose turn it is with the engines of a worker: one attempt's at a time, whichever engine it is for.

An attempt passes the engines on when its pictures are made; they are encoded and stored while the next
one's are made. But for a few at a time alone: behind a storage that fails, made pictures would pile up.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, Event, Lock

MOST_FINISHING = 2  # attempts, beside the one that has the engines


class Turns:
    """Of all attempts of a worker."""

    def __init__(self, look_seconds: float) -> None:
        self._look_seconds = look_seconds
        self._engines = Lock()
        self._finishing = BoundedSemaphore(MOST_FINISHING)
        self._threads = ThreadPoolExecutor(1 + MOST_FINISHING, "attempt")

    def run(self, attempt: Callable[["Turn"], None], is_over: Callable[[], bool]) -> bool:
        """Has the attempt made on a thread of its own when its turn comes, and returns when the engines are
        free for others. False when it is over for all before its turn."""
        turn = self.take(is_over)
        if turn is None:
            return False
        self._threads.submit(_make, attempt, turn)
        turn.wait()
        return True

    def close(self) -> None:
        """Waits for the attempts that are finishing."""
        self._threads.shutdown()

    def take(self, is_over: Callable[[], bool]) -> "Turn | None":
        """Waits for it; None when it is over for all before it comes."""
        while not self._engines.acquire(timeout=self._look_seconds):
            if is_over():
                return None
        return Turn(self._engines, self._finishing)


class Turn:
    """From when it is taken until it is passed on, or its attempt has ended."""

    def __init__(self, engines: Lock, finishing: BoundedSemaphore) -> None:
        self._engines, self._finishing = engines, finishing
        self._is_finishing = False
        self._passed = Event()

    def pass_on(self) -> None:
        """The engines are free, if not too many are finishing already: then they are when this one has
        ended."""
        self._is_finishing = self._finishing.acquire(blocking=False)
        if self._is_finishing:
            self._give_back()

    def end(self) -> None:
        if not self._passed.is_set():
            self._give_back()
        if self._is_finishing:
            self._finishing.release()

    def wait(self) -> None:
        """Until the engines are free for others."""
        self._passed.wait()

    def _give_back(self) -> None:
        self._engines.release()
        self._passed.set()


def _make(attempt: Callable[[Turn], None], turn: Turn) -> None:
    try:
        attempt(turn)
    finally:
        turn.end()
