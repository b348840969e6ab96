"""Does several pieces of work at once, each on a thread, and tells of their steps on the thread that asked.

Knows nothing of pictures. What it is told of steps may raise, and then all of the work is abandoned.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from threading import Event
from typing import Any, Generic, TypeVar

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
    raises comes out of here, once everything has stopped; so does a Ctrl-C.
    """
    talk: Talk[Step] = Talk()
    try:
        doing = [threads.submit(_do, talk, number, one) for number, one in enumerate(work)]
        raised = talk.listen(doing, on_step) or _failure(doing)
    finally:
        talk.is_over.set()  # a Ctrl-C comes anywhere
    if raised is not None:
        raise raised
    return [one.result() for one in doing]


class Talk(Generic[Step]):
    """What the threads say to the one that listens, and whether it still does."""

    def __init__(self) -> None:
        self.is_over = Event()
        self.said: SimpleQueue[tuple[int, Step] | None] = SimpleQueue()  # None: look whether all have ended

    def tell(self, number: int, step: Step) -> None:
        """Raises Abandoned."""
        if self.is_over.is_set():
            raise Abandoned
        self.said.put((number, step))

    def listen(
        self, doing: Sequence[Future[Any]], on_step: Callable[[int, Step], None]
    ) -> BaseException | None:
        """Until all have ended and all is told. Returns what ``on_step`` raised, or a Ctrl-C meanwhile."""
        raised: BaseException | None = None
        for one in doing:
            one.add_done_callback(lambda _: self.said.put(None))
        while not (all(one.done() for one in doing) and self.said.empty()):
            try:
                step = self.said.get()
                if step is not None and not self.is_over.is_set():
                    on_step(*step)
            except BaseException as error:  # to be raised when nothing runs any more
                raised = raised or error
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


def _failure(doing: Sequence[Future[Made]]) -> BaseException | None:
    ends = [one.exception() for one in doing]
    return next((end for end in ends if end is not None and not isinstance(end, Abandoned)), None)
