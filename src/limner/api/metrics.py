"""Figures for Prometheus: what was answered, what waits, who works.

Counted per application, so that importing this module registers nothing. No figure tells one account
from another.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector
from prometheus_client.exposition import generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limner.predictions import store
from limner.runtime import Runtime, check_health


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.responses = Counter(
            "limner_http_responses", "Answers, by status.", ["status"], registry=self.registry
        )
        self.unfinished = Gauge(
            "limner_predictions_unfinished", "Predictions that wait or are worked on.", registry=self.registry
        )
        self.workers = Gauge("limner_workers", "Workers that are alive.", registry=self.registry)

    def text(self, runtime: Runtime) -> bytes:
        """Raises Unavailable when the database cannot be asked."""
        with runtime.database.read() as tx:
            self.unfinished.set(store.count_live(tx))
        self.workers.set(check_health(runtime, runtime.clock.now()).workers)
        return generate_latest(self.registry)


class CountResponses:
    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.responses = metrics.responses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.responses.labels(message["status"]).inc()
            await send(message)

        await self.app(scope, receive, count)
