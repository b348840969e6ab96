"""What a running installation tells of itself: its log, its figures and its traces, followed from a request
into the worker and out to the webhook.
"""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import DIALECTS, postgres_copy
from tests.server import Server, finished, serving, submit, wait_until

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = {"X-Request-Id": "req-of-a-caller", "traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}
ENGINES = {"google/imagen3-fast": "raises"}
ROOT = Path(__file__).parents[2]


@dataclass
class Collector:
    """Takes spans by OTLP, and webhooks."""

    spans: list[Span] = field(default_factory=list)
    webhooks: list[Any] = field(default_factory=list)

    def take(self, path: str, body: bytes) -> None:
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.spans += [span for scope in resource.scope_spans for span in scope.spans]
        else:
            self.webhooks.append(json.loads(body))

    def of_trace(self) -> dict[str, Span]:
        return {span.name: span for span in self.spans if span.trace_id.hex() == TRACE_ID}


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield collector, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@dataclass
class Scene:
    """One request made whole, and what came of it."""

    server: Server
    collector: Collector
    prediction_id: str
    log: Path
    worker_figures: str


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module", params=DIALECTS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp(f"telemetry_{request.param}")
    url = postgres_copy(request, folder) if request.param == "postgresql" else ""
    port = free_port()
    with collecting() as (collector, address):
        settings = {
            "LIMNER_DATABASE_URL": url,
            "LIMNER_LOG_FORMAT": "json",
            "LIMNER_METRICS_ADDRESS": f"127.0.0.1:{port}",
            "LIMNER_WEBHOOK_ALLOW_PRIVATE": "1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": address,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        with serving(folder, ENGINES, **settings) as server, server.client() as client:
            with server.client() as traced:
                traced.headers.update(CALLER)
                prediction = submit(traced, webhook_url=f"{address}/hook")
            assert finished(client, prediction["id"])["status"] == "completed"
            finished(client, submit(client, "google/imagen3-fast")["id"])
            wait_until(lambda: collector.webhooks and "deliver" in collector.of_trace())
            log = folder / "stderr.log"
            yield Scene(server, collector, prediction["id"], log, f"http://127.0.0.1:{port}/metrics")


def figures(url: str) -> dict[str, dict[tuple[str, ...], float]]:
    """By name, and then by the values of the labels, in their names' order."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(httpx.get(url).text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_every_line_is_json_and_names_request_and_prediction(scene: Scene) -> None:
    lines = [json.loads(line) for line in scene.log.read_text().splitlines()]
    own = [line for line in lines if line.get("prediction_id") == scene.prediction_id]
    assert {line["event"] for line in own} >= {"prediction accepted", "webhook sent"}
    assert {line["request_id"] for line in own} == {CALLER["X-Request-Id"]}


def test_one_trace_leads_from_the_request_to_the_webhook(scene: Scene) -> None:
    spans = scene.collector.of_trace()
    (asked,) = [span for name, span in spans.items() if name.startswith("POST")]
    assert "google" not in asked.name  # the route's, not the path's
    assert asked.parent_span_id.hex() == "00f067aa0ba902b7"
    assert spans["queue"].parent_span_id == spans["generate"].parent_span_id == asked.span_id
    for name in ("engine", "encode", "store", "close"):
        assert spans[name].parent_span_id == spans["generate"].span_id
    assert spans["deliver"].parent_span_id == spans["close"].span_id
    assert spans["queue"].start_time_unix_nano <= spans["queue"].end_time_unix_nano
    names = {span.name for span in scene.collector.spans}
    assert not [name for name in names if scene.prediction_id in name or "/health" in name]


def test_the_worker_counts_what_it_did(scene: Scene) -> None:
    found = figures(scene.worker_figures)
    assert found["limner_engine_seconds_count"] == {("google/imagen4", "1024x1024"): 1}
    assert found["limner_pickup_seconds_count"] == {("google/imagen4",): 1, ("google/imagen3-fast",): 1}
    assert found["limner_predictions_finished_total"] == {
        ("google/imagen4", "completed"): 1,
        ("google/imagen3-fast", "failed"): 1,
    }
    assert found["limner_webhook_attempts_total"] == {("delivered",): 1}


def test_the_api_counts_by_route_whatever_paths_are_tried(scene: Scene) -> None:
    with scene.server.client() as client:
        for number in range(50):
            client.get(f"/nowhere/{number}")
            client.get(f"/api/v3/predictions/{number:032x}")
            client.request(f"M{number}", "/health")
    found = figures(f"{scene.server.origin}/metrics")["limner_http_requests_total"]
    routes = {route for _, _, route in found}
    assert not [route for route in routes if "0000" in route or "nowhere" in route]
    assert found["404", "GET", "/api/v3/predictions/{prediction_id}"] == 50
    assert found["200", "POST", "/api/v3/{model_id:path}"] == 2
    assert len(found) < 40


def test_the_figures_of_the_whole_agree_in_every_process(scene: Scene) -> None:
    """A second API process beside the first one says the same of queue, money and workers."""
    command = ("--no-worker",)
    variables = {name: value for name, value in scene.server.environment.items() if name.startswith("LIMNER")}
    folder = scene.log.parent / "second"
    folder.mkdir()
    with serving(folder, ENGINES, *command, **variables) as second, second.client() as client:
        of_both = [figures(f"{server.origin}/metrics") for server in (scene.server, second)]
        for name in ("limner_workers", "limner_ledger_held_dollars", "limner_ledger_drift_dollars"):
            assert of_both[0][name] == of_both[1][name], name
        assert of_both[0]["limner_workers"] == {(): 1}
        assert of_both[0]["limner_database_up"] == {(): 1}
        assert client.get("/health").status_code == 200


def test_the_dashboard_asks_for_figures_that_there_are(scene: Scene) -> None:
    there = set(figures(f"{scene.server.origin}/metrics")) | set(figures(scene.worker_figures))
    asked = names_in_dashboard()
    assert len(asked) >= 12
    assert asked - there - {"limner_queue_predictions", "limner_queue_oldest_seconds"} == set()


def names_in_dashboard() -> set[str]:
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "limner.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    return {name for query in queries for name in re.findall(r"\b(?:limner|process)_\w+", query)}
