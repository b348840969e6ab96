"""Runs the programs of docs/recipes.md and docs/moving.md as they stand there, on a real server."""

import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from PIL import Image

from limner.settings import Settings
from tests.clients.clients import Home, installed
from tests.clients.test_mcp import TOOLS, agent
from tests.clients.test_sdks import check_picture
from tests.clients.test_tutorial import free_port
from tests.rules.sources import ROOT
from tests.server import KEY, MODELS, Server, serving, wait_until

NAMED = re.compile(r"^```\w+\n((?:#|//) ([\w.]+)\n.*?)^```$", re.MULTILINE | re.DOTALL)
RECEIVERS = {"receiver.py": [sys.executable], "receiver.cjs": ["node"]}


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text()


def program(page: str, name: str) -> str:
    """The program whose first line names it so."""
    (found,) = [code for code, named in NAMED.findall(text(page)) if named == name]
    return str(found)


def json_blocks(page: str) -> list[dict[str, object]]:
    return [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", text(page), re.M | re.S)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With the built-in model, for receivers on this machine."""
    folder = tmp_path_factory.mktemp("recipes")
    engines = {model: "nano" for model in MODELS} | {"google/imagen3-fast": "raises"}
    with serving(folder, engines, LIMNER_WEBHOOK_ALLOW_PRIVATE="1") as started:
        yield started


@pytest.fixture
def home(server: Server, tmp_path: Path) -> Home:
    return Home(tmp_path, server.origin, KEY)


def save(home: Home, page: str, name: str) -> str:
    (home.folder / name).write_text(program(page, name))
    return name


def run(home: Home, command: list[str], **more: str) -> str:
    variables = home.environment(LIMNER_URL=home.origin, LIMNER_API_KEY=home.key, **more)
    finished = home.run(command, variables)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@contextmanager
def receiving(home: Home, name: str, secret: str) -> Iterator[tuple[str, Path]]:
    """The address of a receiver, and what it prints."""
    port, printed = str(free_port()), home.folder / "printed"
    variables = home.environment(
        PYTHONPATH=installed("flask"), LIMNER_WEBHOOK_SECRET=secret, PORT=port, PYTHONUNBUFFERED="1"
    )
    with printed.open("w") as output:
        process = subprocess.Popen(
            [*RECEIVERS[name], name], cwd=home.folder, env=variables, stdout=output, stderr=subprocess.DEVNULL
        )
    try:
        url = f"http://127.0.0.1:{port}/hook"
        wait_until(lambda: answers(url))
        yield url, printed
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code in (404, 405)  # it takes POST only
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("name", RECEIVERS)
def test_a_receiver_believes_limner_alone(server: Server, home: Home, name: str) -> None:
    save(home, "recipes.md", name)
    with server.client() as client:
        secret = client.get("/api/v3/webhook/secret").json()["data"]["secret"]
        with receiving(home, name, secret) as (url, printed):
            check_forgeries(url, secret)
            inputs = {"prompt": "a red apple", "webhook_url": url}
            client.post("/api/v3/google/imagen4-fast", json=inputs).raise_for_status()
            wait_until(lambda: len(told_by(printed)) == 1)
            client.post("/api/v3/google/imagen3-fast", json=inputs).raise_for_status()
            wait_until(lambda: len(told_by(printed)) == 2)
            client.post("/api/v3/webhook/test", json={"url": url}).raise_for_status()
            wait_until(lambda: len(told_by(printed)) == 3)
    done, failed, _ = told_by(printed)
    assert re.fullmatch(rf"completed {server.origin}/predictions/[0-9a-f]{{32}}/1\.png ?", done)
    assert re.fullmatch(r"failed +The paint ran out\.", failed)


def told_by(printed: Path) -> list[str]:
    """Of predictions; Flask says something of itself too."""
    return [line for line in printed.read_text().splitlines() if line.startswith(("completed", "failed"))]


def check_forgeries(url: str, secret: str) -> None:
    body, now = b'{"status":"completed","outputs":[],"error":""}', str(int(time.time()))
    for timestamp, key in ((now, "whsec_guessed"), (str(int(now) - 3600), secret), ("soon", secret)):
        signed = f"forged.{timestamp}.".encode() + body
        digest = hmac.new(key.removeprefix("whsec_").encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "webhook-id": "forged",
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v3,{digest}",
        }
        assert httpx.post(url, content=body, headers=headers).status_code == 401
    assert httpx.post(url, content=body).status_code == 401


def test_an_editor_finds_the_tools(home: Home) -> None:
    package, configuration = json_blocks("recipes.md")
    ours = json.loads((ROOT / "tests" / "clients" / "package.json").read_text())
    assert package["dependencies"].items() <= ours["dependencies"].items()  # type: ignore[attr-defined]
    assert package["overrides"] == ours["overrides"]["@wavespeed/mcp"]
    entry = configuration["mcpServers"]["limner"]  # type: ignore[index]
    assert entry["command"].endswith("/node_modules/.bin/wavespeed-mcp")
    assert set(entry["env"]) == {"WAVESPEED_BASE_URL", "WAVESPEED_API_KEY"}
    command = [installed("npm", "node_modules", ".bin", "wavespeed-mcp")]
    with agent(home, command, WAVESPEED_BASE_URL=home.origin) as started:
        assert {tool["name"] for tool in started.ask("tools/list")["tools"]} == TOOLS


def test_an_agents_tool_paints(home: Home) -> None:
    name = save(home, "recipes.md", "agent_tools.py")
    link = run(home, [sys.executable, name], PYTHONPATH=installed("langchain")).strip()
    check_picture(httpx.get(link).content)


def test_a_poll_waits_until_it_is_done(home: Home) -> None:
    printed = run(home, ["sh", save(home, "recipes.md", "wait.sh")])
    assert re.fullmatch(r'"outputs":\["http://\S+/1\.png"\]\n', printed)


def test_the_fixture_serves_a_test_run(home: Home) -> None:
    save(home, "recipes.md", "conftest.py")
    (home.folder / "limner").write_text(f'#!/bin/sh\nexec {sys.executable} -m limner.cli "$@"\n')
    (home.folder / "limner").chmod(0o755)
    ask = "httpx.get(f'{image_api}/health', timeout=30).raise_for_status()"
    (home.folder / "test_it.py").write_text(f"import httpx\n\n\ndef test_it(image_api):\n    {ask}\n")
    path = f"{home.folder}:{os.environ['PATH']}"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        ".",
    ]
    assert "1 passed" in run(home, command, PATH=path)


