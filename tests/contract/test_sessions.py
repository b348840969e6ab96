"""Signing in with a browser: what a session may, and everything that must not come in through one.

The client stands for a browser: it keeps cookies and says where its page is from, as browsers do.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from limner.access import sessions
from limner.accounts import set_suspended
from limner.administration import sign_in_link
from limner.api.context import REMEMBERED_SECONDS
from limner.db.tables import sessions as table
from limner.db.tables import sign_in_tickets
from limner.errors import Unauthorized
from tests.contract.inside import Inside, Newcomer, client_of, data_of, inside
from tests.contract.test_errors import check_refusal

EVIL = "https://evil.example"
FOREIGN = {  # a page of another origin, as a browser tells of it
    "another site": {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
    "another port": {"Origin": "http://127.0.0.1:9", "Sec-Fetch-Site": "same-site"},
    "a sandbox": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "an old browser": {"Origin": EVIL},
    "nobody says": {"Origin": ""},
}


@contextmanager
def browser(origin: str) -> Iterator[httpx.Client]:
    with client_of(origin, Origin=origin) as client:
        yield client


@pytest.fixture
def page(indoors: Inside) -> Iterator[httpx.Client]:
    with browser(indoors.url) as client:
        yield client


def signed_in(page: httpx.Client, newcomer: Newcomer) -> Any:
    return data_of(page.post("/session", json={"key": newcomer.key}))


def ticket_of(newcomer: Newcomer) -> str:
    with newcomer.runtime.database.begin() as tx:
        return sessions.issue_ticket(tx, newcomer.caller.key_id, datetime.now(UTC))


def balance_of(page: httpx.Client, **headers: str) -> httpx.Response:
    return page.get("/api/v3/balance", headers=headers)


def test_nobody_is_signed_in_at_first(page: httpx.Client) -> None:
    answer = page.get("/session")
    assert data_of(answer) == {"signed_in": False}
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_a_key_is_turned_into_a_cookie_that_no_script_reads(page: httpx.Client, newcomer: Newcomer) -> None:
    answer = page.post("/session", json={"key": newcomer.key})
    state = data_of(answer)
    assert state["account"]["id"] == newcomer.caller.account_id
    assert state["key"] == {"id": newcomer.caller.key_id, "name": "", "hint": newcomer.key[-4:]}
    assert data_of(page.get("/session")) == state
    cookie = answer.headers["set-cookie"]
    for wanted in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=2592000"):
        assert wanted in cookie
    assert "Secure" not in cookie  # over http, where a browser would drop it
    assert newcomer.key not in cookie


def test_the_cookie_stands_for_the_key_on_every_route(page: httpx.Client, newcomer: Newcomer) -> None:
    signed_in(page, newcomer)
    assert data_of(balance_of(page)) == {"balance": 100.0}
    made = data_of(page.post("/api/v3/google/imagen4", json={"prompt": "a red apple"}))
    assert data_of(page.get(f"/api/v3/predictions/{made['id']}/result"))["id"] == made["id"]
    assert data_of(page.delete(f"/api/v3/predictions/{made['id']}"))["status"] == "deleted"


def test_a_key_that_is_none_signs_nobody_in(page: httpx.Client) -> None:
    check_refusal(page.post("/session", json={"key": "wsk_" + "0" * 64}), 401, "Invalid API key")
    check_refusal(page.post("/session", json={"ticket": "0" * 64}), 401, "limner sign-in")
    check_refusal(page.post("/session", json={}), 400, "one of key and ticket")
    check_refusal(page.post("/session", json={"key": "a", "ticket": "b"}), 400, "one of key and ticket")
    check_refusal(page.post("/session", json={"key": 7}), 400, 'field "key"')
    assert not page.cookies


def test_a_link_works_once(indoors: Inside, newcomer: Newcomer) -> None:
    ticket = ticket_of(newcomer)
    with browser(indoors.url) as first, browser(indoors.url) as second:
        assert data_of(first.post("/session", json={"ticket": ticket}))["signed_in"]
        check_refusal(second.post("/session", json={"ticket": ticket}), 401, "used already, or has expired")
        check_refusal(first.post("/session", json={"ticket": ticket}), 401, "used already, or has expired")
        assert data_of(first.get("/session"))["signed_in"]


def test_a_link_works_for_a_quarter_of_an_hour(page: httpx.Client, newcomer: Newcomer) -> None:
    ticket = ticket_of(newcomer)
    with newcomer.runtime.database.begin() as tx:
        tx.execute(update(sign_in_tickets).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    check_refusal(page.post("/session", json={"ticket": ticket}), 401, "has expired")


def test_a_link_holds_no_key_and_is_not_stored(page: httpx.Client, newcomer: Newcomer) -> None:
    name = signed_in(page, newcomer)["account"]["name"]
    link = sign_in_link(newcomer.runtime, name, "http://here:1")
    found = re.fullmatch(r"http://here:1/#ticket=([0-9a-f]{64})", link)
    assert found
    with newcomer.runtime.database.read() as tx:
        assert found[1] not in str(tx.execute(sign_in_tickets.select()).all())
    assert data_of(page.post("/session", json={"ticket": found[1]}))["account"]["name"] == name


@pytest.mark.parametrize("who", FOREIGN)
def test_a_page_of_another_origin_changes_nothing(page: httpx.Client, newcomer: Newcomer, who: str) -> None:
    signed_in(page, newcomer)
    headers = FOREIGN[who]
    message = "another origin"
    answer = page.post("/api/v3/google/imagen4", json={"prompt": "a red apple"}, headers=headers)
    check_refusal(answer, 403, message)
    check_refusal(page.post("/api/v3/webhook/secret/rotate", headers=headers), 403, message)
    check_refusal(page.post("/api/limner/keys", json={"name": "theirs"}, headers=headers), 403, message)
    check_refusal(page.delete("/session", headers=headers), 403, message)
    check_refusal(page.post("/session", json={"key": newcomer.key}, headers=headers), 403, message)
    assert data_of(page.get("/session"))["signed_in"]
    assert data_of(balance_of(page)) == {"balance": 100.0}


def test_a_form_that_says_nothing_of_its_origin_changes_nothing(indoors: Inside, newcomer: Newcomer) -> None:
    with client_of(indoors.url) as silent:
        check_refusal(silent.post("/session", json={"key": newcomer.key}), 403, "another origin")
        with browser(indoors.url) as page:
            signed_in(page, newcomer)
            silent.cookies.update(page.cookies)
        check_refusal(silent.post("/api/v3/webhook/secret/rotate"), 403, "another origin")


@pytest.mark.parametrize("who", FOREIGN)
def test_a_page_of_another_origin_reads_nothing(page: httpx.Client, newcomer: Newcomer, who: str) -> None:
    signed_in(page, newcomer)
    answer = balance_of(page, **FOREIGN[who])
    check_refusal(answer, 401, "an API key is required")
    assert "access-control-allow-credentials" not in answer.headers
    with_key = balance_of(page, **FOREIGN[who], Authorization=f"Bearer {newcomer.key}")
    assert data_of(with_key) == {"balance": 100.0}  # as ever


def test_a_name_of_somebody_elses_is_no_way_in(page: httpx.Client, newcomer: Newcomer) -> None:
    """DNS rebinding: a name of theirs points here, so for the browser it is all one origin."""
    signed_in(page, newcomer)
    rebound = {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}
    check_refusal(balance_of(page, **rebound), 401, "an API key is required")
    check_refusal(page.post("/api/v3/webhook/secret/rotate", headers=rebound), 403, "another origin")
    check_refusal(page.get("/session", headers=rebound), 421, "evil.example", "LIMNER_PUBLIC_URL")
    check_refusal(page.post("/session", json={"key": newcomer.key}, headers=rebound), 421, "evil.example")
    check_refusal(page.delete("/session", headers=rebound), 421, "evil.example")
    for path in ("/", "/docs", "/history"):
        check_refusal(page.get(path, headers=rebound), 421, "evil.example")
    with_key = balance_of(page, **rebound, Authorization=f"Bearer {newcomer.key}")
    assert data_of(with_key) == {"balance": 100.0}


@pytest.mark.parametrize(
    "host", ["", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "[::1"]
)
def test_names_that_only_look_like_ours_are_not(page: httpx.Client, newcomer: Newcomer, host: str) -> None:
    signed_in(page, newcomer)
    check_refusal(balance_of(page, Host=host, Origin=f"http://{host}"), 401, "an API key is required")


@pytest.mark.parametrize(
    "host", ["localhost:8000", "LOCALHOST", "192.168.1.5:8000", "[::1]:8000", "limner.example"]
)
def test_what_needs_no_dns_and_the_public_url_are_ours(
    page: httpx.Client, newcomer: Newcomer, host: str
) -> None:
    signed_in(page, newcomer)
    ours = {"Host": host, "Origin": f"http://{host.lower()}", "Sec-Fetch-Site": "same-origin"}
    assert data_of(balance_of(page, **ours)) == {"balance": 100.0}
    assert data_of(page.post("/api/v3/webhook/secret/rotate", headers=ours))["secret"]


def test_nobody_chooses_the_session_of_another(
    page: httpx.Client, newcomer: Newcomer, indoors: Inside
) -> None:
    """Fixation: a cookie planted before is worth nothing, and is not what one has after signing in."""
    name = "limner-80"  # of http://limner.example, the public URL here
    planted = "f" * 64
    page.cookies.set(name, planted)
    assert data_of(page.get("/session")) == {"signed_in": False}
    signed_in(page, newcomer)
    with browser(indoors.url) as attacker:
        attacker.cookies.set(name, planted)
        assert data_of(attacker.get("/session")) == {"signed_in": False}
    assert page.cookies.get(name, domain="127.0.0.1") not in (None, planted)


def test_signing_in_again_ends_the_former_session(
    page: httpx.Client, newcomer: Newcomer, indoors: Inside
) -> None:
    signed_in(page, newcomer)
    with browser(indoors.url) as thief:
        thief.cookies.update(page.cookies)
        signed_in(page, newcomer)
        assert data_of(thief.get("/session")) == {"signed_in": False}


def test_a_revoked_key_ends_its_sessions(page: httpx.Client, newcomer: Newcomer, indoors: Inside) -> None:
    with browser(indoors.url) as other:
        another = data_of(newcomer.client.post("/api/limner/keys", json={"name": "another"}))
        data_of(other.post("/session", json={"key": another["key"]}))
        assert data_of(balance_of(other)) == {"balance": 100.0}
        data_of(newcomer.client.delete(f"/api/limner/keys/{another['id']}"))
        time.sleep(REMEMBERED_SECONDS)
        check_refusal(balance_of(other), 401, "signed out")
        assert data_of(other.get("/session")) == {"signed_in": False}
        check_refusal(other.post("/session", json={"key": another["key"]}), 401, "Invalid API key")


def test_a_suspended_account_is_signed_out(page: httpx.Client, newcomer: Newcomer) -> None:
    signed_in(page, newcomer)
    with newcomer.runtime.database.begin() as tx:
        set_suspended(tx, newcomer.caller.account_id, datetime.now(UTC))
    assert data_of(page.get("/session")) == {"signed_in": False}
    check_refusal(balance_of(page), 403, "suspended")
    check_refusal(page.post("/session", json={"key": newcomer.key}), 403, "suspended")


def test_a_session_ends_after_a_month(page: httpx.Client, newcomer: Newcomer) -> None:
    signed_in(page, newcomer)
    with newcomer.runtime.database.begin() as tx:
        tx.execute(update(table).values(expires_at=datetime.now(UTC)))
    assert data_of(page.get("/session")) == {"signed_in": False}
    check_refusal(balance_of(page), 401, "signed out")


def test_signing_out_ends_the_session_itself(page: httpx.Client, newcomer: Newcomer, indoors: Inside) -> None:
    signed_in(page, newcomer)
    with browser(indoors.url) as thief, browser(indoors.url) as elsewhere:
        thief.cookies.update(page.cookies)
        signed_in(elsewhere, newcomer)
        answer = page.delete("/session")
        assert data_of(answer) == {"signed_in": False}
        assert "Max-Age=0" in answer.headers["set-cookie"]
        check_refusal(balance_of(thief), 401, "signed out")
        assert data_of(elsewhere.get("/session"))["signed_in"]


def test_signing_out_everywhere_ends_every_session(
    page: httpx.Client, newcomer: Newcomer, indoors: Inside
) -> None:
    signed_in(page, newcomer)
    with browser(indoors.url) as elsewhere, indoors.newcomer() as stranger, browser(indoors.url) as theirs:
        signed_in(elsewhere, newcomer)
        signed_in(theirs, stranger)
        data_of(page.delete("/session?everywhere=1"))
        check_refusal(balance_of(elsewhere), 401, "signed out")
        assert data_of(theirs.get("/session"))["signed_in"]


def test_signing_out_twice_is_no_error(page: httpx.Client) -> None:
    assert data_of(page.delete("/session")) == {"signed_in": False}


def test_a_key_has_so_many_sessions_and_no_more(newcomer: Newcomer) -> None:
    now = datetime.now(UTC)
    with newcomer.runtime.database.begin() as tx:
        made = [
            sessions.begin(tx, newcomer.caller.key_id, now + timedelta(seconds=number))
            for number in range(sessions.MOST_SESSIONS_OF_A_KEY + 1)
        ]
        with pytest.raises(Unauthorized):
            sessions.find(tx, made[0], now)
        assert all(sessions.find(tx, token, now) for token in made[1:])


def test_a_session_is_no_key_and_a_key_is_no_session(page: httpx.Client, newcomer: Newcomer) -> None:
    signed_in(page, newcomer)
    (token,) = page.cookies.values()
    with client_of(str(page.base_url)) as bare:
        check_refusal(balance_of(bare, Authorization=f"Bearer {token}"), 401, "Invalid API key")
        check_refusal(balance_of(bare, Cookie=f"limner-80={newcomer.key}"), 401, "signed out")


def test_a_wrong_key_is_refused_whatever_the_cookie_says(page: httpx.Client, newcomer: Newcomer) -> None:
    signed_in(page, newcomer)
    check_refusal(balance_of(page, Authorization="Bearer wsk_wrong_wrong_wrong"), 401, "Invalid API key")


def test_two_processes_and_a_restart_know_the_same_sessions(tmp_path: Path, ground: dict[str, str]) -> None:
    with (
        inside(tmp_path, ground) as one,
        inside(tmp_path, ground) as two,
        one.newcomer() as newcomer,
        browser(two.url) as page,
    ):
        signed_in(page, newcomer)
        with browser(one.url) as same:
            same.cookies.update(page.cookies)
            assert data_of(balance_of(same)) == {"balance": 100.0}
            assert data_of(balance_of(page)) == {"balance": 100.0}
            data_of(same.delete("/session"))
            time.sleep(REMEMBERED_SECONDS)
            check_refusal(balance_of(page), 401, "signed out")
        kept = signed_in(page, newcomer)
        with inside(tmp_path, ground) as restarted, browser(restarted.url) as again:
            again.cookies.update(page.cookies)
            assert data_of(again.get("/session")) == kept


@pytest.fixture(scope="module")
def behind_https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    with inside(tmp_path_factory.mktemp("https"), public_url="https://limner.example") as opened:
        yield opened


def test_behind_https_the_cookie_stays_on_https(behind_https: Inside) -> None:
    page = behind_https.stranger
    with behind_https.newcomer() as newcomer:
        ours = {"Host": "limner.example", "Origin": "https://limner.example"}
        answer = page.post("/session", json={"key": newcomer.key}, headers=ours)
        assert answer.headers["set-cookie"].startswith("__Host-limner=")
        assert "Secure" in answer.headers["set-cookie"]
        plain = ours | {"Origin": "http://limner.example"}
        check_refusal(page.post("/session", json={"key": newcomer.key}, headers=plain), 403, "another origin")


PAGES = ("/", "/docs")


@pytest.mark.parametrize("path", PAGES)
def test_pages_run_nothing_but_their_own_scripts(page: httpx.Client, path: str) -> None:
    answer = page.get(path)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'")
    assert "unsafe" not in str(policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "DENY"


def test_the_rules_are_for_pages_alone(page: httpx.Client, newcomer: Newcomer) -> None:
    assert "content-security-policy" not in newcomer.client.get("/api/v3/balance").headers
