"""A worker's figures for Prometheus: what it picked up, made and sent since it started.

Workers serve no HTTP; where an address is given each opens a port of its own for these figures alone. They
are counted where the work is done, so they are exact, cost nothing to read, and add up over any number of
workers. Labels are names from the catalog and sizes that can be asked for, never what a caller sent.
"""

import errno
from collections.abc import Callable
from typing import NamedTuple
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)

from limner.errors import BadSettings

NUM_PORTS = 256  # of one host, one for each of its workers
WAITED = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200)
MADE = (0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120, 300)

log = structlog.get_logger()


class Address(NamedTuple):
    host: str
    port: int


class Figures:
    """Of one worker process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.pickup = self._histogram(
            "limner_pickup_seconds", "From a submit until a worker begins it.", ["model"], WAITED
        )
        self.engine = self._histogram(
            "limner_engine_seconds", "In the engine, a request whole.", ["model", "size"], MADE
        )
        self.finished = self._counter(
            "limner_predictions_finished", "What became of attempts, by this worker.", ["model", "outcome"]
        )
        self.webhooks = self._counter("limner_webhook_attempts", "Attempts to deliver.", ["outcome"])

    def _counter(self, name: str, documentation: str, labels: list[str]) -> Counter:
        return Counter(name, documentation, labels, registry=self.registry)

    def _histogram(
        self, name: str, documentation: str, labels: list[str], buckets: tuple[float, ...]
    ) -> Histogram:
        return Histogram(name, documentation, labels, buckets=buckets, registry=self.registry)


def parse_address(text: str) -> Address | None:
    """None for "". Raises BadSettings."""
    host, _, port = text.rpartition(":")
    if not text:
        return None
    if not (host and port.isdigit() and 0 < int(port) < 65_536):
        raise BadSettings("metrics_address must be a host and a port, such as 127.0.0.1:9464")
    return Address(host.strip("[]"), int(port))


def serve_figures(figures: Figures, address: Address) -> Callable[[], None]:
    """At the first free port from this one on, for there may be several workers here. Returns what ends it.
    Raises BadSettings."""
    for port in range(address.port, min(address.port + NUM_PORTS, 65_536)):
        try:
            server, _ = start_http_server(port, address.host, figures.registry)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            raise BadSettings(f"metrics_address: cannot listen there: {error.strerror}") from error
        log.info("figures are served", host=address.host, port=port)
        return lambda: _end(server)
    raise BadSettings(f"metrics_address: no port is free from {address.port} on")


def _end(server: WSGIServer) -> None:
    server.shutdown()
    server.server_close()
