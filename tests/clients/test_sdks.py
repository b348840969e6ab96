"""The SDKs of WaveSpeed and of others, unmodified: each makes pictures here, and is told what goes wrong."""

import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.clients.clients import PATIENCE_SECONDS, Home

AT_A_TIME = 3

# All wait for the slowest of them.
pytestmark = pytest.mark.timeout(PATIENCE_SECONDS + 30)


@dataclass(frozen=True)
class Client:
    version: str
    language: str
    program: str
    arguments: tuple[str, ...]
    gives: frozenset[str]


def client(version: str, language: str, program: str, arguments: str, gives: str) -> Client:
    always = {"version", "failure", "refusal"}
    return Client(version, language, program, tuple(arguments.split()), frozenset({*gives.split(), *always}))


CLIENTS = {
    "pypi wavespeed 2": client("2.0.5", "python", "sdk", "", "pictures sync base64 upload"),
    "pypi wavespeed 1": client("1.0.14", "python", "sdk", "wavespeed-1", "pictures sync base64 upload"),
    "pypi wavespeed 0": client("0.0.5", "python", "first_sdk", "wavespeed-0", "pictures base64"),
    "pypi langchain-wavespeed": client("0.1.3", "python", "lang_chain", "langchain", "pictures"),
    "pypi huggingface_hub": client("2.4.0", "python", "hugging_face", "huggingface-hub", "base64"),
    "npm wavespeed 0.3": client("0.3.2", "node", "sdk", "wavespeed", "pictures sync base64 upload"),
    "npm wavespeed 0.2": client("0.2.3", "node", "sdk", "wavespeed-0.2.3", "pictures sync base64 upload"),
    "npm wavespeed 0.0": client("0.0.15", "node", "first_sdk", "", "pictures base64 upload"),
    "npm @huggingface/inference": client("4.13.30", "node", "hugging_face", "", "pictures base64"),
}
Report = dict[str, Any]


@pytest.fixture(scope="module")
def reports(new_home: Callable[[], Home]) -> Iterator[dict[str, Future[Report]]]:
    """What each client gave. All are started at the first question, because most of their time is waiting."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {name: pool.submit(_report, new_home(), client) for name, client in CLIENTS.items()}


def _report(home: Home, client: Client) -> Report:
    finished = home.program(client.language, client.program, *client.arguments)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    report: Report = json.loads(finished.stdout.splitlines()[-1])
    return report


@pytest.fixture(params=CLIENTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def report(name: str, reports: dict[str, Future[Report]]) -> Report:
    return reports[name].result()


def check_picture(content: bytes) -> None:
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (1024, 1024))
        assert np.asarray(picture).std() > 10  # something is painted


def test_it_is_the_version_it_claims_to_be_and_gives_all_it_can(name: str, report: Report) -> None:
    assert report["version"] == CLIENTS[name].version
    assert set(report) == CLIENTS[name].gives


def test_its_pictures_can_be_had_without_a_key(report: Report) -> None:
    links = [*report.get("pictures", []), *report.get("sync", [])]
    for link in links:
        response = httpx.get(link)
        assert response.headers["content-type"] == "image/png"
        check_picture(response.content)


def test_its_base64_is_a_picture(report: Report) -> None:
    for text in report.get("base64", []):
        check_picture(base64.b64decode(text, validate=True))


def test_a_failure_reaches_its_user(report: Report) -> None:
    assert "The paint ran out." in report["failure"]


def test_a_refusal_reaches_its_user(report: Report) -> None:
    # Hugging Face's clients show neither our status nor our words.
    assert re.search("400|Bad request|Failed to perform inference", report["refusal"])


def test_its_upload_can_be_fetched(report: Report, new_home: Callable[[], Home]) -> None:
    if "upload" in report:
        response = httpx.get(report["upload"])
        assert response.headers["content-type"] == "image/png"
        assert response.content == (new_home().folder / "apple.png").read_bytes()
