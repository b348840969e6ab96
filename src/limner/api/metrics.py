"""Figures for Prometheus: what this process was asked and answered, and what the database says of all.

The first are counted per application, so that importing this module registers nothing; they add up over the
processes. The second are read when they are asked for, and every process answers the same, so of those a
dashboard takes the maximum. No label holds anything that a caller sent, and none tells accounts apart.
"""

import time
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import generate_latest
from sqlalchemy import Connection
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limner import ledger, workers
from limner.errors import LimnerError
from limner.ledger import MICROS_PER_DOLLAR
from limner.predictions import inspection
from limner.runtime import Runtime
from limner.webhooks import store as webhooks
from limner.workers import Lately

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
UNKNOWN = "other"  # a path that is no route's, a method that nobody has
ANSWERED = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90)


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "limner_http_requests", "Answers.", ["route", "method", "code"], registry=self.registry
        )
        self.seconds = Histogram(
            "limner_http_request_seconds",
            "From a request until its answer begins.",
            ["route", "method"],
            buckets=ANSWERED,
            registry=self.registry,
        )
        self._of_all = OfAll(self.registry)

    def text(self, runtime: Runtime) -> bytes:
        """Without the database the figures of this process alone, and `limner_database_up 0`."""
        self._of_all.read(runtime)
        return generate_latest(self.registry)


class OfAll:
    """What the database says of the whole installation."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, documentation: str, *labels: str) -> Gauge:
            return Gauge(f"limner_{name}", documentation, labels, registry=registry)

        self.database_up = gauge("database_up", "Whether the database answers: 1 or 0.")
        self.queue = gauge("queue_predictions", "Unfinished ones, by engine pool and state.", "pool", "state")
        self.eldest = gauge("queue_oldest_seconds", "Since the eldest of these came.", "pool", "state")
        self.workers = gauge("workers", "Workers that are alive.")
        self.held = gauge("ledger_held_dollars", "Held for unfinished predictions, of all accounts.")
        self.drift = gauge("ledger_drift_dollars", "Held, less what unfinished predictions cost: always 0.")
        self.overdrawn = gauge("ledger_overdrawn_accounts", "Accounts that owe: always 0.")
        self.webhooks = gauge("webhooks_pending", "Webhook deliveries not made yet, nor given up.")
        self.overdue = gauge("webhooks_overdue_seconds", "Since the next attempt of one was due.")

    def read(self, runtime: Runtime) -> None:
        self.queue.clear()
        self.eldest.clear()
        try:
            now = runtime.clock.now()
            with runtime.database.read() as tx:
                self._read_queue(tx, runtime.lately(now))
                self._read_ledger(tx)
            self.database_up.set(1)
        except LimnerError:
            self.database_up.set(0)

    def _read_queue(self, tx: Connection, lately: Lately) -> None:
        now = lately.now
        for depth in inspection.depths(tx):
            self.queue.labels(depth.pool, depth.state).set(depth.count)
            self.eldest.labels(depth.pool, depth.state).set(_seconds(now, depth.eldest_at))
        self.workers.set(workers.count_beating(tx, lately))
        pending, due_at = webhooks.count_pending(tx)
        self.webhooks.set(pending)
        self.overdue.set(_seconds(now, due_at) if due_at else 0)

    def _read_ledger(self, tx: Connection) -> None:
        held, owed = inspection.held_and_owed_micros(tx)
        self.held.set(held / MICROS_PER_DOLLAR)
        self.drift.set((held - owed) / MICROS_PER_DOLLAR)
        self.overdrawn.set(len(ledger.overdrawn_accounts(tx)))


class CountResponses:
    """Counts answers by route, never by path: of those there are as many as anybody likes."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics
        # To find a counter by its labels takes longer than to count.
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()

        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                route, method = _route_of(scope), _method_of(scope)
                counter, histogram = self._of(route, method, message["status"])
                counter.inc()
                histogram.observe(time.perf_counter() - started)
            await send(message)

        await self.app(scope, receive, count)

    def _of(self, route: str, method: str, code: int) -> tuple[Counter, Histogram]:
        key = (route, method, code)
        if key not in self._known:
            metrics = self._metrics
            self._known[key] = metrics.requests.labels(*key), metrics.seconds.labels(route, method)
        return self._known[key]


class NamedRoute(Route):
    """A route of Starlette's that says, as those of FastAPI do, which one it is."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self}


def _route_of(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", UNKNOWN))


def _method_of(scope: Scope) -> str:
    method = str(scope.get("method", UNKNOWN))
    return method if method in METHODS else UNKNOWN


def _seconds(now: datetime, since: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
