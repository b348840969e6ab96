"""Traces, by OpenTelemetry: one from a request through the queue to the worker and its webhook.

Without the extra ``otel`` and the variables OTEL_* there is no exporter, and a span is an empty call. What
has to survive the queue travels as one text, the origin: the request's id, and where its trace goes on.
"""

import importlib
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from structlog.contextvars import get_contextvars

from limner.errors import BadSettings

TRACER = trace.get_tracer("limner")
EXPORTER = "limner.telemetry.export"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_W3C = TraceContextTextMapPropagator()
_NANOSECONDS = 1_000_000_000


class Origin(NamedTuple):
    """Which request something comes from; empty texts where nobody knows, or nobody traces."""

    request_id: str = ""
    traceparent: str = ""

    @classmethod
    def here(cls) -> "Origin":
        """What this very moment belongs to."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return cls(str(get_contextvars().get("request_id", "")), carrier.get("traceparent", ""))

    @classmethod
    def parse(cls, text: str) -> "Origin":
        request_id, _, traceparent = text.partition(" ")
        return cls(request_id, traceparent)

    def __str__(self) -> str:
        return f"{self.request_id} {self.traceparent}".rstrip()

    @property
    def context(self) -> Context:
        """That of its trace; an empty one where there is none."""
        return _W3C.extract({"traceparent": self.traceparent}, Context())

    @property
    def names(self) -> dict[str, str]:
        """To be bound to the log."""
        return {"request_id": self.request_id} if self.request_id else {}


def record_wait(context: Context, since: datetime, until: datetime, attributes: Mapping[str, str]) -> None:
    """A span that is over already: the time in the queue, which no process lived through."""
    began = round(since.timestamp() * _NANOSECONDS)
    span = TRACER.start_span("queue", context, SpanKind.INTERNAL, dict(attributes), start_time=began)
    span.end(round(until.timestamp() * _NANOSECONDS))


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether the standard variables name somebody to send traces to."""
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_off and any(environment.get(name) for name in _ENDPOINTS)


def start_tracing(environment: Mapping[str, str], service: str) -> None:
    """If it is wanted. Raises BadSettings when what it takes is not installed."""
    if not is_wanted(environment):
        return
    try:
        exporter = importlib.import_module(EXPORTER)
    except ImportError as error:
        raise BadSettings(
            "OTEL_EXPORTER_OTLP_ENDPOINT asks for traces: install limner[otel] to send them"
        ) from error
    exporter.start(service)
