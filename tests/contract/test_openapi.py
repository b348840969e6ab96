"""The published description against the running server, by requests that nobody thought of."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.server import KEY, Server

CHECKS = (not_a_server_error, status_code_conformance, response_schema_conformance)


@pytest.fixture
def description(server: Server) -> Any:
    return schemathesis.openapi.from_url(f"{server.origin}/openapi.json")


schema = schemathesis.pytest.from_fixture("description")


@schema.parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: Any) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"}, checks=CHECKS)
