"""The account as its owner sees it, its keys, and the history by its words."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from limner.accounts import Level
from limner.api.context import REMEMBERED_SECONDS
from tests.contract.inside import Inside, Newcomer, client_of, data_of
from tests.contract.test_errors import check_refusal

TRICKY = "<img src=x onerror=alert(1)> ' \" é 🦊"


def keys_of(newcomer: Newcomer) -> list[dict[str, object]]:
    found: list[dict[str, object]] = data_of(newcomer.client.get("/api/limner/keys"))["items"]
    return found


def test_the_account_says_what_it_has_and_may(newcomer: Newcomer) -> None:
    newcomer.submit(num_images=2)
    seen = data_of(newcomer.client.get("/api/limner/account"))
    assert (seen["id"], seen["level"], seen["currency"]) == (newcomer.caller.account_id, "ultra", "USD")
    assert (seen["balance"], seen["held"]) == (pytest.approx(100 - 0.076), pytest.approx(0.076))
    assert (seen["live_predictions"], seen["active_predictions"]) == (1, 1)
    limits = seen["limits"]
    assert (limits["images_per_minute"], limits["concurrent_predictions"]) == (5000, 5000)
    assert limits["remaining_images"] in (4998, 5000)  # a minute may just have begun
    assert 1 <= limits["reset_seconds"] <= 60
    assert [level["level"] for level in seen["levels"]] == [str(level) for level in Level]


def test_a_key_is_made_shown_once_and_lets_in(newcomer: Newcomer, indoors: Inside) -> None:
    made = data_of(newcomer.client.post("/api/limner/keys", json={"name": TRICKY}))
    secret = made.pop("key")
    assert (made["name"], made["hint"], made["revoked_at"]) == (TRICKY, secret[-4:], "")
    first, second = keys_of(newcomer)
    assert first == made
    assert (second["is_current"], first["is_current"]) == (True, False)
    assert secret not in newcomer.client.get("/api/limner/keys").text
    with client_of(indoors.url, Authorization=f"Bearer {secret}") as client:
        assert data_of(client.get("/api/v3/balance")) == {"balance": 100.0}
        current = {key["id"]: key["is_current"] for key in data_of(client.get("/api/limner/keys"))["items"]}
    assert current == {made["id"]: True, second["id"]: False}


def test_a_revoked_key_is_refused_within_two_seconds(newcomer: Newcomer, indoors: Inside) -> None:
    made = data_of(newcomer.client.post("/api/limner/keys", json={"name": "old laptop"}))
    with client_of(indoors.url, Authorization=f"Bearer {made['key']}") as client:
        assert client.get("/api/v3/balance").status_code == 200
        revoked = data_of(newcomer.client.delete(f"/api/limner/keys/{made['id']}"))
        assert revoked["revoked_at"]
        time.sleep(REMEMBERED_SECONDS)
        check_refusal(client.get("/api/v3/balance"), 401, "Invalid API key")
    assert data_of(newcomer.client.delete(f"/api/limner/keys/{made['id']}")) == revoked


def test_the_last_key_stays_however_many_hands_pull(newcomer: Newcomer) -> None:
    (own,) = keys_of(newcomer)
    check_refusal(newcomer.client.delete(f"/api/limner/keys/{own['id']}"), 409, "last valid key")
    other = data_of(newcomer.client.post("/api/limner/keys", json={"name": "second"}))
    both = [f"/api/limner/keys/{key['id']}" for key in (own, other)]
    with ThreadPoolExecutor(2) as pool:
        codes = sorted(answer.status_code for answer in pool.map(newcomer.client.delete, both))
    assert codes == [200, 409]


def test_keys_of_others_are_not_there(newcomer: Newcomer, indoors: Inside) -> None:
    with indoors.newcomer() as stranger:
        (theirs,) = keys_of(stranger)
        check_refusal(newcomer.client.delete(f"/api/limner/keys/{theirs['id']}"), 404, "no key")
    check_refusal(newcomer.client.delete("/api/limner/keys/nothing"), 404, "no key")


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "two\nlines", "back\u202ewards", "nul\0", 7, None])
def test_a_name_that_is_none_is_refused(newcomer: Newcomer, name: object) -> None:
    check_refusal(newcomer.client.post("/api/limner/keys", json={"name": name}), 400, "name")
    assert len(keys_of(newcomer)) == 1


def search(newcomer: Newcomer, **asked: object) -> httpx.Response:
    parameters = {name: str(value) for name, value in asked.items()}
    return newcomer.client.get("/api/limner/predictions", params=parameters)


def found(newcomer: Newcomer, **asked: object) -> list[str]:
    return [item["input"]["prompt"] for item in data_of(search(newcomer, **asked))["items"]]


def test_the_history_is_found_by_words(newcomer: Newcomer, indoors: Inside) -> None:
    for prompt in ("A red fox", "a red apple", "50% off_sale", "Übermut", "nothing of it"):
        newcomer.submit(prompt=prompt)
    with indoors.newcomer() as stranger:
        stranger.submit(prompt="a red herring")
    assert found(newcomer, search="red") == ["a red apple", "A red fox"]
    assert found(newcomer, search="FOX  a") == ["A red fox"]
    assert found(newcomer, search="50%") == ["50% off_sale"]
    assert found(newcomer, search="f_s") == ["50% off_sale"]
    assert found(newcomer, search="off%sale") == []
    assert found(newcomer, search="Übermut") == ["Übermut"]
    assert found(newcomer, search="\\") == []
    assert len(found(newcomer)) == 5


def test_the_history_is_filtered_as_the_list_is(newcomer: Newcomer) -> None:
    done, waits = newcomer.submit(prompt="done"), newcomer.submit("google/imagen4-fast", prompt="waits")
    newcomer.deliver(done)
    assert waits
    assert found(newcomer, status="completed") == ["done"]
    assert found(newcomer, model="google/imagen4-fast") == ["waits"]
    assert found(newcomer, created_before="2020-01-01") == []
    assert found(newcomer, status="pending", search="done") == []
    assert found(newcomer, status="timeout") == []  # which clients know, and no prediction here has


def test_new_predictions_do_not_shift_what_follows(newcomer: Newcomer) -> None:
    for number in range(5):
        newcomer.submit(prompt=f"picture {number}")
    first = data_of(search(newcomer, page_size=2))
    newcomer.submit(prompt="later")
    second = data_of(search(newcomer, page_size=2, before=first["next"]))
    third = data_of(search(newcomer, page_size=2, before=second["next"]))
    seen = [item["input"]["prompt"] for page in (first, second, third) for item in page["items"]]
    assert seen == [f"picture {number}" for number in (4, 3, 2, 1, 0)]
    assert third["next"] == ""


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"before": "yesterday"}, "before"),
        ({"before": "9" * 18 + "-" + "0" * 32}, "before"),
        ({"page_size": 0}, "page_size"),
        ({"search": "x" * 301}, "search"),
        ({"search": "nul\0"}, "search"),
        ({"status": "lost"}, "status"),
    ],
)
def test_what_cannot_be_searched_for_is_named(
    newcomer: Newcomer, asked: dict[str, object], field: str
) -> None:
    check_refusal(search(newcomer, **asked), 400, f'"{field}"')
