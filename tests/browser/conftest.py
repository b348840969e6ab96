"""One real server with a worker for all the pages' tests, and one browser for each module of them."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from limner.runtime import build_runtime
from limner.settings import read_settings
from tests.browser.visitor import House, Visitor, visiting
from tests.server import serving

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SECONDS = 40  # for what a page shall show: the machine may be busy
Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("browser")
    gate = folder / "gate"
    gate.mkdir()
    engines = {
        "google/imagen4": "nano",
        "google/imagen4-ultra": "gradient step_seconds=0.02",  # a second for each picture
        "google/imagen3": f"gate folder={gate}",
        "google/imagen3-fast": "raises",
        "wavespeed-ai/imagen4": "gradient warning=The paint was wet.",
    }
    with serving(folder, engines, LIMNER_WEBHOOK_ALLOW_PRIVATE="1") as server:
        runtime = build_runtime(read_settings(data_dir=folder / "state"))
        try:
            yield House(server, runtime, gate)
        finally:
            runtime.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for the whole session: its event loop would be in the way of other tests that run one.
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        # The shell, where there is one, is the same browser without windows: a third of the computing.
        program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        chromium = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def visit(house: House, browser: Browser) -> Iterator[Visit]:
    """Brings somebody to the server; at the end it is looked at whether anything went wrong for them."""
    with ExitStack() as stack:

        def come(**options: Any) -> Visitor:
            visitor = stack.enter_context(visiting(house, browser, **options))
            visitor.page.set_default_timeout(SECONDS * 1000)
            return visitor

        yield come


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    return visit()
