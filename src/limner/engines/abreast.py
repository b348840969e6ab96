"""Does several pieces of work at once, each on a thread, and tells of their steps on the thread that asked.

Knows nothing of pictures. What it is told of steps may raise, and then all of the work is abandoned.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from threading import Event
from typing import Generic, TypeVar

Step = TypeVar("Step")
Made = TypeVar("Made")


class Abandoned(Exception):
    """Raised in a piece of work at its next step, when nobody wants it any more."""


def all_of(
    work: Sequence[Callable[[Callable[[Step], None]], Made]],
    threads: Executor,
    on_step: Callable[[int, Step], None],
) -> list[Made]:
    """What each piece of work returns, in order. Each is handed what to tell its steps to.

    ``on_step`` gets the number of the piece and its step, on the calling thread. What it or a piece of work
    raises comes out of here, once everything has stopped.
    """
    talk: Talk[Step] = Talk()
    doing = [threads.submit(_do, talk, number, one) for number, one in enumerate(work)]
    raised = talk.listen(len(doing), on_step) or _failure(doing)
    if raised is not None:
        raise raised
    return [one.result() for one in doing]


class Talk(Generic[Step]):
    """What the threads say to the one that listens, and whether it still does."""

    def __init__(self) -> None:
        self.is_over = Event()
        self.said: SimpleQueue[tuple[int, Step] | None] = SimpleQueue()  # None: a piece of work has ended

    def tell(self, number: int, step: Step) -> None:
        """Raises Abandoned."""
        if self.is_over.is_set():
            raise Abandoned
        self.said.put((number, step))

    def listen(self, count: int, on_step: Callable[[int, Step], None]) -> BaseException | None:
        """Until as many pieces of work have ended. Returns what ``on_step`` raised."""
        raised = None
        while count:
            step = self.said.get()
            if step is None:
                count -= 1
            elif not self.is_over.is_set():
                try:
                    on_step(*step)
                except BaseException as error:  # to be raised when nothing runs any more
                    raised = error
                    self.is_over.set()
        return raised


def _do(talk: Talk[Step], number: int, work: Callable[[Callable[[Step], None]], Made]) -> Made:
    try:
        if talk.is_over.is_set():
            raise Abandoned
        return work(partial(talk.tell, number))
    except BaseException:
        talk.is_over.set()  # one that fails takes the others with it
        raise
    finally:
        talk.said.put(None)


def _failure(doing: Sequence[Future[Made]]) -> BaseException | None:
    ends = [one.exception() for one in doing]
    return next((end for end in ends if end is not None and not isinstance(end, Abandoned)), None)
