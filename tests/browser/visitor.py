"""Somebody at a browser: real Chromium, on a server with a worker, signed in to an account of their own.

Whatever a visitor does, nothing may be asked of another origin, and the console must stay silent.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from limner import ledger
from limner.accounts import Level, create_account, create_key
from limner.runtime import Runtime
from tests.server import Server

DESKTOP, PHONE = {"width": 1360, "height": 860}, {"width": 390, "height": 844}
ROOT = Path(__file__).parents[2]
_numbers = count(1)


@dataclass
class House:
    """A server, and the means to open accounts on it."""

    server: Server
    runtime: Runtime
    gate: Path  # the folder of the gate engine

    @property
    def origin(self) -> str:
        return self.server.origin

    def key(self, credit: str = "100", level: Level = Level.ULTRA) -> str:
        now = datetime.now(UTC)
        with self.runtime.database.begin() as tx:
            account = create_account(tx, f"visitor {next(_numbers)}", level, now)
            ledger.top_up(tx, account.id, ledger.usd_to_micros(credit), now)
            return create_key(tx, account.id, now)

    @contextmanager
    def closed_gate(self) -> Iterator[Path]:
        """While it lasts, what the gate engine makes stays under way; afterwards it is finished."""
        (self.gate / "open").unlink(missing_ok=True)
        try:
            yield self.gate / "open"
        finally:
            (self.gate / "open").touch()


@dataclass
class Visitor:
    house: House
    context: BrowserContext
    key: str
    page: Page
    allowed: list[str] = field(default_factory=list)  # patterns of what the console may say
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # every address, in turn

    @property
    def client(self) -> httpx.Client:
        return self.house.server.client(self.key)

    def tab(self) -> Page:
        """Another tab of the same browser."""
        page = self.context.new_page()
        self._attend(page)
        return page

    def _attend(self, page: Page) -> None:
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(re.search(one, text) for one in self.allowed):
            self.faults.append(text)

    def open(self, path: str = "/") -> Page:
        self.page.goto(self.house.origin + path)
        return self.page

    def write(self, prompt: str, model: str = "") -> None:
        """A request in the form, of this model."""
        if model:
            self.page.goto(f"{self.house.origin}/?model={model}")
        self.page.get_by_label("Prompt").fill(prompt)

    def send(self) -> None:
        self.page.get_by_role("button", name=re.compile("^Create")).click()

    def pictures(self) -> Locator:
        return self.page.locator(".stage .picture img")

    def sees_pictures(self, number: int = 1) -> None:
        expect(self.pictures()).to_have_count(number)
        for n in range(number):
            expect(self.pictures().nth(n)).to_have_js_property("complete", True)
            assert self.pictures().nth(n).evaluate("image => image.naturalWidth") > 0

    def is_at_ease(self) -> None:
        """Nothing went wrong behind the curtain."""
        assert self.faults == []
        foreign = [url for url in self.asked if not url.startswith((self.house.origin, "data:", "blob:"))]
        assert foreign == []


@contextmanager
def visiting(
    house: House, browser: Browser, key: str | None = None, is_signed_in: bool = True, **options: Any
) -> Iterator[Visitor]:
    """``options`` are Playwright's for a browser context, such as the colour scheme."""
    key = key or house.key()
    # In CSS pixels; a clipboard, so that copying can be seen.
    given = {"viewport": DESKTOP, "permissions": ["clipboard-read", "clipboard-write"]} | options
    context = browser.new_context(base_url=house.origin, **given)
    visitor = Visitor(house, context, key, context.new_page())
    visitor._attend(visitor.page)
    if is_signed_in:
        answer = context.request.post("/session", data={"key": key}, headers={"Origin": house.origin})
        assert answer.ok, answer.text()
    try:
        yield visitor
        visitor.is_at_ease()
    finally:
        context.close()
