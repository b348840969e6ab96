"""Work is taken as soon as it is there, and a worker without work costs next to nothing."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from limner.lookout import THREADS_OF_QUEUES, Lookout
from limner.queueing import WEBHOOKS
from limner.runtime import Runtime
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import PATIENCE_SECONDS

LONG = 60.0  # seconds that nobody sleeps to the end here


def asleep(stop: threading.Event, queue: str, woken: list[str]) -> threading.Thread:
    def sleep() -> None:
        stop.wait(timeout=LONG)
        woken.append(queue)

    thread = threading.Thread(target=sleep, name=THREADS_OF_QUEUES + queue)
    thread.start()
    return thread


def test_the_queue_that_has_work_is_woken_alone_and_a_stop_wakes_all() -> None:
    work: set[str] = set()
    stop, woken = threading.Event(), list[str]()

    Lookout(lambda: set(work), 0.01).start([stop])
    nano, gemini = (asleep(stop, queue, woken) for queue in ("nano", "gemini"))
    work.add("nano")
    nano.join(LONG)
    assert woken == ["nano"]
    stop.set()
    gemini.join(LONG)
    assert woken == ["nano", "gemini"]


def test_who_is_not_woken_sleeps_as_long_as_it_meant_to() -> None:
    stop = threading.Event()
    Lookout(set, 0.01).start([stop])
    began = time.monotonic()
    assert not stop.wait(timeout=0.2)
    assert time.monotonic() - began >= 0.2
    stop.set()


@contextmanager
def counted(runtime: Runtime) -> Iterator[list[str]]:
    """The statements that this process sends meanwhile."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    yield said
    event.remove(runtime.database.engine, "before_cursor_execute", note)


def test_a_look_for_all_queues_is_one_statement(open_workplace: OpenWorkplace) -> None:
    place = open_workplace("gradient", models={"google/imagen4-ultra": {"engine": "gradient", "pool": "big"}})
    waiting = place.runtime.queue.waiting_in(("gradient", "big", WEBHOOKS))
    with counted(place.runtime) as said:
        assert waiting() == set()
    assert len(said) == 1
    place.submit("google/imagen4-ultra")
    assert waiting() == {"big"}


def test_work_is_taken_long_before_dbos_would_look_for_itself(open_workplace: OpenWorkplace) -> None:
    place = open_workplace("gradient")
    with place.working():
        place.finish(place.submit())
        queue = place.runtime.queue.client.retrieve_queue("gradient")
        assert queue is not None
        queue.set_polling_interval_sec(10 * PATIENCE_SECONDS)
        for _ in range(3):  # the first may still be taken by a look that was due
            place.finish(place.submit())
