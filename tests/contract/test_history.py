"""Lists of predictions and their deletion: pages, filters, other accounts, and what stays afterwards."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from limner.api.record_views import PredictionsPage
from limner.predictions.prediction import rfc3339
from tests.contract.inside import ORIGIN, Inside, Newcomer, data_of
from tests.contract.test_errors import check_refusal

LIST = "/api/v3/predictions"
NOBODYS = "f" * 32


def listed(client: httpx.Client, **asked: Any) -> Any:
    """The page, the same by POST and by GET."""
    by_post = data_of(client.post(LIST, json=asked))
    assert data_of(client.get(LIST, params=asked)) == by_post
    PredictionsPage.model_validate(by_post, strict=True)
    return by_post


def ids(page: Any) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_an_account_without_predictions_has_an_empty_list(newcomer: Newcomer) -> None:
    assert listed(newcomer.client) == {"page": 1, "page_size": 100, "total": 0, "items": []}
    assert data_of(newcomer.client.post(LIST))["total"] == 0  # without a body at all


def test_pages_lead_from_the_newest_to_the_oldest(newcomer: Newcomer) -> None:
    submitted = [newcomer.submit(prompt=f"apple {n}") for n in range(5)][::-1]
    assert ids(listed(newcomer.client)) == submitted
    pages = [listed(newcomer.client, page=n, page_size=2) for n in (1, 2, 3, 4)]
    assert [ids(page) for page in pages] == [submitted[:2], submitted[2:4], submitted[4:], []]
    assert {(page["page_size"], page["total"]) for page in pages} == {(2, 5)}


def test_an_item_is_the_prediction_as_its_result_shows_it(newcomer: Newcomer) -> None:
    prediction_id = newcomer.submit(prompt="a red apple", num_images=2, seed=7)
    newcomer.deliver(prediction_id, 2)
    (item,) = listed(newcomer.client, include_inputs=True)["items"]
    assert item == data_of(newcomer.client.get(f"/api/v3/predictions/{prediction_id}/result"))
    assert item["inputs"] == item["input"]
    assert item["inputs"]["prompt"] == "a red apple"


def test_a_list_holds_links_even_for_base64(newcomer: Newcomer) -> None:
    prediction_id = newcomer.submit(enable_base64_output=True)
    newcomer.deliver(prediction_id)
    (item,) = listed(newcomer.client)["items"]
    assert item["outputs"] == [f"{ORIGIN}/predictions/{prediction_id}/1.png"]
    result = data_of(newcomer.client.get(f"/api/v3/predictions/{prediction_id}/result"))
    assert base64.b64decode(result["outputs"][0]) == b"a picture"


def test_filters_narrow_the_list(newcomer: Newcomer) -> None:
    created = newcomer.submit("google/imagen4-fast")
    failed = newcomer.submit("google/imagen4")
    newcomer.fail(failed)
    completed = newcomer.submit("google/imagen4")
    newcomer.deliver(completed)
    cancelled = newcomer.submit("google/imagen4")
    newcomer.client.post(f"/api/v3/predictions/{cancelled}/cancel")

    def found(**asked: Any) -> list[str]:
        page = listed(newcomer.client, **asked)
        assert page["total"] == len(page["items"])
        return ids(page)

    assert found(model="google/imagen4") == [cancelled, completed, failed]
    assert found(model="google/imagen9") == []
    assert found(status="created") == [created]
    assert found(status="completed") == [completed]
    assert found(status="failed") == [cancelled, failed]
    assert found(status="cancelled") == [cancelled]
    assert found(status="processing") == found(status="timeout") == found(status="deleted") == []
    assert found(status="failed", model="google/imagen4-fast") == []


def test_times_narrow_the_list(newcomer: Newcomer) -> None:
    first, second = newcomer.submit(), newcomer.submit()
    at = {item["id"]: item["created_at"] for item in listed(newcomer.client)["items"]}
    assert ids(listed(newcomer.client, created_after=at[second])) == [second]
    assert ids(listed(newcomer.client, created_before=at[second])) == [first]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert ids(listed(newcomer.client, created_before=rfc3339(tomorrow))) == [second, first]
    assert ids(listed(newcomer.client, created_after=tomorrow.date().isoformat())) == []
    elsewhere = (datetime.now(UTC) + timedelta(hours=13)).strftime("%Y-%m-%dT%H:%M:%S+14:00")
    assert ids(listed(newcomer.client, created_after=elsewhere)) == [second, first]


BAD_LISTS: list[tuple[dict[str, Any], str]] = [
    ({"page": 0}, "page"),
    ({"page": "1"}, "page"),
    ({"page": 1.5}, "page"),
    ({"page": True}, "page"),
    ({"page": 10**40}, "page"),
    ({"page_size": 101}, "page_size"),
    ({"page_size": []}, "page_size"),
    ({"model": 7}, "model"),
    ({"model": "nul \0"}, "model"),
    ({"model": "x" * 301}, "model"),
    ({"status": "exploded"}, "status"),
    ({"status": 1}, "status"),
    ({"created_after": "yesterday"}, "created_after"),
    ({"created_after": 1700000000}, "created_after"),
    ({"created_before": "0001-01-01T00:00:00+14:00"}, "created_before"),
    ({"include_inputs": "perhaps"}, "include_inputs"),
]


@pytest.mark.parametrize(("asked", "field"), BAD_LISTS, ids=str)
def test_a_bad_question_is_refused_and_the_field_named(
    newcomer: Newcomer, asked: dict[str, Any], field: str
) -> None:
    check_refusal(newcomer.client.post(LIST, json=asked), 400, f'"{field}"')


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *(("page=0", "page"), ("page=x", "page"), ("page_size=101", "page_size"), ("status=x", "status")),
        *(("created_after=x", "created_after"), ("model=a%00b", "model")),
    ],
)
def test_a_bad_query_is_refused_and_the_field_named(newcomer: Newcomer, query: str, field: str) -> None:
    check_refusal(newcomer.client.get(f"{LIST}?{query}"), 400, f'"{field}"')


def test_what_is_blank_or_unknown_does_not_matter(newcomer: Newcomer) -> None:
    prediction_id = newcomer.submit()
    blanks = {
        "model": "",
        "status": None,
        "page": None,
        "created_after": "",
        "page_size": 2.0,
        "order": "asc",
    }
    assert ids(data_of(newcomer.client.post(LIST, json=blanks))) == [prediction_id]
    assert ids(data_of(newcomer.client.get(f"{LIST}?model=&status=&page=&x=y"))) == [prediction_id]


def test_nobody_sees_or_deletes_what_is_anothers(indoors: Inside, newcomer: Newcomer) -> None:
    prediction_id = newcomer.submit()
    with indoors.newcomer() as other:
        assert listed(other.client)["total"] == 0
        answer = data_of(other.client.post(f"{LIST}/delete", json={"ids": [prediction_id]}))
        assert answer == {"deleted_count": 0}
        check_refusal(other.client.delete(f"{LIST}/{prediction_id}"), 404, prediction_id)
    assert ids(listed(newcomer.client)) == [prediction_id]


def test_a_deleted_prediction_is_gone_with_its_pictures_and_its_charge_stays(newcomer: Newcomer) -> None:
    kept, deleted = newcomer.submit(), newcomer.submit()
    newcomer.deliver(kept)
    newcomer.deliver(deleted)
    picture = f"/predictions/{deleted}/1.png"
    assert newcomer.client.get(picture).content == b"a picture"
    balance = data_of(newcomer.client.get("/api/v3/balance"))
    answer = data_of(
        newcomer.client.post(f"{LIST}/delete", json={"ids": [deleted, deleted, NOBODYS, "x", "\0"]})
    )
    assert answer == {"deleted_count": 1}
    assert ids(listed(newcomer.client)) == [kept]
    check_refusal(newcomer.client.get(picture), 404)
    check_refusal(newcomer.client.get(f"{LIST}/{deleted}"), 404)
    assert data_of(newcomer.client.get("/api/v3/balance")) == balance


def test_deleting_what_is_unfinished_cancels_it_and_costs_nothing(newcomer: Newcomer) -> None:
    balance = data_of(newcomer.client.get("/api/v3/balance"))
    prediction_id = newcomer.submit(num_images=4)
    answer = data_of(newcomer.client.delete(f"{LIST}/{prediction_id}"))
    assert answer == {"id": prediction_id, "status": "deleted"}
    assert data_of(newcomer.client.get("/api/v3/balance")) == balance
    assert listed(newcomer.client)["total"] == 0
    check_refusal(newcomer.client.delete(f"{LIST}/{prediction_id}"), 404, prediction_id)


def test_hundreds_are_deleted_at_once(newcomer: Newcomer) -> None:
    submitted = [newcomer.submit() for _ in range(3)]
    unknown = [f"{n:032x}" for n in range(300)]
    answer = data_of(newcomer.client.post(f"{LIST}/delete", json={"ids": unknown + submitted}))
    assert answer == {"deleted_count": 3}


@pytest.mark.parametrize("body", [{}, {"ids": None}, {"ids": "x"}, {"ids": [7]}, {"ids": []}, {"ids": {}}])
def test_deleting_nonsense_is_refused(newcomer: Newcomer, body: Any) -> None:
    check_refusal(newcomer.client.post(f"{LIST}/delete", json=body), 400, '"ids')


def test_without_a_key_nothing_is_listed_or_deleted(indoors: Inside) -> None:
    for method, path in (("GET", LIST), ("POST", LIST), ("POST", f"{LIST}/delete")):
        check_refusal(indoors.stranger.request(method, path, json={"ids": [NOBODYS]}), 401, "key")
    check_refusal(indoors.stranger.delete(f"{LIST}/{NOBODYS}"), 401, "key")
