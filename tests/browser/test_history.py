"""Two hundred runs in the history: scrolled without end, searched, filtered, opened, run again, deleted."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import House, Visitor, visiting
from tests.server import run, submit, wait_until

pytestmark = pytest.mark.timeout(300)  # two hundred pictures, on a machine that may be busy
NUMBER = 200
FAST = "google/imagen4-fast"
SMOOTH = """() => new Promise((resolve) => {
  const gaps = [];
  let last = performance.now();
  function frame(now) {
    gaps.push(now - last);
    last = now;
    scrollBy(0, 90);
    if (gaps.length < 120) requestAnimationFrame(frame);
    else resolve(gaps.slice(5).sort((a, b) => a - b));
  }
  requestAnimationFrame(frame);
})"""


@pytest.fixture(scope="module")
def collector(house: House, browser: Browser) -> Iterator[Visitor]:
    """Somebody with many pictures, all of them really made."""
    with visiting(house, browser) as visitor, visitor.client as client:
        run(client, "wavespeed-ai/imagen4", prompt="the very first")
        with ThreadPoolExecutor(4) as pool:
            list(
                pool.map(
                    lambda n: submit(client, FAST, prompt=f"owl number {n} on a roof"), range(NUMBER - 2)
                )
            )
        client.post(f"/api/v3/{FAST}", json={"prompt": "a naked woman"})
        wait_until(lambda: client.get("/api/limner/account").json()["data"]["live_predictions"] == 0, 120)
        visitor.page.set_default_timeout(40_000)
        yield visitor


def test_it_scrolls_to_the_end(collector: Visitor) -> None:
    page = collector.open("/history")
    cards = page.locator(".history-card")
    expect(cards.first).to_be_visible()
    with collector.client as client:
        total = client.get("/api/v3/predictions").json()["data"]["total"]
    assert total >= NUMBER - 2  # another test may have deleted two
    assert cards.count() < total  # the others come while one scrolls
    while cards.count() < total:
        page.mouse.wheel(0, 4000)
        page.wait_for_timeout(50)
    expect(page.get_by_text("That is all.")).to_be_visible()
    expect(cards).to_have_count(total)
    page.evaluate("scrollTo(0, 0)")
    expect(cards.first.locator("img, .thumb-word").first).to_be_visible()
    gaps = page.evaluate(SMOOTH)
    at_rest = page.evaluate(SMOOTH.replace("scrollBy(0, 90)", "void 0"))
    # A frame while scrolling through all of them takes little longer than one in which nothing happens.
    assert gaps[len(gaps) // 2] < 2 * at_rest[len(at_rest) // 2] + 10, (gaps, at_rest)


def test_it_is_searched_and_filtered(collector: Visitor) -> None:
    page = collector.open("/history")
    cards = page.locator(".history-card")
    page.get_by_role("searchbox").fill("OWL roof 17")
    expect(cards).to_have_count(12)  # 17, 117, and 170 to 179
    expect(page).to_have_url(re.compile(r"\?search=OWL\+roof\+17$"))
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("OWL roof 17")
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Status").select_option("Failed")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("a naked woman")
    page.get_by_label("Status").select_option("Any status")
    page.get_by_label("Model").select_option("wavespeed-ai/imagen4")
    expect(cards.filter(has_not_text="the very first")).to_have_count(0)
    expect(cards.first).to_contain_text("the very first")
    page.get_by_label("Period").select_option("Last 24 hours")
    expect(cards.first).to_contain_text("the very first")
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.get_by_text("Nothing fits these filters.")).to_be_visible()


def test_one_is_opened_and_run_again(collector: Visitor) -> None:
    page = collector.open("/history?search=first")
    page.get_by_role("button", name="the very first").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".warnings")).to_have_text("The paint was wet.")
    dialog.get_by_role("button", name="Use these settings").click()
    expect(page.get_by_label("Prompt")).to_have_value("the very first")
    page.go_back()
    page.get_by_role("button", name="the very first").first.click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Run again")).click()
    page.wait_for_url(re.compile(r"/\?run="))
    collector.sees_pictures()


def test_some_are_deleted(collector: Visitor) -> None:
    page = collector.open("/history?search=19")
    cards = page.locator(".history-card")
    expect(cards.nth(1)).to_be_visible()
    before = cards.count()
    picture = cards.first.locator("img").get_attribute("src")
    page.get_by_role("checkbox").nth(0).check(force=True)
    page.get_by_role("checkbox").nth(1).check(force=True)
    page.get_by_role("button", name="Delete 2").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    page.get_by_role("button", name="Delete 2").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 2").click()
    expect(cards).to_have_count(before - 2)
    assert page.request.get(str(picture)).status == 404
    page.reload()
    expect(cards).to_have_count(before - 2)


def test_a_new_account_has_none(visit: Visit) -> None:
    page = visit().open("/history")
    expect(page.get_by_text("Nothing was made yet.")).to_be_visible()
    expect(page.get_by_role("link", name="Make the first picture")).to_be_visible()
