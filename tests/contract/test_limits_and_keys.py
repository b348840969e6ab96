"""What an account may and may not: its level, its suspension; and the same request sent again under a key."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from limner.accounts import CONCURRENT_PREDICTIONS, IMAGES_PER_MINUTE, Level, counted, set_suspended
from tests.contract.inside import Inside, Newcomer
from tests.contract.test_errors import check_refusal

PATH = "/api/v3/google/imagen4"


def send(newcomer: Newcomer, key: str | None = None, path: str = PATH, **inputs: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return newcomer.client.post(path, json={"prompt": "a red apple"} | inputs, headers=headers)


def balance(newcomer: Newcomer) -> float:
    return float(newcomer.client.get("/api/v3/balance").json()["data"]["balance"])


def test_a_request_sent_often_and_at_once_is_one_prediction_and_one_charge(newcomer: Newcomer) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: send(newcomer, "once"), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1
    assert balance(newcomer) == pytest.approx(100 - 0.038)


def test_another_request_under_the_same_key_is_a_conflict(newcomer: Newcomer) -> None:
    assert send(newcomer, "k").status_code == 200
    check_refusal(send(newcomer, "k", prompt="a green pear"), 409, "Idempotency-Key")
    check_refusal(send(newcomer, "k", path="/api/v3/google/imagen4-fast"), 409, "Idempotency-Key")
    check_refusal(send(newcomer, "k", path=f"{PATH}?webhook=https://example.com/x"), 409, "Idempotency-Key")
    assert balance(newcomer) == pytest.approx(100 - 0.038)


def test_no_depth_of_nesting_fails_under_a_key(newcomer: Newcomer) -> None:
    statuses = []
    for depth in range(850, 1_010):  # at one of these, reading succeeds and writing one level more does not
        body = b'{"prompt":"a pear","y":' + b"[" * depth + b"]" * depth + b"}"
        headers = {"Idempotency-Key": "deep", "Content-Type": "application/json"}
        statuses.append(newcomer.client.post(PATH, content=body, headers=headers).status_code)
    assert set(statuses) == {200, 409, 400}  # the first, others under its key, too deep ones
    assert statuses == [200, *sorted(statuses[1:], reverse=True)]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_key_that_is_none_is_refused(newcomer: Newcomer, key: str) -> None:
    check_refusal(send(newcomer, key), 400, "Idempotency-Key", "255")
    assert balance(newcomer) == 100


def test_the_lowest_level_has_ten_images_a_minute_of_which_some_wait(indoors: Inside) -> None:
    with indoors.newcomer(level=Level.BRONZE) as newcomer:
        answers = [send(newcomer) for _ in range(2 * IMAGES_PER_MINUTE[Level.BRONZE] + 1)]
        refused = next(answer for answer in answers if answer.status_code != 200)
        check_refusal(refused, 429, "bronze", "10 images per minute")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        with indoors.runtime.database.read() as tx:
            live, active = counted(tx, newcomer.caller.account_id)
    assert live == sum(answer.status_code == 200 for answer in answers)
    assert active == CONCURRENT_PREDICTIONS[Level.BRONZE]


def test_a_suspended_account_is_forbidden_everything(indoors: Inside) -> None:
    with indoors.newcomer() as newcomer:
        with indoors.runtime.database.begin() as tx:
            set_suspended(tx, newcomer.caller.account_id, datetime.now(UTC))
        check_refusal(send(newcomer), 403, "suspended")
        check_refusal(newcomer.client.get("/api/v3/balance"), 403, "suspended")
