"""Webhooks as callers see them: asking for one, the secret, test events, the log, redelivery.

Without a worker; how deliveries are made is tested in tests/unit/webhooks.
"""

import asyncio
import json
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from limner.api.receivers import check_receiver
from limner.api.webhook_views import DeliveriesPage, DeliveryView, SecretView
from limner.errors import InvalidInput
from limner.webhooks import delivery
from limner.webhooks.sending import Outcome
from limner.webhooks.store import Delivery
from tests.contract.inside import Inside, Newcomer, data_of
from tests.contract.test_errors import check_refusal

SUBMIT = "/api/v3/google/imagen4"
DELIVERIES = "/api/v3/webhook/deliveries"
TEST = "/api/v3/webhook/test"
URL = "https://hooks.example/limner?account=1&x=%2F"
BAD_ADDRESSES = [
    *("hooks.example", "ftp://hooks.example/", "https://", "https://user:pw@hooks.example/"),
    *("http://localhost/", "http://127.0.0.1:8000/", "http://[::1]/", "http://169.254.169.254/latest/"),
    *("http://2130706433/", "http://0x7f.1/", "http://[::ffff:127.0.0.1]/", "http://100.64.0.1/"),
    *(
        "https://hooks.example:22/",
        f"https://hooks.example/{'x' * 2100}",
        "https://hooks.example/\0",
        "\ud83c",
    ),
]
PROMPT = {"prompt": "a red apple"}


def log(client: httpx.Client, **asked: Any) -> Any:
    page = data_of(client.get(DELIVERIES, params=asked))
    DeliveriesPage.model_validate(page, strict=True)
    return page["items"]


def announced(newcomer: Newcomer, prediction_id: str) -> Any:
    """The one delivery of a prediction, which ended just now."""
    (one,) = log(newcomer.client, prediction_id=prediction_id)
    return one


def test_the_query_names_the_receiver(newcomer: Newcomer) -> None:
    response = newcomer.client.post(f"{SUBMIT}?webhook={quote(URL, safe='')}", json=PROMPT)
    prediction = data_of(response)
    newcomer.deliver(prediction["id"])
    one = announced(newcomer, prediction["id"])
    assert (one["url"], one["status"], one["event"]) == (URL, "pending", "prediction")
    assert (one["webhook_id"], one["attempts"]) == (prediction["id"], [])
    assert (one["finished_at"], one["next_attempt_at"] != "") == ("", True)


def test_so_does_the_body_and_it_is_no_input_of_the_model(newcomer: Newcomer) -> None:
    response = newcomer.client.post(f"{SUBMIT}?strict=1", json=PROMPT | {"webhook_url": URL})
    prediction = data_of(response)
    assert not any("no input" in warning for warning in prediction["warnings"])
    assert "webhook_url" not in prediction["input"]
    newcomer.fail(prediction["id"])
    assert announced(newcomer, prediction["id"])["url"] == URL


def test_the_query_goes_before_the_body(newcomer: Newcomer) -> None:
    for in_body in ("https://other.example/", "http://127.0.0.1/", 7):
        response = newcomer.client.post(
            SUBMIT, params={"webhook": URL}, json=PROMPT | {"webhook_url": in_body}
        )
        prediction_id = data_of(response)["id"]
        newcomer.deliver(prediction_id)
        assert announced(newcomer, prediction_id)["url"] == URL


@pytest.mark.parametrize("body", [{}, {"webhook_url": None}, {"webhook_url": ""}])
def test_nothing_and_emptiness_ask_for_no_webhook(newcomer: Newcomer, body: dict[str, Any]) -> None:
    prediction_id = data_of(newcomer.client.post(f"{SUBMIT}?webhook=", json=PROMPT | body))["id"]
    newcomer.deliver(prediction_id)
    assert log(newcomer.client) == []


@pytest.mark.parametrize("url", BAD_ADDRESSES)
def test_an_address_that_will_not_do_is_refused_and_named(newcomer: Newcomer, url: str) -> None:
    if url.isascii():
        check_refusal(newcomer.client.post(SUBMIT, params={"webhook": url}, json=PROMPT), 400, '"webhook"')
    for path, body in ((SUBMIT, PROMPT | {"webhook_url": url}), (TEST, {"url": url})):
        field = [*body][-1]
        check_refusal(newcomer.client.post(path, content=json.dumps(body)), 400, f'"{field}"')
    assert data_of(newcomer.client.get("/api/v3/balance"))["balance"] == 100


@pytest.mark.parametrize("url", [7, True, ["https://hooks.example/"], {"url": "https://hooks.example/"}])
def test_an_address_that_is_no_text_is_refused(newcomer: Newcomer, url: Any) -> None:
    check_refusal(newcomer.client.post(SUBMIT, json=PROMPT | {"webhook_url": url}), 400, '"webhook_url"')
    check_refusal(newcomer.client.post(TEST, json={"url": url}), 400, '"url"')


def test_two_addresses_are_refused(newcomer: Newcomer) -> None:
    twice = f"{SUBMIT}?webhook={quote(URL)}&webhook={quote(URL)}"
    check_refusal(newcomer.client.post(twice, json=PROMPT), 400, '"webhook"')


