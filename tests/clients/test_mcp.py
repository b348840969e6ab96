"""The MCP servers of WaveSpeed, unmodified: agents drive them over JSON-RPC on standard input and output.

npm @wavespeed/mcp 1.0.7 with all its tools, and its predecessor PyPI wavespeed-mcp 0.1.27, which sends inputs
that no model here has, and prints a line before the protocol begins.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.clients.clients import Home, installed
from tests.clients.conftest import BROKEN
from tests.clients.test_sdks import check_picture
from tests.server import MODELS

MODEL = "google/imagen4"
PROMPT = "a red apple on a wooden table"
TOOLS = {
    "list_models",
    "get_model_schema",
    "run_model",
    "get_price",
    "get_balance",
    "upload_file",
    "get_prediction",
}


class Agent:
    """The other side of an MCP server: asks, and waits for the answer."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.asked = 0
        client = {"name": "limner's tests", "version": "1"}
        self.ask("initialize", protocolVersion="2024-11-05", capabilities={}, clientInfo=client)
        self.send(method="notifications/initialized")

    def send(self, **message: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
        self.process.stdin.flush()

    def ask(self, method: str, **parameters: Any) -> Any:
        self.asked += 1
        self.send(id=self.asked, method=method, params=parameters)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{") and (answer := json.loads(line)).get("id") == self.asked:
                return answer["result"]
        raise AssertionError("it ended without an answer")

    def use(self, tool: str, **arguments: Any) -> Any:
        """What the tool gives, which is JSON in a text."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert not result.get("isError"), result
        return json.loads(result["content"][0]["text"])

    def fail(self, tool: str, **arguments: Any) -> str:
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert result["isError"], result
        return str(result["content"][0]["text"])


@contextmanager
def agent(home: Home, command: list[str], **environment: str) -> Iterator[Agent]:
    variables = home.environment(WAVESPEED_API_KEY=home.key, **environment)
    with subprocess.Popen(
        command,
        cwd=home.folder,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Agent(process)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def home(new_home: Callable[[], Home]) -> Home:
    return new_home()


@pytest.fixture(scope="module")
def mcp(home: Home) -> Iterator[Agent]:
    program = installed("npm", "node_modules", ".bin", "wavespeed-mcp")
    with agent(home, [program], WAVESPEED_BASE_URL=home.origin) as started:
        yield started


def test_it_offers_the_tools_that_are_tried_here(mcp: Agent) -> None:
    assert {tool["name"] for tool in mcp.ask("tools/list")["tools"]} == TOOLS


def test_models_can_be_searched_and_looked_into(mcp: Agent) -> None:
    assert {model["model_id"] for model in mcp.use("list_models", refresh=True)["models"]} == set(MODELS)
    found = mcp.use("list_models", query="ULTRA", type="text-to-image")
    assert (found["total_matches"], found["models"][0]["base_price"]) == (1, 0.058)
    schema = mcp.use("get_model_schema", model=MODEL)
    assert schema["required"] == ["prompt"]
    assert set(schema["property_order"]) == set(schema["properties"])


def test_a_price_is_quoted_and_says_what_it_could_not_see(mcp: Agent) -> None:
    quote = mcp.use("get_price", model=MODEL, input={"prompt": PROMPT, "num_images": 2})
    assert (quote["model_id"], quote["price"]) == (MODEL, pytest.approx(0.076))
    assert (quote["unpriced_inputs"], quote["at_base_price"]) == ([], False)
    assert mcp.use("get_price", model=MODEL)["price"] == pytest.approx(0.038)


def test_the_balance_is_told(mcp: Agent) -> None:
    assert mcp.use("get_balance")["balance"] > 900


def test_a_model_runs_and_its_prediction_can_be_found_again(mcp: Agent) -> None:
    ran = mcp.use("run_model", model=MODEL, input={"prompt": PROMPT, "seed": 7})
    check_picture(httpx.get(ran["outputs"][0]).content)
    again = mcp.use("get_prediction", id=ran["id"])
    assert (again["model"], again["status"], again["outputs"]) == (MODEL, "completed", ran["outputs"])
    submitted = mcp.use("run_model", model=MODEL, input={"prompt": PROMPT}, wait_seconds=0)
    assert submitted["status"] == "created"


def test_files_are_uploaded_by_themselves_and_with_a_request(mcp: Agent, home: Home) -> None:
    sent = (home.folder / "apple.png").read_bytes()
    assert httpx.get(mcp.use("upload_file", path="apple.png")["url"]).content == sent
    ran = mcp.use("run_model", model=MODEL, input={"prompt": PROMPT, "image": "@./apple.png"})
    assert (ran["status"], ran["uploaded_files"]) == ("completed", 1)


def test_what_goes_wrong_is_told(mcp: Agent) -> None:
    assert "The paint ran out." in mcp.fail("run_model", model=BROKEN, input={"prompt": PROMPT})
    assert '"prompt"' in mcp.fail("run_model", model=MODEL, input={})
    assert "0" * 32 in mcp.fail("get_prediction", id="0" * 32)


def test_the_server_before_it_works_too(new_home: Callable[[], Home]) -> None:
    home = new_home()
    packages = installed("wavespeed-mcp")
    command = [sys.executable, f"{packages}/bin/wavespeed-mcp"]
    with agent(home, command, PYTHONPATH=packages, WAVESPEED_API_HOST=home.origin) as old:
        given = old.use("text_to_image", prompt=PROMPT, model=MODEL, seed=7)
        failed = old.use("text_to_image", prompt=PROMPT, model=BROKEN)
    assert given["status"] == "success"
    check_picture(httpx.get(given["urls"][0]).content)
    assert "The paint ran out." in failed["error"]
