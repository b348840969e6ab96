"""Where a process can be made to die: named points of Limner's own code, which dies there of its own SIGKILL.

Nothing of this is in Limner. A process of a fleet is started through ``arm``, which wraps functions of Limner
in that process: when a point that somebody has ordered is passed, the process takes the order, which nobody
else can then, and kills itself at that very place, with all its threads. So every hit is certain, and counted
once.
"""

import os
import pkgutil
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

API, WORKER = "api", "worker"
BEFORE, DURING, AFTER = "before", "during", "after"
DURING_SECONDS = 0.015


@dataclass(frozen=True, slots=True)
class Point:
    """``place`` is the function of Limner that is wrapped, as module:attribute; ``group`` is a row of the
    table."""

    name: str
    group: str
    role: str
    place: str
    when: str


SUBMIT = "inside submit, before its commit"
ACCEPTED = "after the commit of a submit, before its answer"
BEGUN = "taken from the queue, before the engine"
ENGINE = "inside the engine"
STORED = "after the put, before the closing transaction commits"
CLOSED = "after the closing transaction, before the workflow ends"
WEBHOOK = "during a webhook"
REQUIRED = (SUBMIT, BEGUN, ENGINE, STORED, CLOSED, WEBHOOK)
UPLOAD = "inside an upload"
CANCEL = "inside a cancel or a deletion, before its commit"
RESCUE = "inside the rescue of another worker's work"
REMOVAL = "between a deletion and that of its objects"

_LIFECYCLE = "limner.predictions.lifecycle"
_MAKING = "limner.predictions.making:Making"
_SENDER = "limner.webhooks.sending:Sender"
_QUEUE = "limner.queueing:Queue"
_STORAGE = "limner.storage:Storage"

POINTS = (
    Point("held, not stored", SUBMIT, API, "limner.predictions.store:add", BEFORE),
    Point("queued, not committed", SUBMIT, API, f"{_QUEUE}.enqueue", AFTER),
    Point("committed, not answered", ACCEPTED, API, "limner.api.predictions:_submit", AFTER),
    Point("taken, not begun", BEGUN, WORKER, f"{_LIFECYCLE}:begin", BEFORE),
    Point("begun, not committed", BEGUN, WORKER, f"{_LIFECYCLE}:begin", AFTER),
    Point("begun", BEGUN, WORKER, f"{_MAKING}.run", BEFORE),
    Point("in the middle of its steps", ENGINE, WORKER, f"{_MAKING}._on_step", AFTER),
    Point("one picture stored", STORED, WORKER, f"{_STORAGE}.put", AFTER),
    Point("all pictures stored", STORED, WORKER, f"{_MAKING}._deliver", AFTER),
    Point("closing, not committed", STORED, WORKER, f"{_LIFECYCLE}:complete", AFTER),
    Point("closed", CLOSED, WORKER, f"{_MAKING}.run", AFTER),
    Point("begun, not sent", WEBHOOK, WORKER, f"{_SENDER}.post", BEFORE),
    Point("sent, not answered", WEBHOOK, WORKER, f"{_SENDER}._exchange", DURING),
    Point("answered, not recorded", WEBHOOK, WORKER, f"{_SENDER}.post", AFTER),
    Point("recorded, not committed", WEBHOOK, WORKER, "limner.webhooks.delivery:finish", AFTER),
    Point("announced, not stored", UPLOAD, API, f"{_STORAGE}.put_file", BEFORE),
    Point("stored, not noted", UPLOAD, API, f"{_STORAGE}.put_file", AFTER),
    Point("cancelled, not committed", CANCEL, API, "limner.api.predictions:cancel", AFTER),
    Point("deleted, not committed", CANCEL, API, "limner.predictions.removal:remove", AFTER),
    Point("rescued, not committed", RESCUE, WORKER, f"{_LIFECYCLE}:rescue", AFTER),
    Point("rescued, the dead not removed", RESCUE, WORKER, f"{_QUEUE}.drop", AFTER),
    Point("objects gone, the note left", REMOVAL, WORKER, f"{_STORAGE}.delete_below", AFTER),
)
BY_NAME = {point.name: point for point in POINTS}


class Orders:
    """A folder in which deaths are ordered, and the processes that took an order note theirs."""

    def __init__(self, folder: Path) -> None:
        self._wanted, self._struck = folder / "wanted", folder / "struck"
        for each in (self._wanted, self._struck):
            each.mkdir(parents=True, exist_ok=True)

    def place(self, point: Point) -> None:
        (self._wanted / point.name).touch()

    def withdraw(self, point: Point) -> bool:
        """False when it was carried out already."""
        try:
            (self._wanted / point.name).unlink()
        except FileNotFoundError:
            return False
        return True

    def is_open(self, point: Point) -> bool:
        return (self._wanted / point.name).exists()

    def victims(self, point: Point) -> list[int]:
        """The processes that have died there."""
        return [int(path.suffix[1:]) for path in self._struck.glob(f"{point.name}.*")]

    def strike(self, point: Point) -> None:
        """Dies if this was ordered; the order is then another's no longer."""
        try:
            (self._wanted / point.name).rename(self._struck / f"{point.name}.{os.getpid()}")
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def arm(folder: Path, role: str) -> None:
    """Makes this process one that dies as it is ordered to in this folder."""
    orders = Orders(folder)
    for point in POINTS:
        if point.role == role:
            _wrap(point, orders)


def _wrap(point: Point, orders: Orders) -> None:
    module, _, path = point.place.partition(":")
    *owners, name = path.split(".")
    owner = pkgutil.resolve_name(f"{module}:{'.'.join(owners)}" if owners else module)
    setattr(owner, name, _WRAPPERS[point.when](getattr(owner, name), lambda: orders.strike(point)))


def _before(function: Callable[..., Any], strike: Callable[[], None]) -> Callable[..., Any]:
    @wraps(function)
    def wrapped(*given: Any, **named: Any) -> Any:
        strike()
        return function(*given, **named)

    return wrapped


def _during(function: Callable[..., Any], strike: Callable[[], None]) -> Callable[..., Any]:
    @wraps(function)
    def wrapped(*given: Any, **named: Any) -> Any:
        timer = threading.Timer(DURING_SECONDS, strike)
        timer.start()
        try:
            return function(*given, **named)
        finally:
            timer.cancel()

    return wrapped


def _after(function: Callable[..., Any], strike: Callable[[], None]) -> Callable[..., Any]:
    @wraps(function)
    def wrapped(*given: Any, **named: Any) -> Any:
        returned = function(*given, **named)
        strike()
        return returned

    return wrapped


_WRAPPERS = {BEFORE: _before, DURING: _during, AFTER: _after}
