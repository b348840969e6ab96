"""The published description against the running server, by requests that nobody thought of."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from limner.api.description import operations
from tests.contract.conftest import Opened
from tests.contract.test_errors import check_refusal
from tests.rules.reference import description

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES_EACH = 12
DESCRIPTION = description()
OPERATIONS = dict(operations(DESCRIPTION))
WITH_KEY = [name for name, operation in OPERATIONS.items() if "security" in operation]


@pytest.fixture(scope="module")
def origin(both: Opened) -> str:
    return both[0].origin


@pytest.fixture(scope="module")
def schema(origin: str) -> Any:
    return schemathesis.openapi.from_url(f"{origin}/openapi.json")


@pytest.fixture(scope="module")
def headers(both: Opened) -> dict[str, str]:
    """Of an account whose predictions, secret and money nobody else needs."""
    key = both[0].run("account", "create", "openapi", "--credit", "1000")
    return {"Authorization": f"Bearer {key}"}


def test_the_server_publishes_what_is_tried_here(origin: str) -> None:
    published = httpx.get(f"{origin}/openapi.json").json()
    assert dict(operations(published)).keys() == OPERATIONS.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_answers_are_as_described(schema: Any, headers: dict[str, str], name: str) -> None:
    method, path = name.split(" ")

    @settings(
        max_examples=EXAMPLES_EACH, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=schema[path][method].as_strategy())
    def check(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    check()


@pytest.mark.parametrize("name", WITH_KEY)
def test_without_a_key_nothing_is_done(origin: str, name: str) -> None:
    method, path = name.split(" ")
    response = httpx.request(method, origin + path, json={} if method in ("POST", "PUT") else None)
    check_refusal(response, 401, "key")
    assert "401" in OPERATIONS[name]["responses"]