def test_what_took_googles_place_makes_its_pictures(home: Home) -> None:
    run(home, [sys.executable, save(home, "moving.md", "imagen.py")])
    for number in (0, 1):
        with Image.open(home.folder / f"apple-{number}.png") as picture:
            assert picture.size == (2816, 1536)


def test_it_raises_what_limner_refuses(home: Home) -> None:
    save(home, "moving.md", "imagen.py")
    (home.folder / "ask.py").write_text(
        "from imagen import generate_images\n\n"
        "for model, prompt in (('google/imagen5', 'x'), ('google/imagen3-fast', 'x')):\n"
        "    try:\n        generate_images(model, prompt)\n"
        "    except RuntimeError as error:\n        print(error)\n"
    )
    printed = run(home, [sys.executable, "ask.py"])
    assert printed == 'there is no model "google/imagen5"\nThe paint ran out.\n'


def test_the_lines_for_wavespeeds_clients_are_those_of_the_tests() -> None:
    """What moving.md says of a client is what the program of that client does."""
    lines = {
        "sdk.py": ["base_url=", "wavespeed.config.api.base_url = "],
        "first_sdk.py": ["/api/v3/"],
        "sdk.cjs": ["{ baseUrl: "],
        "first_sdk.cjs": ["/api/v3/"],
        "lang_chain.py": ["wavespeed.config.api.base_url = "],
        "hugging_face.py": ['PROVIDERS["wavespeed"]["text-to-image"].base_url = '],
    }
    for name, wanted in lines.items():
        source = (ROOT / "tests" / "clients" / "programs" / name).read_text()
        for line in wanted:
            assert line in source
            assert line in text("moving.md")


def test_every_setting_that_is_named_exists() -> None:
    settings = {f"LIMNER_{name.upper()}" for name in Settings.model_fields}
    theirs = {"LIMNER_URL", "LIMNER_WEBHOOK_SECRET"}  # of the programs themselves
    for page in ("tutorial.md", "recipes.md", "moving.md", "troubleshooting.md"):
        assert set(re.findall(r"LIMNER_[A-Z_]+", text(page))) <= settings | theirs
