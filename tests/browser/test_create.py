"""The first page: from the first start to the first picture, and everything one can do with a request."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from PIL import Image
from playwright.sync_api import expect

from limner.accounts import Level
from limner.administration import sign_in_link
from tests.browser.conftest import Visit
from tests.browser.visitor import House, Visitor
from tests.server import run, submit


def test_from_the_link_of_the_first_start_to_the_first_picture(house: House, visit: Visit) -> None:
    visitor = visit(is_signed_in=False)
    page = visitor.page
    page.goto(sign_in_link(house.runtime, "default", house.origin))
    expect(page.get_by_role("link", name="default")).to_be_visible()
    assert "ticket" not in page.url
    page.get_by_role("button", name="a red fox beside a blue mushroom").click()
    expect(page.get_by_label("Prompt")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("img", name="Preview")).to_be_visible()
    visitor.sees_pictures()
    expect(page.get_by_text("Made by")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text(re.compile(r"nano \d{4}\.\d"))


def test_a_used_link_says_so(house: House, visit: Visit) -> None:
    link = sign_in_link(house.runtime, "default", house.origin)
    visit(is_signed_in=False).page.goto(link)
    second = visit(is_signed_in=False)
    second.allowed.append("401")
    second.page.goto(link)
    expect(second.page.get_by_role("dialog")).to_contain_text("used already")
    second.page.get_by_label("API key").fill("wsk_wrong_wrong_wrong")
    second.page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    expect(second.page.get_by_role("dialog")).to_contain_text("Invalid API key")
    second.page.get_by_label("API key").fill(second.key)
    second.page.keyboard.press("Enter")
    expect(second.page.get_by_role("link", name="visitor")).to_be_visible()


def test_every_control_writes_the_request(visitor: Visitor) -> None:
    page = visitor.open("/")
    visitor.write("two <b>owls</b> & a 'moon'")
    page.get_by_label("16:9, landscape").check(force=True)
    page.get_by_role("radio", name="2k").check(force=True)
    page.get_by_role("radiogroup", name="Pictures").get_by_label("3").check(force=True)
    expect(page.get_by_role("button", name=re.compile(r"Create 3 pictures\s*\$0\.114"))).to_be_visible()
    page.get_by_text("More").click()
    page.get_by_label("Leave out").fill("clouds")
    page.get_by_role("button", name="Roll a seed").click()
    seed = int(page.get_by_role("textbox", name="Seed").input_value())
    page.get_by_role("radio", name="WebP").check(force=True)
    page.get_by_role("tab", name="JSON").click()
    written = json.loads(page.get_by_label("Body of POST").input_value())
    assert written == {
        "prompt": "two <b>owls</b> & a 'moon'",
        "aspect_ratio": "16:9",
        "resolution": "2k",
        "num_images": 3,
        "negative_prompt": "clouds",
        "seed": seed,
        "output_format": "webp",
    }


def test_json_and_form_are_one_request(visitor: Visitor) -> None:
    page = visitor.open("/?model=google/imagen4-fast")
    page.get_by_role("tab", name="JSON").click()
    page.get_by_label("Body of POST").fill('{"prompt": "a red apple", "aspect_ratio": "3:4", "num_images": 1')
    expect(page.get_by_role("alert")).to_contain_text("not valid JSON")
    page.get_by_label("Body of POST").fill(
        '{"prompt": "a red apple", "aspect_ratio": "3:4", "num_images": 1}'
    )
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("tab", name="Form").click()
    expect(page.get_by_label("Prompt")).to_have_value("a red apple")
    expect(page.get_by_label("3:4, portrait")).to_be_checked()
    page.get_by_role("button", name="google/imagen4-fast").click()
    page.get_by_role("dialog").get_by_role("button", name="google/imagen4-ultra").click()
    expect(page.get_by_role("button", name=re.compile(r"Create\s*\$0\.058"))).to_be_visible()
    page.reload()
    expect(page.get_by_label("Prompt")).to_have_value("a red apple")


def test_the_samples_send_this_very_request(visitor: Visitor) -> None:
    page = visitor.open("/?model=google/imagen4-fast")
    prompt = 'it\'s a "red" apple\\, $HOME `x`'
    visitor.write(prompt)
    page.get_by_role("radiogroup", name="Pictures").get_by_label("2").check(force=True)
    page.get_by_role("tab", name="API").click()
    programs = {
        "curl": ["bash", "-e"],
        "Python": [sys.executable],
        "JavaScript": ["node", "--input-type=module"],
    }
    for language, command in programs.items():
        page.get_by_role("tab", name=language, exact=True).click()
        page.get_by_role("button", name="Copy this code").click()
        sample = page.evaluate("navigator.clipboard.readText()")
        environment = dict(visitor.house.server.environment) | {"LIMNER_API_KEY": visitor.key}
        subprocess.run(command, input=sample, env=environment, text=True, check=True, capture_output=True)
    with visitor.client as client:
        made = client.get("/api/v3/predictions").json()["data"]["items"]
    assert [(one["model"], one["input"]["prompt"], one["input"]["num_images"]) for one in made] == [
        ("google/imagen4-fast", prompt, 2)
    ] * 3


def test_what_one_can_do_with_pictures(visitor: Visitor) -> None:
    page = visitor.page
    with visitor.client as client:
        done = run(client, "google/imagen4-fast", prompt="a blue door", num_images=2, seed=70)
    visitor.open(f"/?run={done['id']}")
    visitor.sees_pictures(2)

    page.get_by_role("button", name=re.compile("^Enlarge.*2 of 2")).click()
    zoomed = page.get_by_role("dialog")
    expect(zoomed.get_by_role("heading")).to_have_text("Seed 71")
    page.keyboard.press("ArrowRight")
    expect(zoomed.get_by_role("heading")).to_have_text("Seed 70")
    zoomed.get_by_role("button", name="Own size").click()
    assert zoomed.get_by_role("img").evaluate("image => image.width") == 1024
    page.keyboard.press("Escape")
    expect(zoomed).to_have_count(0)

    page.get_by_role("button", name="Copy link").first.click()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == visitor.house.origin + f"/predictions/{done['id']}/1.png"
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").nth(1).click()
    assert download.value.suggested_filename == "a-blue-door-71.png"
    assert size_of(Path(download.value.path()).read_bytes()) == (1024, 1024)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    with ZipFile(download.value.path()) as archive:
        assert archive.namelist() == ["a-blue-door-70.png", "a-blue-door-71.png"]
        assert size_of(archive.read("a-blue-door-70.png")) == (1024, 1024)

    page.get_by_role("button", name="Again with this seed, 71").click()
    page.get_by_label("Prompt").fill("a green door")
    visitor.send()
    page.wait_for_url(lambda url: done["id"] not in url)
    visitor.sees_pictures()
    expect(page.locator(".picture .seed")).to_have_text("Seed 71")
    page.get_by_role("button", name="Run again").click()
    expect(page.locator(".picture .seed")).not_to_have_text("Seed 71")
    page.get_by_role("link", name="a blue door").click()
    page.get_by_role("button", name="Use these settings").click()
    expect(page.get_by_label("Prompt")).to_have_value("a blue door")
    expect(page.get_by_role("button", name=re.compile("Create 2 pictures"))).to_be_visible()


def test_warnings_and_failures_are_told(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.write("a wall", "wavespeed-ai/imagen4")
    visitor.send()
    visitor.sees_pictures()
    expect(visitor.page.locator(".warnings")).to_have_text("The paint was wet.")
    visitor.write("a wall", "google/imagen3-fast")
    visitor.send()
    expect(visitor.page.get_by_role("alert")).to_contain_text("The paint ran out.")
    expect(visitor.page.get_by_role("alert")).to_contain_text("Nothing was charged.")


def test_the_filter_is_told(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.write("a naked woman", "google/imagen4-fast")
    visitor.send()
    expect(visitor.page.get_by_role("alert")).to_contain_text("The content filter refused it")
    expect(visitor.page.get_by_role("alert")).to_contain_text("sexual")


def test_what_is_wrong_with_an_input_is_said_there(visitor: Visitor) -> None:
    visitor.allowed.append("400")
    page = visitor.open("/")
    visitor.send()
    expect(page.get_by_label("Prompt")).to_be_focused()
    expect(page.get_by_label("Prompt")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".input.prompt .error")).to_contain_text('field "prompt" is required')
    page.get_by_label("Prompt").fill("an apple")
    expect(page.locator(".input.prompt .error")).to_have_count(0)
    page.get_by_text("More").click()
    page.get_by_role("textbox", name="Seed").fill("many")
    visitor.send()
    expect(page.locator(".input.seed .error")).to_contain_text('field "seed" must be an integer')


def test_no_credit_and_too_many(house: House, visit: Visit) -> None:
    poor = visit(key=house.key(credit="0.01"))
    poor.allowed.append("402")
    poor.open("/")
    poor.write("an apple")
    expect(poor.page.get_by_text("Only $0.01 is left")).to_be_visible()
    poor.send()
    expect(poor.page.locator(".send").get_by_role("alert")).to_contain_text("Insufficient credits")

    hasty = visit(key=house.key(level=Level.BRONZE))
    hasty.allowed.append("429")
    hasty.open("/")
    hasty.write("an apple", "google/imagen4-fast")
    hasty.page.get_by_role("radiogroup", name="Pictures").get_by_label("4").check(force=True)
    with hasty.client as client:
        for _ in range(3):  # of ten pictures in a minute, which a busy machine may be slow to fill
            submit(client, "google/imagen4-fast", num_images=3)
    hasty.send()
    expect(hasty.page.locator(".send").get_by_role("alert")).to_contain_text(
        re.compile(r"Too Many.*Try again in \d+ s")
    )


def test_html_in_prompts_stays_text(visitor: Visitor) -> None:
    page = visitor.page
    with visitor.client as client:
        done = run(client, "google/imagen4-fast", prompt="<img src=x onerror=alert(1)>")
    visitor.open(f"/?run={done['id']}")
    expect(page.locator(".run .prompt")).to_have_text("<img src=x onerror=alert(1)>")


def size_of(picture: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture)) as opened:
        return opened.size
