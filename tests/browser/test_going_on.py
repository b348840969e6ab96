"""What happens while a picture is on its way: waiting in line, cancelling, reloads, other tabs, a server that
goes and comes back."""

import re
import socket
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, expect

from limner.runtime import build_runtime
from limner.settings import read_settings
from tests.browser.visitor import House, Visitor, visiting
from tests.server import serving

GATED, SLOW = "google/imagen3", "google/imagen4-ultra"


def test_a_reload_goes_on_where_it_was(visitor: Visitor) -> None:
    page = visitor.open("/")
    with visitor.house.closed_gate() as gate:
        visitor.write("a tower", GATED)
        visitor.send()
        expect(page.get_by_text("Step 1 of 2")).to_be_visible()
        expect(page.get_by_role("img", name="Preview")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Step 1 of 2")).to_be_visible()
        expect(page.get_by_role("img", name="Preview")).to_be_visible()
        visitor.open("/")  # and without its address
        expect(page.get_by_text("Step 1 of 2")).to_be_visible()
        gate.touch()
        visitor.sees_pictures()
    with visitor.client as client:
        assert client.get("/api/v3/predictions").json()["data"]["total"] == 1


def test_another_tab_sees_it_come(visitor: Visitor) -> None:
    page, other = visitor.open("/"), visitor.tab()
    other.goto(visitor.house.origin)
    expect(other.get_by_role("link", name="visitor")).to_be_visible()
    with visitor.house.closed_gate() as gate:
        visitor.write("a tower", GATED)
        visitor.send()
        expect(page.get_by_text("Step 1 of 2")).to_be_visible()
        expect(other.get_by_role("link", name="a tower")).to_be_visible()
        gate.touch()
        visitor.sees_pictures()
        expect(other.locator(".recent-run img")).to_have_attribute("src", re.compile("^/thumbnails/"))
    page.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_what_waits_has_a_place_in_line_and_can_be_cancelled(visitor: Visitor) -> None:
    page = visitor.open("/")
    with visitor.house.closed_gate():
        visitor.write("the first", GATED)
        visitor.send()
        expect(page.get_by_text("Step 1 of 2")).to_be_visible()
        page.get_by_label("Prompt").fill("the second")
        visitor.send()
        expect(page.locator(".progress-words")).to_contain_text("Next in line")
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
        expect(page.get_by_text("Nothing was charged.")).to_be_visible()
        page.get_by_role("link", name="the first").click()
        expect(page.get_by_text("Step 1 of 2")).to_be_visible()
    visitor.sees_pictures()


def test_what_runs_can_be_cancelled(visitor: Visitor) -> None:
    page = visitor.open("/")
    visitor.write("a wall", SLOW)
    page.get_by_role("radiogroup", name="Pictures").get_by_label("4").check(force=True)
    visitor.send()
    expect(page.get_by_text(re.compile("Step [0-9]+ of"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(page.locator(".who-balance")).to_have_text("$100.00")


def test_a_server_that_goes_and_comes_back(browser: Browser, tmp_path: Path) -> None:
    """The page says that it is gone, and sends what was written when it is back: once."""
    port, engines = free_port(), {"google/imagen4": "gradient"}
    with serving(tmp_path, engines, "--port", str(port)) as server:
        runtime = build_runtime(read_settings(data_dir=tmp_path / "state"))
        house = House(server, runtime, tmp_path)
        with closing(runtime), visiting(house, browser) as visitor:
            visitor.allowed += [
                "ERR_CONNECTION_REFUSED",
                "ERR_EMPTY_RESPONSE",
                "ERR_INCOMPLETE",
                "ERR_CONNECTION_RESET",
            ]
            page = visitor.open("/")
            visitor.write("a tower")
            server.stop()
            visitor.send()
            expect(page.locator(".banner")).to_contain_text("cannot be reached")
            expect(page.get_by_text("Sending…")).to_be_visible()
            with serving(tmp_path, engines, "--port", str(port)) as again:
                expect(page.locator(".banner")).to_have_count(0)
                visitor.sees_pictures()
                with again.client(visitor.key) as client:
                    assert client.get("/api/v3/predictions").json()["data"]["total"] == 1


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
