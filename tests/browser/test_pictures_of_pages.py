"""The pictures of the pages in docs/pictures, as the README shows them: of real pages of a real server.

They are kept when LIMNER_PICTURES is set; otherwise they only have to be possible: on another machine, fonts
and weights draw other pixels, and a test that changes the checkout would be a nuisance.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import PHONE, ROOT, House, visiting
from tests.server import result, submit, wait_until

pytestmark = pytest.mark.timeout(300)  # seven pictures by the built-in model, on a machine that may be busy
MAX_BYTES = 160_000
PROMPTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a red fox beside a blue mushroom in a forest at night", {}),
    ("three yellow ducks on a lake at sunset", {"aspect_ratio": "16:9"}),
    ("a white cat on a wooden table beside a green teapot, watercolour", {}),
    ("two penguins and a snowman in the snow", {"num_images": 2}),
    ("an astronaut and a rocket in the desert under a starry night", {"aspect_ratio": "3:4"}),
    ("a red guitar on a stage, neon", {}),
)


@pytest.fixture(scope="module")
def painter(house: House, browser: Browser) -> Iterator[tuple[House, str, list[str]]]:
    """The key of somebody who has painted, and the ids of the runs."""
    key = house.key()
    with house.server.client(key) as client:
        asked = [(prompt, {**inputs, "seed": 11}) for prompt, inputs in PROMPTS]
        ids = [submit(client, "google/imagen4", prompt=prompt, **inputs)["id"] for prompt, inputs in asked]
        wait_until(
            lambda: client.get("/api/limner/account").json()["data"]["live_predictions"] == 0, 240, 0.5
        )
        done = [result(client, one) for one in ids]
    assert [one["warnings"] for one in done] == [[]] * len(done)  # the examples are of words that it knows
    yield house, key, ids


def keep(page: Page, name: str, folder: Path) -> None:
    page.wait_for_load_state("networkidle")
    expect(page.locator(".shimmer")).to_have_count(0)
    page.evaluate("Promise.all([...document.images].map((image) => image.decode().catch(() => {})))")
    path = folder / f"{name}.jpg"
    page.screenshot(path=path, type="jpeg", quality=78)
    assert path.stat().st_size < MAX_BYTES


def test_the_pages_are_pictured(
    painter: tuple[House, str, list[str]], browser: Browser, tmp_path: Path
) -> None:
    house, key, ids = painter
    folder = ROOT / "docs/pictures" if os.environ.get("LIMNER_PICTURES") else tmp_path
    with visiting(house, browser, key=key, reduced_motion="reduce") as visitor:
        page = visitor.open("/")
        page.get_by_label("Prompt").fill(PROMPTS[0][0])
        page.get_by_role("link", name=PROMPTS[0][0]).click()
        visitor.sees_pictures()
        keep(page, "playground", folder)
        visitor.open("/history")
        expect(page.locator(".history-card")).to_have_count(len(PROMPTS))
        keep(page, "history", folder)
        visitor.open("/models/google/imagen4")
        keep(page, "model", folder)
        visitor.open("/account/usage")
        keep(page, "usage", folder)
    with visiting(house, browser, key=key, color_scheme="dark", reduced_motion="reduce") as visitor:
        page = visitor.open(f"/?run={ids[3]}")
        visitor.sees_pictures(2)
        page.get_by_role("tab", name="API").click()
        keep(page, "playground-dark", folder)
    with visiting(house, browser, key=key, viewport=PHONE, reduced_motion="reduce") as visitor:
        page = visitor.open(f"/?run={ids[2]}")
        visitor.sees_pictures()
        page.locator(".stage").evaluate("stage => stage.scrollIntoView()")
        keep(page, "phone", folder)
