"""Inputs that a model does not take: dropped and named, or refused and named."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.contract.test_errors import check_refusal
from tests.contract.test_inside import answering
from tests.server import KEY, finished, submit
from tests.unit.workplace import Workplace, settings_of

PATH = "/api/v3/google/imagen4-fast"
BODY = {"prompt": "a red apple", "resolution": "2k", "loras": [], "x\0\ud800": 1, "size": None, "seed": 1}
NAMED = 'google/imagen4-fast takes no input "resolution", "loras", "x??"'


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    folder, options = tmp_path_factory.mktemp("strict"), {"warning": "It knows no zorp."}
    settings = settings_of(folder, "", "gradient", options=options, api_key=KEY, public_url="http://x")
    workplace = Workplace.open(settings)
    with closing(workplace.runtime):
        yield workplace


@pytest.fixture(scope="module")
def client(workplace: Workplace) -> Iterator[httpx.Client]:
    with answering(workplace.runtime) as client:
        yield client


def test_unknown_inputs_are_dropped_and_named_with_what_the_engine_warns_of(
    workplace: Workplace, client: httpx.Client
) -> None:
    accepted = submit(client, "google/imagen4-fast", **{k: v for k, v in BODY.items() if "x" not in k})
    warning = 'Without effect, google/imagen4-fast takes no input "resolution", "loras".'
    assert accepted["warnings"] == [warning]
    with workplace.working():
        done = finished(client, accepted["id"])
    assert done["status"] == "completed"
    assert done["warnings"] == [warning, "It knows no zorp."]


def test_even_a_name_that_is_no_text_is_named(client: httpx.Client) -> None:
    response = client.post(PATH, content=_json(BODY))
    assert response.json()["data"]["warnings"] == [f"Without effect, {NAMED}."]


@pytest.mark.parametrize("said", ["1", "true", "True"])
def test_strict_refuses_them_all_by_name(client: httpx.Client, said: str) -> None:
    before = client.get("/api/v3/balance").json()
    check_refusal(client.post(f"{PATH}?strict={said}", content=_json(BODY)), 400, NAMED)
    assert client.get("/api/v3/balance").json() == before


@pytest.mark.parametrize("said", ["0", "false", ""])
def test_strict_can_be_said_to_be_off(client: httpx.Client, said: str) -> None:
    assert client.post(f"{PATH}?strict={said}", content=_json(BODY)).status_code == 200


def test_strict_accepts_what_is_known(client: httpx.Client) -> None:
    body = {"prompt": "x", "seed": 3, "size": None, "num_images": 2}
    assert client.post(f"{PATH}?strict=1", json=body).json()["data"]["warnings"] == []


def test_strict_is_yes_or_no(client: httpx.Client) -> None:
    check_refusal(client.post(f"{PATH}?strict=perhaps", json={"prompt": "x"}), 400, '"strict"')


def test_a_flood_of_names_is_counted_not_repeated(client: httpx.Client) -> None:
    body = {"prompt": "x"} | {f"{n:0200}": n for n in range(2_000)}
    response = client.post(f"{PATH}?strict=1", json=body)
    check_refusal(response, 400, "and 1900 more")
    assert len(response.content) < 20_000


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()  # escapes, so that even half a surrogate pair gets through