def resolving(*addresses: str) -> Any:
    return lambda host, port: addresses


def test_a_name_that_stands_for_a_private_address_is_refused_at_submit() -> None:
    for addresses in (["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["fe80::1%eth0"], ["::ffff:8.8.8.8"]):
        with pytest.raises(InvalidInput, match='"webhook" must name a host on the public internet'):
            asyncio.run(check_receiver(URL, "webhook", False, resolving(*addresses)))
    asyncio.run(check_receiver(URL, "webhook", False, resolving("8.8.8.8", "2606:4700::1111")))
    asyncio.run(check_receiver("http://localhost:8000/", "webhook", True, resolving("127.0.0.1")))


def test_a_name_server_that_knows_nothing_holds_nothing_up() -> None:
    ended = threading.Event()

    def unknown(host: str, port: int) -> Iterable[str]:
        raise OSError("no such name")

    def silent(host: str, port: int) -> Iterable[str]:
        ended.wait(10)
        return ["127.0.0.1"]

    async def check(resolve: Any, seconds: float) -> float:
        started = time.monotonic()
        (warning,) = await check_receiver(URL, "webhook", False, resolve, seconds)
        ended.set()
        assert "hooks.example, does not resolve" in warning
        return time.monotonic() - started

    assert asyncio.run(check(unknown, 5)) < 5
    ended.clear()
    assert 0.2 <= asyncio.run(check(silent, 0.2)) < 5


def test_a_name_that_does_not_resolve_is_accepted_with_a_warning(newcomer: Newcomer) -> None:
    url = "https://no-such-host.invalid/hook"
    (warning,) = data_of(newcomer.client.post(SUBMIT, params={"webhook": url}, json=PROMPT))["warnings"]
    assert warning.startswith("The host of the webhook, no-such-host.invalid, does not resolve now")
    by_address = "https://93.184.215.14/"
    answer = newcomer.client.post(SUBMIT, params={"webhook": by_address}, json=PROMPT)
    assert data_of(answer)["warnings"] == []


def secret(client: httpx.Client) -> Any:
    found = data_of(client.get("/api/v3/webhook/secret"))
    SecretView.model_validate(found, strict=True)
    return found


def test_a_secret_belongs_to_one_account_and_stays(newcomer: Newcomer, indoors: Inside) -> None:
    first = secret(newcomer.client)
    assert first["secret"].startswith("whsec_")
    assert secret(newcomer.client) == first
    assert first["previous_valid_until"] == ""
    with indoors.newcomer() as other:
        assert secret(other.client)["secret"] != first["secret"]


def test_a_secret_that_is_replaced_is_valid_for_another_day(newcomer: Newcomer) -> None:
    former = secret(newcomer.client)["secret"]
    rotated = data_of(newcomer.client.post("/api/v3/webhook/secret/rotate"))
    assert rotated["secret"] != former
    assert secret(newcomer.client) == rotated
    until = datetime.fromisoformat(rotated["previous_valid_until"][:26]).replace(tzinfo=UTC)
    assert 86_390 < (until - datetime.now(UTC)).total_seconds() <= 86_400
    with newcomer.runtime.database.begin() as tx:
        signing = delivery.valid_secrets(tx, newcomer.caller.account_id, datetime.now(UTC))
    assert signing == [rotated["secret"], former]


def test_a_test_event_is_queued_and_logged(newcomer: Newcomer) -> None:
    one = data_of(newcomer.client.post(TEST, json={"url": URL}))
    DeliveryView.model_validate(one, strict=True)
    assert (one["event"], one["url"], one["status"], one["prediction_id"]) == ("test", URL, "pending", "")
    assert data_of(newcomer.client.get(f"{DELIVERIES}/{one['id']}")) == one
    assert log(newcomer.client) == [one]


def test_test_events_have_a_limit(newcomer: Newcomer) -> None:
    for _ in range(delivery.MAX_PENDING_TESTS):
        data_of(newcomer.client.post(TEST, json={"url": URL}))
    response = newcomer.client.post(TEST, json={"url": URL})
    check_refusal(response, 429, "test events")
    assert int(response.headers["Retry-After"]) > 0


def finish(newcomer: Newcomer, delivery_id: str, number: int, outcome: Outcome) -> None:
    """As a worker does."""
    runtime = newcomer.runtime
    with runtime.database.begin() as tx:
        begun = delivery.begin(tx, delivery_id, number)
        assert isinstance(begun, Delivery)
        delivery.finish(tx, begun, outcome, runtime.queue.enqueue_delivery, datetime.now(UTC))


def announce(newcomer: Newcomer) -> Any:
    prediction_id = newcomer.submit(webhook_url=URL)
    newcomer.deliver(prediction_id)
    return announced(newcomer, prediction_id)


def test_the_log_tells_of_every_attempt(newcomer: Newcomer) -> None:
    one = announce(newcomer)
    finish(newcomer, one["id"], 1, Outcome(None, "no answer within 10 seconds", 10_003))
    waiting = data_of(newcomer.client.get(f"{DELIVERIES}/{one['id']}"))
    assert (waiting["status"], waiting["next_attempt_at"] > waiting["created_at"]) == ("pending", True)
    finish(newcomer, one["id"], 2, Outcome(200, "", 12))
    (done,) = log(newcomer.client)
    first, second = done["attempts"]
    assert (first["number"], first["http_status"], first["duration_ms"]) == (1, 0, 10_003)
    assert first["error"] == "no answer within 10 seconds"
    assert (second["number"], second["http_status"], second["error"]) == (2, 200, "")
    assert (done["status"], done["next_attempt_at"], done["finished_at"] != "") == ("delivered", "", True)


def test_the_log_has_pages_and_filters(newcomer: Newcomer) -> None:
    tests = [data_of(newcomer.client.post(TEST, json={"url": URL}))["id"] for _ in range(3)]
    one = announce(newcomer)
    finish(newcomer, tests[0], 1, Outcome(200, "", 1))
    newest_first = [one["id"], *reversed(tests)]
    assert [item["id"] for item in log(newcomer.client)] == newest_first
    pages = [log(newcomer.client, page=n, page_size=3) for n in (1, 2, 3)]
    assert [[item["id"] for item in page] for page in pages] == [newest_first[:3], newest_first[3:], []]
    assert [item["id"] for item in log(newcomer.client, status="delivered")] == [tests[0]]
    assert [item["id"] for item in log(newcomer.client, prediction_id=one["prediction_id"])] == [one["id"]]
    assert log(newcomer.client, prediction_id="0" * 32) == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        *(({"page": "0"}, "page"), ({"page": "x"}, "page"), ({"page_size": "101"}, "page_size")),
        *(
            ({"status": "lost"}, "status"),
            ({"prediction_id": "\0"}, "prediction_id"),
            ({"page": "9" * 30}, "page"),
        ),
    ],
)
def test_the_log_refuses_what_it_does_not_understand(
    newcomer: Newcomer, asked: dict[str, str], field: str
) -> None:
    check_refusal(newcomer.client.get(DELIVERIES, params=asked), 400, f'"{field}"')


