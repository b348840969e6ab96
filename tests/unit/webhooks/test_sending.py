"""One POST to real receivers on this machine: well-behaved ones, hostile ones, and none at all."""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from limner.webhooks.addresses import Target, parse_target
from limner.webhooks.sending import Outcome, Sender
from tests.receiver import (
    Answer,
    drip,
    flood,
    flood_headers,
    hang,
    hang_up,
    receiving,
    talk_nonsense,
)

LIMIT_SECONDS = 0.4
NAME = "hooks.example"  # stands for nothing, but where a test says so


def here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def target_of(url: str) -> Target:
    return parse_target(url, "webhook", allow_private=True)


def send(url: str, body: bytes = b"{}", **options: object) -> Outcome:
    settings = {"allow_private": True, "answer_seconds": LIMIT_SECONDS} | options
    return Sender(**settings).post(target_of(url), {"webhook-id": "ab"}, body)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int) -> None:
    with receiving(status) as receiver:
        outcome = send(f"{receiver.url}?x=1%20", b'{"a":1}')
    assert (outcome.http_status, outcome.error, outcome.is_delivered) == (status, "", True)
    (received,) = receiver.received
    assert (received.path, received.body) == ("/hook?x=1%20", b'{"a":1}')
    assert (received.headers["webhook-id"], received.headers["Host"]) == ("ab", f"127.0.0.1:{receiver.port}")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_redirects_are_failures_and_never_followed(status: int) -> None:
    with receiving(status) as receiver:
        outcome = send(receiver.url)
    assert (outcome.http_status, outcome.error) == (status, f"answered {status}; redirects are not followed")
    assert len(receiver.received) == receiver.connections == 1


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_other_answers_are_failures(status: int) -> None:
    with receiving(status) as receiver:
        outcome = send(receiver.url)
    assert (outcome.http_status, outcome.error) == (status, f"answered {status}")


@pytest.mark.parametrize("answer", [hang, drip])
def test_a_receiver_that_does_not_answer_in_time_is_given_up(answer: Answer) -> None:
    with receiving(answer) as receiver:
        started = time.monotonic()
        outcome = send(receiver.url)
        took = time.monotonic() - started
    assert (outcome.http_status, outcome.error) == (None, f"no answer within {LIMIT_SECONDS:g} seconds")
    assert 1000 * LIMIT_SECONDS <= outcome.duration_ms <= 1000 * took
    assert took < 10


def test_a_receiver_that_does_not_read_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        assert "no answer within" in send(url, b"x" * 50_000_000).error


def test_what_a_receiver_says_after_its_status_is_not_waited_for() -> None:
    with receiving(flood) as receiver:
        outcome = send(receiver.url)
    assert outcome.is_delivered


@pytest.mark.parametrize(
    ("answer", "error"),
    [(flood_headers, "broke off"), (talk_nonsense, "broke off"), (hang_up, "broke off")],
)
def test_an_answer_that_is_none_is_a_failure(answer: Answer, error: str) -> None:
    with receiving(answer) as receiver:
        outcome = send(receiver.url)
    assert outcome.http_status is None
    assert outcome.error.startswith(error)


def test_a_refused_connection_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    outcome = send(f"http://127.0.0.1:{port}/")
    assert outcome.http_status is None
    assert outcome.error.startswith("no connection: ")
    assert "refused" in outcome.error


def test_a_name_is_resolved_once_and_its_address_connected_to() -> None:
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> Iterable[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    with receiving(200) as receiver:
        outcome = send(f"http://{NAME}:{receiver.port}/", resolve=resolve)
    assert outcome.is_delivered
    assert asked == [(NAME, receiver.port)]
    assert receiver.received[0].headers["Host"] == f"{NAME}:{receiver.port}"


def test_further_addresses_are_tried_when_the_first_refuses() -> None:
    with receiving(200) as receiver:
        # Nobody listens on the second loopback address.
        outcome = send(f"http://{NAME}:{receiver.port}/", resolve=lambda *_: ["127.0.0.2", "127.0.0.1"])
    assert outcome.is_delivered


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], []])
def test_nothing_is_connected_to_when_a_name_stands_for_a_private_address(addresses: list[str]) -> None:
    with receiving(200) as receiver:
        outcome = send(f"http://{NAME}:{receiver.port}/", allow_private=False, resolve=lambda *_: addresses)
    assert outcome == Outcome(None, "the host has no address on the public internet", outcome.duration_ms)
    assert receiver.connections == 0


def test_a_name_that_was_public_when_it_was_checked_may_be_private_when_it_is_connected_to() -> None:
    """DNS rebinding: every answer is another one."""
    answers = [["8.8.8.8"], ["127.0.0.1"]]

    def resolve(host: str, port: int) -> Iterable[str]:
        return answers.pop(0)

    assert resolve(NAME, 80) == ["8.8.8.8"]  # as at submit
    with receiving(200) as receiver:
        outcome = send(f"http://{NAME}:{receiver.port}/", allow_private=False, resolve=resolve)
    assert outcome.error == "the host has no address on the public internet"
    assert (receiver.connections, answers) == (0, [])


def test_a_name_that_does_not_resolve_reads_as_a_private_one() -> None:
    """So that nobody learns from a delivery log which names exist behind our walls; in development it may be
    told."""
    assert send("http://no-such-host.invalid/").error == "the host does not resolve"
    assert send("http://no-such-host.invalid/", allow_private=False).error == (
        "the host has no address on the public internet"
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of NAME, signed by itself; its key stands in the same file."""
    path = tmp_path_factory.mktemp("certificate") / "own.pem"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={NAME}"
    command += f" -addext subjectAltName=DNS:{NAME} -days 2 -keyout {path} -out {path}.crt"
    subprocess.run(command.split(), check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_tls_is_verified_for_the_name_although_an_address_is_connected_to(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    with receiving(200, tls=server_tls(certificate)) as receiver:
        accepted = send(f"https://{NAME}:{receiver.port}/", resolve=here, tls=trusting)
        other_name = send(f"https://other.example:{receiver.port}/", resolve=here, tls=trusting)
        unknown = send(f"https://{NAME}:{receiver.port}/", resolve=here)
    assert accepted.is_delivered, accepted.error
    for refused in (other_name, unknown):
        assert refused.http_status is None
        assert refused.error.startswith("no connection: ")
        assert "certificate" in refused.error.lower()
    assert len(receiver.received) == 1


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would resolve the name itself."""
    with receiving(200) as proxy, receiving(200) as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(receiver.url).is_delivered
    assert (proxy.connections, receiver.connections) == (0, 1)
