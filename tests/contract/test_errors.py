"""Whatever is wrong with a request: an envelope with the right status, at once, and nothing is held."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import requests

from tests.server import KEY, Server, balance, submit

SUBMIT = "/api/v3/google/imagen4"
NOWHERE = "0" * 32

BAD_INPUTS: list[tuple[dict[str, Any], str]] = [
    ({}, "prompt"),
    ({"prompt": None}, "prompt"),
    ({"prompt": ""}, "prompt"),
    ({"prompt": " \n\t "}, "prompt"),
    ({"prompt": 7}, "prompt"),
    ({"prompt": ["a red apple"]}, "prompt"),
    ({"prompt": {"text": "a red apple"}}, "prompt"),
    ({"prompt": True}, "prompt"),
    ({"prompt": "x" * 10_001}, "prompt"),
    ({"prompt": "x" * 100_000}, "prompt"),
    ({"prompt": "nul \0 inside"}, "prompt"),
    ({"prompt": "half a pair \ud83c"}, "prompt"),
    ({"negative_prompt": 7}, "negative_prompt"),
    ({"negative_prompt": "x" * 10_001}, "negative_prompt"),
    ({"num_images": 0}, "num_images"),
    ({"num_images": 5}, "num_images"),
    ({"num_images": -1}, "num_images"),
    ({"num_images": 10**30}, "num_images"),
    ({"num_images": 1.5}, "num_images"),
    ({"num_images": "2"}, "num_images"),
    ({"num_images": True}, "num_images"),
    ({"num_images": []}, "num_images"),
    ({"aspect_ratio": "2:1"}, "aspect_ratio"),
    ({"aspect_ratio": ""}, "aspect_ratio"),
    ({"aspect_ratio": 1}, "aspect_ratio"),
    ({"aspect_ratio": ["1:1"]}, "aspect_ratio"),
    ({"resolution": "4k"}, "resolution"),
    ({"resolution": "1K"}, "resolution"),
    ({"seed": -2}, "seed"),
    ({"seed": 2**31}, "seed"),
    ({"seed": 0.5}, "seed"),
    ({"seed": "7"}, "seed"),
    ({"seed": False}, "seed"),
    ({"enable_base64_output": "yes"}, "enable_base64_output"),
    ({"enable_base64_output": 1}, "enable_base64_output"),
    ({"enable_sync_mode": "true"}, "enable_sync_mode"),
    ({"output_format": "gif"}, "output_format"),
]

BAD_BODIES: list[tuple[bytes, str]] = [
    (b"", "empty"),
    (b"   ", "empty"),
    (b"prompt=a+red+apple", "JSON"),
    (b'{"prompt": "a red apple"', "JSON"),
    (b'{"prompt": "a red apple", "seed": NaN}', "NaN"),
    (b'{"prompt": "a red apple", "seed": Infinity}', "Infinity"),
    (b'{"prompt": "a red apple", "seed": -Infinity}', "Infinity"),
    (b'{"prompt": "a red apple", "nobody": NaN}', "NaN"),
    (b'{"prompt": "a red apple", "seed": 1e999}', "seed"),
    (b'{"prompt": "a red apple", "seed": ' + b"9" * 5000 + b"}", "number"),
    (b'{"prompt": "a \xff apple"}', "UTF-8"),
    (b'{"prompt": "a \xed\xa0\x80 apple"}', "UTF-8"),
    ("{}".encode("utf-16"), "UTF-8"),
    (b"[]", "object"),
    (b'["a red apple"]', "object"),
    (b'"a red apple"', "object"),
    (b"7", "object"),
    (b"null", "object"),
    (b"[" * 100_000, "deep"),
    (b'{"prompt": ' * 50_000, "deep"),
    (b'{"prompt": "a red apple", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deep"),
]


def check_refusal(response: httpx.Response, status: int, *words: str) -> None:
    """The one shape: an HTTP error with the same code inside, a text, no data, and never a key `error`."""
    envelope = response.json()
    assert response.status_code == status, envelope
    assert list(envelope) == ["code", "message", "data"]
    assert envelope["code"] == status
    assert envelope["data"] is None
    assert isinstance(envelope["message"], str)
    for word in words:
        assert word in envelope["message"]
    assert "Traceback" not in envelope["message"]


@pytest.fixture
def nothing_spent(client: httpx.Client) -> Iterator[None]:
    """Whatever happens, it holds no money and takes no time."""
    before, started = balance(client), time.monotonic()
    yield
    assert time.monotonic() - started < 2
    assert balance(client) == before


@pytest.mark.usefixtures("nothing_spent")
@pytest.mark.parametrize(("inputs", "field"), BAD_INPUTS, ids=lambda value: str(value)[:40])
def test_a_bad_input_is_named(client: httpx.Client, inputs: dict[str, Any], field: str) -> None:
    body = inputs if "prompt" in inputs or not inputs else {"prompt": "a red apple"} | inputs
    content = json.dumps(body).encode()  # escapes, so that even half a surrogate pair gets through
    check_refusal(client.post(SUBMIT, content=content), 400, f'"{field}"')


@pytest.mark.usefixtures("nothing_spent")
@pytest.mark.parametrize(("body", "word"), BAD_BODIES, ids=lambda value: str(value)[:40])
def test_a_body_that_is_not_a_json_object_is_refused(client: httpx.Client, body: bytes, word: str) -> None:
    check_refusal(client.post(SUBMIT, content=body), 400, word)


@pytest.mark.parametrize(
    "inputs",
    [
        {"prompt": "x" * 10_000},
        {"prompt": "\U0001f34e" * 10_000},
        {"num_images": 2.0},
        {"seed": 2**31 - 1, "num_images": 4},
        {"seed": None, "aspect_ratio": None, "negative_prompt": None},
        {"nobody": {"knows": ["this"]}, "seed": 1},
    ],
    ids=lambda inputs: str(inputs)[:40],
)
def test_the_edges_of_what_is_allowed_are_allowed(client: httpx.Client, inputs: dict[str, Any]) -> None:
    submit(client, **inputs)


@pytest.mark.usefixtures("nothing_spent")
def test_a_huge_body_is_refused_without_being_read(server: Server, client: httpx.Client) -> None:
    check_refusal(client.post(SUBMIT, content=b" " * 100_000_000), 413, "bytes")
    headers = {"Authorization": f"Bearer {KEY}"}
    assert (
        requests.post(server.origin + SUBMIT, b" " * 100_000_000, headers=headers, timeout=10).status_code
        == 413
    )


@pytest.mark.usefixtures("nothing_spent")
def test_a_huge_body_of_unknown_length_is_refused_too(client: httpx.Client) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100_000):
            sent += 10_000
            yield b" " * 10_000

    check_refusal(client.post(SUBMIT, content=chunks()), 413, "bytes")
    assert sent < 1_000_000_000


@pytest.mark.usefixtures("nothing_spent")
@pytest.mark.parametrize("announced", [b"200000000", b"99999999999999999999"])
def test_an_announced_huge_body_is_refused_before_it_comes(server: Server, announced: bytes) -> None:
    address = urlsplit(server.origin)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        request = b"POST %b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\nContent-Length: %b\r\n\r\n"
        connection.sendall(request % (SUBMIT.encode(), KEY.encode(), announced))
        assert connection.recv(4096).startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wsk_nobody_0123456789"},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer k\u00e9y\u00ff"},
        {"X-API-Key": KEY},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "path", ["/api/v3/balance", "/api/v3/models", f"/api/v3/predictions/{NOWHERE}/result"]
)
def test_without_a_valid_key_nothing_is_told(server: Server, path: str, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    check_refusal(httpx.get(server.origin + path, headers=raw), 401, "key")
    check_refusal(httpx.post(server.origin + SUBMIT, headers=raw, json={"prompt": "x"}), 401, "key")


@pytest.mark.parametrize(
    "model", ["google/imagen5", "google", "google/imagen4/", "GOOGLE/IMAGEN4", "a/b/c%00d"]
)
@pytest.mark.usefixtures("nothing_spent")
def test_an_unknown_model_is_named(client: httpx.Client, model: str) -> None:
    response = client.post(f"/api/v3/{model}", json={"prompt": "a red apple"})
    check_refusal(response, 404, "" if "%" in model else f'"{model}"')


@pytest.mark.parametrize("prediction_id", [NOWHERE, "x", "0" * 31, "A" * 32, "%00", "'--", "9" * 5000])
def test_an_unknown_prediction_is_not_found(client: httpx.Client, prediction_id: str) -> None:
    check_refusal(client.get(f"/api/v3/predictions/{prediction_id}/result"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/api/v3",
        "/api/v4/google/imagen4",
        f"/predictions/{NOWHERE}/1.png",
        "/predictions/%00/1.png",
    ],
)
def test_an_unknown_path_is_not_found(client: httpx.Client, path: str) -> None:
    check_refusal(client.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", SUBMIT),
        ("PUT", SUBMIT),
        ("POST", "/api/v3/balance"),
        ("POST", "/api/v3/models"),
        ("POST", f"/api/v3/predictions/{NOWHERE}/result"),
        ("DELETE", "/api/v3/models"),
        ("POST", "/health"),
    ],
)
def test_a_wrong_method_is_refused_and_the_right_one_named(
    client: httpx.Client, method: str, path: str
) -> None:
    response = client.request(method, path, json={"prompt": "a red apple"})
    check_refusal(response, 405)
    assert response.headers["allow"]


def test_without_credit_nothing_is_accepted(server: Server) -> None:
    with server.client(server.run("account", "create", "poor", "--credit", "0.1")) as poor:
        check_refusal(poor.post(SUBMIT, json={"prompt": "x", "num_images": 3}), 402)
        assert balance(poor) == 0.1
        submit(poor, num_images=2)
        assert balance(poor) == pytest.approx(0.024)
        check_refusal(poor.post(SUBMIT, json={"prompt": "x"}), 402)


def test_the_rate_limit_says_when_to_come_back(server: Server) -> None:
    with server.client(
        server.run("account", "create", "bronze", "--credit", "9", "--level", "bronze")
    ) as bronze:
        answers = [bronze.post(SUBMIT, json={"prompt": "x", "num_images": 4}) for _ in range(7)]
        refused = next(answer for answer in answers if answer.status_code != 200)
    check_refusal(refused, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_a_revoked_or_foreign_accept_header_never_matters(client: httpx.Client) -> None:
    response = client.post(SUBMIT, json={"prompt": "a red apple"}, headers={"Accept": "image/png"})
    assert response.status_code == 200
    plain = client.post(SUBMIT, content=b'{"prompt": "a red apple"}', headers={"Content-Type": "text/plain"})
    assert plain.status_code == 200