def redeliver(client: httpx.Client, delivery_id: str) -> httpx.Response:
    return client.post(f"{DELIVERIES}/{delivery_id}/redeliver")


def test_a_redelivery_is_the_same_event_in_a_delivery_of_its_own(newcomer: Newcomer) -> None:
    one = announce(newcomer)
    finish(newcomer, one["id"], 1, Outcome(200, "", 1))
    again = data_of(redeliver(newcomer.client, one["id"]))
    DeliveryView.model_validate(again, strict=True)
    assert again["id"] != one["id"]
    assert (again["status"], again["attempts"]) == ("pending", [])
    same = ("webhook_id", "prediction_id", "url", "event")
    assert [again[name] for name in same] == [one[name] for name in same]
    assert [item["id"] for item in log(newcomer.client)] == [again["id"], one["id"]]


def test_nothing_is_redelivered_while_it_is_under_way(newcomer: Newcomer) -> None:
    one = announce(newcomer)
    with newcomer.runtime.database.begin() as tx:
        assert delivery.begin(tx, one["id"], 1)
    check_refusal(redeliver(newcomer.client, one["id"]), 409, "right now")


def test_redeliveries_at_once_leave_one(newcomer: Newcomer) -> None:
    one = announce(newcomer)
    finish(newcomer, one["id"], 1, Outcome(200, "", 1))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: redeliver(newcomer.client, one["id"]).status_code, range(8)))
    assert set(answers) <= {200, 409}
    assert 200 in answers
    assert len(log(newcomer.client, status="pending")) == 1


def test_deliveries_of_others_are_not_there(newcomer: Newcomer, indoors: Inside) -> None:
    one = announce(newcomer)
    with indoors.newcomer() as other:
        for delivery_id in (one["id"], "0" * 32, "x", "%00", "é"):
            check_refusal(other.client.get(f"{DELIVERIES}/{delivery_id}"), 404, "delivery")
            check_refusal(redeliver(other.client, delivery_id), 404, "delivery")
        assert log(other.client) == []
        assert log(other.client, prediction_id=one["prediction_id"]) == []


def test_a_deleted_prediction_takes_its_deliveries_with_it(newcomer: Newcomer) -> None:
    one = announce(newcomer)
    newcomer.client.post("/api/v3/predictions/delete", json={"ids": [one["prediction_id"]]})
    assert log(newcomer.client) == []
    check_refusal(redeliver(newcomer.client, one["id"]), 404, "delivery")


def test_without_a_key_nothing_is_told(indoors: Inside) -> None:
    with httpx.Client(base_url=indoors.url) as nobody:
        for path in ("/api/v3/webhook/secret", DELIVERIES, f"{DELIVERIES}/{'0' * 32}"):
            check_refusal(nobody.get(path), 401, "key")
        for path in ("/api/v3/webhook/secret/rotate", TEST, f"{DELIVERIES}/{'0' * 32}/redeliver"):
            check_refusal(nobody.post(path, json={"url": URL}), 401, "key")
