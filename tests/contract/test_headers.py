"""What stands beside the answers: request ids, limits, when to come back; and HEAD and OPTIONS."""

import re
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from limner.accounts import Level
from limner.runtime import build_runtime
from limner.settings import read_settings
from tests.contract.inside import Inside, Newcomer
from tests.contract.test_errors import check_refusal
from tests.contract.test_inside import NOBODY_LISTENS, answering

NOWHERE = "/api/v3/nowhere"


@pytest.mark.parametrize("path", ["/health", "/api/v3/balance", "/api/v3/predictions/x", NOWHERE, "/"])
def test_every_answer_carries_the_id_of_its_request(newcomer: Newcomer, path: str) -> None:
    sent = newcomer.client.get(path, headers={"X-Request-Id": "Mine-1.2_3"})
    assert sent.headers.get_list("x-request-id") == ["Mine-1.2_3"]
    made = {newcomer.client.get(path).headers["x-request-id"] for _ in range(2)}
    assert len(made) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in made)


def test_an_engine_may_be_called_as_its_folder_is(newcomer: Newcomer) -> None:
    done = newcomer.submit()
    newcomer.deliver(done, made_by="diffusers/\u753b\u98ce-v1")
    answer = newcomer.client.get(f"/api/v3/predictions/{done}/result")
    assert (answer.status_code, answer.headers["X-Limner-Engine"]) == (200, "diffusers/??-v1")
    assert answer.json()["data"]["engine"] == "diffusers"
    assert answer.json()["data"]["weights"] == "\u753b\u98ce-v1"


@pytest.mark.parametrize("insane", ["", "two words", "x" * 129, "line\tbreak", 'quo"te', "ünï"])
def test_an_id_that_could_confuse_a_log_is_replaced(newcomer: Newcomer, insane: str) -> None:
    answer = newcomer.client.get(NOWHERE, headers=[(b"X-Request-Id", insane.encode("latin-1"))])
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


def test_what_is_unreachable_says_when_to_come_back_and_is_logged_under_the_id(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path, database_url=NOBODY_LISTENS)
    with (
        closing(build_runtime(settings)) as runtime,
        answering(runtime) as client,
        capture_logs(processors=[merge_contextvars]) as logged,
    ):
        answer = client.get("/api/v3/balance", headers={"X-Request-Id": "look-for-me"})
    check_refusal(answer, 503, "database")
    assert int(answer.headers["retry-after"]) > 0
    (entry,) = [entry for entry in logged if entry["event"] == "request failed"]
    assert entry["request_id"] == "look-for-me"


def test_a_submit_tells_what_is_left_of_the_minute(indoors: Inside) -> None:
    with indoors.newcomer(level=Level.BRONZE) as bronze:
        path, body = "/api/v3/google/imagen4", {"prompt": "x", "num_images": 4}
        answers = [bronze.client.post(path, json=body) for _ in range(3)]
        if answers[2].status_code == 200:  # a new minute began meanwhile
            answers = [bronze.client.post(path, json=body) for _ in range(3)]
    left = [check_limits(answer, 10) for answer in answers]
    assert left == [6, 2, 2]
    check_refusal(answers[2], 429, "10 images per minute")
    reset = int(answers[2].headers["x-ratelimit-reset"])
    assert abs(int(answers[2].headers["retry-after"]) - reset) <= 1


def check_limits(answer: httpx.Response, per_minute: int) -> int:
    """How many images are left."""
    assert answer.headers["ratelimit-policy"] == f'"images";q={per_minute};w=60'
    left, reset = (int(answer.headers[f"x-ratelimit-{name}"]) for name in ("remaining", "reset"))
    assert answer.headers["ratelimit"] == f'"images";r={left};t={reset}'
    assert answer.headers["x-ratelimit-limit"] == str(per_minute)
    assert 1 <= reset <= 60
    return left


@pytest.mark.parametrize("path", ["/health", "/api/v3/balance", "/api/v3/models", "/api/v3/predictions/x"])
def test_head_is_get_without_the_body(newcomer: Newcomer, path: str) -> None:
    head, get = newcomer.client.head(path), newcomer.client.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    for name in ("content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


def test_pages_of_other_origins_may_call_and_read_the_headers(newcomer: Newcomer) -> None:
    asking = {
        "Origin": "https://page.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, last-event-id, idempotency-key",
    }
    allowed = newcomer.client.options("/api/v3/google/imagen4", headers=asking)
    assert allowed.status_code == 200
    assert "authorization" in allowed.headers["access-control-allow-headers"]
    answer = newcomer.client.get("/api/v3/balance", headers={"Origin": "https://page.example"})
    exposed = answer.headers["access-control-expose-headers"]
    assert {"X-Request-Id", "RateLimit", "Retry-After"} <= set(exposed.split(", "))
    check_refusal(newcomer.client.options("/api/v3/balance"), 405, "OPTIONS")


def test_pages_are_refused_other_methods_in_the_one_shape(newcomer: Newcomer) -> None:
    asking = {"Origin": "https://page.example", "Access-Control-Request-Method": "PATCH"}
    check_refusal(newcomer.client.options("/api/v3/balance", headers=asking), 400, "method")
