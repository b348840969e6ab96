"""npm @wavespeed/cli 0.2.2, unmodified but for its base URL: every one of its commands."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.clients.clients import Home, installed
from tests.clients.conftest import BROKEN
from tests.clients.test_sdks import check_picture
from tests.server import MODELS

MODEL = "google/imagen4-fast"  # in sync mode the program waits for ten seconds only
PROMPT = "a red apple on a wooden table"
ID = re.compile(r"[0-9a-f]{32}")


class CommandLine:
    """The program in a home of its own. It is told the base URL by its own command, and the key by login."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.program = installed("npm", "node_modules", ".bin", "wavespeed")

    def fails(self, *arguments: str) -> str:
        finished = self.home.run([self.program, *arguments])
        assert finished.returncode == 1, finished.stdout
        return finished.stdout + finished.stderr

    def says(self, *arguments: str) -> str:
        finished = self.home.run([self.program, *arguments])
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout

    def data(self, *arguments: str) -> Any:
        return json.loads(self.says(*arguments, "--json"))


@pytest.fixture(scope="module")
def wavespeed(new_home: Callable[[], Home]) -> CommandLine:
    line = CommandLine(new_home())
    line.says("config", "--base-url", line.home.origin)
    line.says("login", "--no-browser", "--api-key", line.home.key)
    return line


@pytest.fixture(scope="module")
def ran(wavespeed: CommandLine) -> Any:
    """A prediction that the program had made, as it tells of it."""
    return wavespeed.data("run", MODEL, "-p", PROMPT, "-i", "seed=7", "num_images=2")


def prediction_of(ran: Any) -> str:
    found = ID.search(ran["outputs"][0])
    assert found is not None
    return found[0]


def test_login_takes_a_valid_key_only(new_home: Callable[[], Home]) -> None:
    stranger = CommandLine(new_home())
    stranger.says("config", "--base-url", stranger.home.origin)
    assert "API rejected the key" in stranger.fails("login", "--no-browser", "--api-key", "wsk_" + "0" * 40)
    stranger.says("login", "--no-browser", "--api-key", stranger.home.key)
    assert stranger.home.origin in stranger.says("status")
    stranger.says("logout")
    stranger.fails("balance")
    assert "Config reset" in stranger.says("config", "--reset")


def test_models_and_schema_show_what_there_is(wavespeed: CommandLine) -> None:
    assert {model["model_id"] for model in wavespeed.data("models")} == set(MODELS)
    listed = wavespeed.says("models", "ultra", "--type", "text-to-image", "--refresh")
    assert "google/imagen4-ultra" in listed
    assert "$0.058" in listed
    assert len(wavespeed.data("models", "--popular")) == len(MODELS)
    schema = wavespeed.says("schema", MODEL)
    assert schema.index("prompt") < schema.index("aspect_ratio") < schema.index("seed")
    assert "resolution" in wavespeed.says("run", "google/imagen4", "-h")


def test_price_and_balance_are_told(wavespeed: CommandLine) -> None:
    quote = wavespeed.data("price", MODEL, "-p", PROMPT, "-i", "num_images=3")
    assert (quote["model_id"], quote["unit_price"], quote["currency"]) == (MODEL, pytest.approx(0.054), "USD")
    assert "$0.018" in wavespeed.says("price", MODEL)
    assert wavespeed.data("balance")["balance"] > 900
    assert "$" in wavespeed.says("balance")


def test_run_makes_pictures(ran: Any) -> None:
    assert (ran["model"], len(ran["outputs"])) == (MODEL, 2)
    for link in ran["outputs"]:
        check_picture(httpx.get(link).content)


def test_run_in_sync_mode_with_an_alias_saves_where_it_is_told(wavespeed: CommandLine) -> None:
    folder = wavespeed.home.folder
    wavespeed.says("init", "--yes", "--force")
    project = json.loads((folder / "wavespeed.json").read_text())
    aliases = {"fast": {"model": "google/imagen4-fast", "input": {"aspect_ratio": "1:1"}}}
    (folder / "wavespeed.json").write_text(json.dumps(project | {"defaultModel": MODEL, "aliases": aliases}))
    assert "google/imagen4-fast" in wavespeed.says("aliases")
    ran = wavespeed.data("run", "fast", "-p", PROMPT, "--sync", "--download", "./out/{index}.{ext}")
    assert ran["saved"] == [str(folder / "out" / "1.png")]
    check_picture((folder / "out" / "1.png").read_bytes())
    wavespeed.says("download", ran["outputs"][0], "-o", "again.png")
    check_picture((folder / "again.png").read_bytes())
    assert wavespeed.data("run", "-p", PROMPT, "--sync")["model"] == MODEL  # the project's default


def test_what_goes_wrong_is_told(wavespeed: CommandLine) -> None:
    assert "The paint ran out." in wavespeed.fails("run", BROKEN, "-p", PROMPT, "--sync")
    assert "aspect_ratio" in wavespeed.fails("run", MODEL, "-i", "aspect_ratio=7:1", "-p", PROMPT)


def test_history_shows_what_was_made(wavespeed: CommandLine, ran: Any) -> None:
    prediction_id = prediction_of(ran)
    page = wavespeed.data("history", "--limit", "100", "--model", MODEL, "--status", "completed")
    (item,) = [item for item in page["items"] if item["id"] == prediction_id]
    assert (item["model"], item["inputs"]["prompt"], item["outputs"]) == (MODEL, PROMPT, ran["outputs"])
    shown = wavespeed.says("history")
    assert prediction_id in shown
    assert PROMPT in shown
    waiting = wavespeed.data("history", "--status", "pending")["items"]  # a word of its own
    assert {item["status"] for item in waiting} <= {"created"}
    for nobodys in (["--until", "2020-01-01T00:00:00Z"], ["--page", "99"]):
        assert wavespeed.data("history", *nobodys)["items"] == []


def test_show_tells_all_and_saves_the_pictures(wavespeed: CommandLine, ran: Any) -> None:
    shown = wavespeed.data("show", prediction_of(ran), "--download", "./shown/{index}.{ext}")
    assert (shown["status"], shown["outputs"]) == ("completed", ran["outputs"])
    assert [path.rpartition("/")[2] for path in shown["saved"]] == ["1.png", "2.png"]
    assert PROMPT in wavespeed.says("show", prediction_of(ran))


def test_delete_removes_for_good(wavespeed: CommandLine) -> None:
    made = wavespeed.data("run", MODEL, "-p", PROMPT, "--sync")
    prediction_id = prediction_of(made)
    assert wavespeed.data("delete", prediction_id, "0" * 32) == {"deleted": [prediction_id, "0" * 32]}
    wavespeed.fails("show", prediction_id)
    assert httpx.get(made["outputs"][0]).status_code == 404
    assert prediction_id not in wavespeed.says("history")


def test_upload_gives_a_link(wavespeed: CommandLine) -> None:
    link = wavespeed.data("upload", "apple.png")["url"]
    assert httpx.get(link).content == (wavespeed.home.folder / "apple.png").read_bytes()
    wavespeed.fails("upload", "nowhere.png")


def test_the_commands_that_ask_no_server_work_beside_the_others(wavespeed: CommandLine) -> None:
    assert wavespeed.says("open", "docs", "--print").startswith("https://")
    wavespeed.says("skill", "install")
    assert (wavespeed.home.folder / ".claude" / "skills" / "wavespeed" / "SKILL.md").exists()
    assert "wavespeed.ai" in wavespeed.says("top-up", "--print")
