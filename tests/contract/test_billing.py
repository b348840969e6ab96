"""Usage and billing records: that they add up to the balance to a millionth, and outlive predictions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from limner.api.record_views import AccountBillingsPage, AccountUsageView, BillingsPage, UsageStatsView
from limner.predictions.prediction import rfc3339
from tests.contract.inside import Inside, Newcomer, data_of
from tests.contract.test_errors import check_refusal

USAGE, ACCOUNT_USAGE = "/api/v3/user/usage_stats", "/api/v3/account/usage"
BILLINGS, ACCOUNT_BILLINGS = "/api/v3/billings/search", "/api/v3/account/billings"


def usage(client: httpx.Client, **asked: Any) -> Any:
    found = data_of(client.post(USAGE, json=asked))
    UsageStatsView.model_validate(found, strict=True)
    return found


def billings(client: httpx.Client, **asked: Any) -> Any:
    found = data_of(client.post(BILLINGS, json=asked))
    BillingsPage.model_validate(found, strict=True)
    return found


def account_billings(client: httpx.Client, **asked: Any) -> Any:
    found = data_of(client.get(ACCOUNT_BILLINGS, params=asked))
    AccountBillingsPage.model_validate(found, strict=True)
    return found


def balance(client: httpx.Client) -> float:
    return float(data_of(client.get("/api/v3/balance"))["balance"])


@pytest.fixture
def busy(newcomer: Newcomer) -> Newcomer:
    """Three ultra pictures of four delivered, a failed request, one under way, and a deleted one."""
    three_of_four = newcomer.submit("google/imagen4-ultra", num_images=4)
    newcomer.deliver(three_of_four, 3)
    newcomer.fail(newcomer.submit("google/imagen4", num_images=2))
    newcomer.submit("google/imagen4")
    deleted = newcomer.submit("google/imagen4-fast")
    newcomer.deliver(deleted)
    newcomer.client.delete(f"/api/v3/predictions/{deleted}")
    return newcomer


def test_who_did_nothing_used_nothing(newcomer: Newcomer) -> None:
    nothing = {"total_cost": 0.0, "total_requests": 0, "success_requests": 0}
    assert usage(newcomer.client) == {"per_model_usage": [], "daily_usage": [], "summary": nothing}
    assert data_of(newcomer.client.post(USAGE))["summary"] == nothing  # without a body at all
    assert billings(newcomer.client) == {"page": 1, "has_more": False, "items": []}
    assert account_billings(newcomer.client)["pagination"] == {"page": 1, "page_size": 20, "total": 0}


def test_usage_is_summed_by_model_and_day(busy: Newcomer) -> None:
    found = usage(busy.client)
    assert found["summary"] == {"total_cost": 0.192, "total_requests": 4, "success_requests": 2}
    by_model = {
        model["model_uuid"]: (model["total_cost"], model["total_count"], model["unit_price"])
        for model in found["per_model_usage"]
    }
    assert by_model == {
        "google/imagen4-ultra": (0.174, 1, 0.058),
        "google/imagen4-fast": (0.018, 1, 0.018),
        "google/imagen4": (0.0, 2, 0.038),
    }
    assert list(by_model) == ["google/imagen4-ultra", "google/imagen4-fast", "google/imagen4"]
    assert {model["model_type"] for model in found["per_model_usage"]} == {"text-to-image"}
    assert sum(day["amount"] for day in found["daily_usage"]) == pytest.approx(0.192)
    assert sum(day["count"] for day in found["daily_usage"]) == 4
    assert {model["model_uuid"] for day in found["daily_usage"] for model in day["models"]} == set(by_model)


def test_usage_of_the_other_family_says_the_same(busy: Newcomer) -> None:
    found = data_of(busy.client.get(ACCOUNT_USAGE))
    AccountUsageView.model_validate(found, strict=True)
    assert (found["total_requests"], found["total_cost"]) == (4, 0.192)
    assert found["by_model"][0] == {"model": "google/imagen4-ultra", "requests": 1, "cost": 0.174}
    only = data_of(busy.client.get(ACCOUNT_USAGE, params={"model": "google/imagen4"}))
    assert only["by_model"] == [{"model": "google/imagen4", "requests": 2, "cost": 0.0}]


def test_usage_counts_a_request_on_the_day_it_was_made(busy: Newcomer) -> None:
    now = datetime.now(UTC)
    tomorrow = now + timedelta(days=1)
    later = usage(busy.client, start_time=rfc3339(tomorrow), end_time=rfc3339(tomorrow + timedelta(days=1)))
    assert later["summary"]["total_requests"] == 0
    asked = {"start_date": now.date().isoformat(), "end_date": now.date().isoformat()}
    today = data_of(busy.client.get(ACCOUNT_USAGE, params=asked))
    if datetime.now(UTC).date() == now.date():
        assert today["total_requests"] == 4
    only = usage(busy.client, model_uuid="google/imagen4-ultra")
    assert [model["model_uuid"] for model in only["per_model_usage"]] == ["google/imagen4-ultra"]


def test_billing_records_add_up_to_the_balance(busy: Newcomer) -> None:
    items = billings(busy.client)["items"]
    refunded = sum(item["price"] for item in items if item["billing_type"] == "refund")
    deducted = sum(item["price"] for item in items if item["billing_type"] == "deduct")
    assert 100 - deducted + refunded == pytest.approx(balance(busy.client))
    assert len({item["uuid"] for item in items}) == len(items) == 6


def test_a_record_tells_what_it_was_for_also_when_that_is_deleted(busy: Newcomer) -> None:
    items = billings(busy.client)["items"]
    assert [
        (item["billing_type"], item["price"], item["prediction"]["model_uuid"], item["prediction"]["status"])
        for item in items
    ] == [
        ("deduct", 0.018, "google/imagen4-fast", "completed"),
        ("deduct", 0.038, "google/imagen4", "processing"),
        ("refund", 0.076, "google/imagen4", "failed"),
        ("deduct", 0.076, "google/imagen4", "failed"),
        ("refund", 0.058, "google/imagen4-ultra", "completed"),
        ("deduct", 0.232, "google/imagen4-ultra", "completed"),
    ]
    assert {item["access_key_uuid"] for item in items} == {busy.caller.key_id}
    assert items[2]["prediction"]["uuid"] == items[3]["prediction"]["uuid"]


def test_both_families_hold_the_same_records(busy: Newcomer) -> None:
    found = account_billings(busy.client)
    assert found["pagination"] == {"page": 1, "page_size": 20, "total": 6}
    assert [
        (item["id"], item["type"], item["amount"], item["model"], item["prediction_id"], item["created_at"])
        for item in found["items"]
    ] == [
        (
            *(item["uuid"], item["billing_type"], item["price"]),
            *(item["prediction"]["model_uuid"], item["prediction"]["uuid"], item["created_at"]),
        )
        for item in billings(busy.client)["items"]
    ]


def test_records_come_in_pages(busy: Newcomer) -> None:
    every = billings(busy.client)["items"]
    pages = [billings(busy.client, page=n, page_size=4) for n in (1, 2, 3)]
    assert [page["items"] for page in pages] == [every[:4], every[4:], []]
    assert [page["has_more"] for page in pages] == [True, False, False]
    assert billings(busy.client, page_size=6)["has_more"] is False
    second = account_billings(busy.client, page=2, page_size=4)
    assert [item["id"] for item in second["items"]] == [item["uuid"] for item in every[4:]]


def test_records_can_be_narrowed(busy: Newcomer) -> None:
    def prices(**asked: Any) -> list[float]:
        return [item["price"] for item in billings(busy.client, **asked)["items"]]

    assert prices(billing_type="refund") == [0.076, 0.058]
    assert prices(model_uuid="google/imagen4-ultra") == [0.058, 0.232]
    assert prices(access_key_uuid=busy.caller.key_id, billing_type="deduct") == [0.018, 0.038, 0.076, 0.232]
    assert prices(access_key_uuid="0" * 32) == []
    third = billings(busy.client)["items"][2]["created_at"]
    assert prices(start_time=third) == [0.018, 0.038, 0.076]
    assert prices(end_time=third) == [0.076, 0.058, 0.232]
    assert account_billings(busy.client, type="refund")["pagination"]["total"] == 2
    assert account_billings(busy.client, start_date="2999-01-01")["items"] == []


def test_nobody_sees_what_another_pays(indoors: Inside, busy: Newcomer) -> None:
    with indoors.newcomer() as other:
        assert billings(other.client)["items"] == account_billings(other.client)["items"] == []
        assert usage(other.client)["summary"]["total_requests"] == 0
        assert billings(other.client, access_key_uuid=busy.caller.key_id)["items"] == []


def test_a_thousand_small_charges_leave_no_dust(newcomer: Newcomer) -> None:
    for _ in range(7):
        newcomer.deliver(newcomer.submit("google/imagen4-fast", num_images=3), 3)
    assert usage(newcomer.client)["summary"]["total_cost"] == 0.378
    assert balance(newcomer.client) == 99.622


@pytest.mark.parametrize(
    ("path", "asked", "field"),
    [
        (USAGE, {"start_time": "soon"}, "start_time"),
        (USAGE, {"end_time": 7}, "end_time"),
        (USAGE, {"model_uuid": 7}, "model_uuid"),
        (USAGE, {"start_time": "9999-12-31T23:59:59-14:00"}, "start_time"),
        (BILLINGS, {"page": "1"}, "page"),
        (BILLINGS, {"page_size": 0}, "page_size"),
        (BILLINGS, {"billing_type": "gift"}, "billing_type"),
        (BILLINGS, {"access_key_uuid": "\0"}, "access_key_uuid"),
        (BILLINGS, {"end_time": {}}, "end_time"),
    ],
)
def test_a_bad_question_is_refused_and_the_field_named(
    newcomer: Newcomer, path: str, asked: dict[str, Any], field: str
) -> None:
    check_refusal(newcomer.client.post(path, json=asked), 400, f'"{field}"')


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{ACCOUNT_USAGE}?start_date=soon", "start_date"),
        (f"{ACCOUNT_USAGE}?model=%00", "model"),
        (f"{ACCOUNT_BILLINGS}?page=0", "page"),
        (f"{ACCOUNT_BILLINGS}?type=gift", "type"),
        (f"{ACCOUNT_BILLINGS}?end_date=2026-13-01", "end_date"),
    ],
)
def test_a_bad_query_is_refused_and_the_field_named(newcomer: Newcomer, path: str, field: str) -> None:
    check_refusal(newcomer.client.get(path), 400, f'"{field}"')


def test_the_ends_of_time_are_no_trouble(newcomer: Newcomer) -> None:
    assert usage(newcomer.client, end_time="0001-01-01")["daily_usage"] == []
    assert usage(newcomer.client, start_time="9999-12-31")["daily_usage"] == []
    assert account_billings(newcomer.client, end_date="9999-12-31")["items"] == []
    assert account_billings(newcomer.client, start_date="0001-01-01")["items"] == []


def test_without_a_key_nothing_is_told(indoors: Inside) -> None:
    for path in (USAGE, BILLINGS):
        check_refusal(indoors.stranger.post(path, json={}), 401, "key")
    for path in (ACCOUNT_USAGE, ACCOUNT_BILLINGS):
        check_refusal(indoors.stranger.get(path), 401, "key")
