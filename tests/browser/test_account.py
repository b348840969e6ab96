"""The account's pages: usage, keys, webhooks, limits, signing out."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.receiver import is_signed, receiving
from tests.server import run, wait_until

FAST = "google/imagen4-fast"


def test_the_overview_tells_balance_level_and_limits(visitor: Visitor) -> None:
    with visitor.client as client:
        run(client, FAST, num_images=2)
    page = visitor.open("/account")
    expect(page.locator(".figure-card").first).to_contain_text("$99.964")
    expect(page.get_by_text("2 of 5,000")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Ultra yours"))).to_be_visible()


def test_usage_by_day_and_model(visitor: Visitor) -> None:
    with visitor.client as client:
        run(client, FAST)
        run(client, "wavespeed-ai/imagen4", num_images=3)
    page = visitor.open("/account/usage")
    expect(page.locator(".figure-card").first).to_contain_text("$0.138")
    expect(page.get_by_role("img", name=re.compile(r"Spend by day over 30 days, \$0\.138"))).to_be_visible()
    bars = page.locator("svg .bar rect[class^=shade]")
    expect(bars).to_have_count(2)
    heights = [float(str(bars.nth(n).get_attribute("height"))) for n in range(2)]
    assert abs(heights[0] / heights[1] - 120 / 18) < 0.05
    page.locator("svg .bar").last.hover()
    expect(page.locator(".chart figcaption")).to_contain_text("wavespeed-ai/imagen4 $0.12")
    expect(page.get_by_role("row", name="wavespeed-ai/imagen4 1 $0.12")).to_be_visible()
    page.get_by_role("radio", name="7 days").check(force=True)
    expect(page.get_by_role("img", name=re.compile("over 7 days"))).to_be_visible()


def test_keys_are_made_shown_once_and_revoked(visitor: Visitor) -> None:
    page = visitor.open("/account/keys")
    page.get_by_label("Name of the new key").fill("website <b>")
    page.get_by_role("button", name="Make a key").click()
    key = page.get_by_role("dialog").locator("pre").inner_text().strip()
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_text("website <b>")).to_be_visible()
    with visitor.house.server.client(key) as client:
        assert client.get("/api/v3/balance").status_code == 200
        page.get_by_role("button", name="Revoke website <b>").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(page.get_by_text(re.compile("revoked [0-9]"))).to_be_visible()
        wait_until(lambda: client.get("/api/v3/balance").status_code == 401)
    visitor.allowed.append("409")
    page.get_by_role("button", name=re.compile("^Revoke")).click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.locator(".notice.error")).to_be_visible()  # the last one: nobody could sign in again


def test_a_revoked_key_signs_out(visitor: Visitor) -> None:
    page = visitor.open("/account/keys")
    page.get_by_label("Name of the new key").fill("another")
    page.get_by_role("button", name="Make a key").click()
    page.get_by_role("button", name="I have kept it").click()
    row = page.get_by_role("listitem").filter(has_text="signed in with this")
    visitor.allowed.append("401")
    row.get_by_role("button", name=re.compile("Revoke")).click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Sign in to see your account.")).to_be_visible()


def test_webhooks_are_tested_redelivered_and_signed_anew(visitor: Visitor) -> None:
    page = visitor.open("/account/webhooks")
    with receiving(500, 200) as receiver:
        page.get_by_label("Address of the receiver").fill(receiver.url)
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator(".status.failed")).to_be_visible()
        page.locator(".delivery summary").click()
        expect(page.locator(".attempts")).to_contain_text("500")
        page.get_by_role("button", name="Send again to").click()
        expect(page.locator(".status.delivered")).to_be_visible()
        page.get_by_role("button", name="Show", exact=True).click()
        secret = page.locator(".secret-words").inner_text()
        assert is_signed(receiver.received[-1], secret)
        page.get_by_role("button", name="Rotate").click()
        page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
        expect(page.locator(".secret-words")).not_to_have_text(secret)
        expect(page.get_by_text("The former secret signs, too")).to_be_visible()
    page.get_by_label("Status").select_option("Delivered")
    expect(page.locator(".delivery")).to_have_count(1)


def test_a_wrong_receiver_is_said_there(visitor: Visitor) -> None:
    visitor.allowed.append("400")
    page = visitor.open("/account/webhooks")
    page.get_by_label("Address of the receiver").fill("ftp://example.com/")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text('field "url"')


def test_signing_out_leaves_nothing(visitor: Visitor) -> None:
    page = visitor.open("/")
    visitor.write("a secret wish")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in to create")).to_be_visible()
    page.goto(visitor.house.origin + "/history")
    expect(page.get_by_text("Sign in to see what you made.")).to_be_visible()
    assert "secret wish" not in page.evaluate("JSON.stringify(localStorage)")


def test_without_signing_in_one_sees_models_and_prices(visit: Visit) -> None:
    visitor = visit(is_signed_in=False)
    page = visitor.open("/models")
    expect(page.locator(".card")).to_have_count(6)
    page.get_by_role("link", name="google/imagen4-ultra").click()
    expect(page.get_by_role("heading", name="google/imagen4-ultra")).to_be_visible()
    expect(page.get_by_text("$0.058")).to_be_visible()
    expect(page.get_by_role("rowheader", name="resolution")).to_be_visible()
    expect(page.get_by_role("link", name="Plain text for agents")).to_have_attribute(
        "href", "/models/google/imagen4-ultra/llms.txt"
    )
    page.get_by_role("link", name="wavespeed-ai/imagen4").click()
    expect(page.get_by_role("heading", name="wavespeed-ai/imagen4")).to_be_visible()
    expect(page.get_by_role("rowheader", name="resolution")).to_have_count(0)
    page.get_by_role("link", name="Try it").click()
    expect(page.get_by_role("button", name="wavespeed-ai/imagen4")).to_be_visible()
    page.get_by_role("button", name="Sign in to create").click()
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
