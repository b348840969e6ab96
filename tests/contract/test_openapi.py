"""The published description against the running server, by requests that nobody thought of."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.server import KEY, Server

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
OPERATIONS = [
    ("POST", "/api/v3/{model_id}"),
    ("GET", "/api/v3/predictions/{prediction_id}/result"),
    ("GET", "/api/v3/predictions/{prediction_id}"),
    ("GET", "/api/v3/models"),
    ("GET", "/api/v3/balance"),
    ("GET", "/api/v3/account/balance"),
    ("GET", "/predictions/{prediction_id}/{file_name}"),
    ("GET", "/health"),
    ("GET", "/metrics"),
]


@pytest.fixture
def description(server: Server) -> Any:
    return schemathesis.openapi.from_url(f"{server.origin}/openapi.json")


def test_every_operation_is_tried(description: Any) -> None:
    assert {(method.upper(), path) for path in description for method in description[path]} == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_are_as_described(description: Any, method: str, path: str) -> None:
    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=description[path][method].as_strategy())
    def check(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"}, checks=CHECKS)

    check()
