"""Connections that are not what they should be: bounded in size and time, and told so in the one shape."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from limner.api.protocol import BoundedProtocol
from limner.api.server import server_config
from tests.server import wait_until

Connect = Callable[[], socket.socket]
BODY = b"x" * 1000


class HastyProtocol(BoundedProtocol):
    head_seconds = 0.4
    linger_seconds = 0.1


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells what it got; /unread takes no body, /stream never ends of itself."""
    request = Request(scope, receive)
    if scope["path"] == "/stream":

        async def parts() -> Iterator[bytes]:  # type: ignore[misc]
            yield b"begun"
            await receive()

        await StreamingResponse(parts())(scope, receive, send)
        return
    try:
        body = b"" if scope["path"] == "/unread" else await request.body()
    except ClientDisconnect:
        body = b"what nobody will read"
    told = {"path": scope["path"], "bytes": len(body), "headers": len(request.headers)}
    await JSONResponse(told)(scope, receive, send)


@pytest.fixture(scope="module")
def connect() -> Iterator[Connect]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = server_config(app, HastyProtocol)
        config.lifespan = "off"
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        wait_until(lambda: server.started)
        yield lambda: socket.create_connection(listener.getsockname(), timeout=5)
        server.should_exit = True
        thread.join()


def everything(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    received = b""
    while piece := connection.recv(65_536):
        received += piece
    return received


def answer_to(connect: Connect, *pieces: bytes) -> bytes:
    with connect() as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has answered already
        return everything(connection)


def check_refusal(answer: bytes, status: int, word: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    envelope = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in head
    assert (envelope["code"], envelope["data"], list(envelope)) == (status, None, ["code", "message", "data"])
    assert word in envelope["message"]


@contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET /x HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET /x HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /x HTTP/1.1\r\nName : space\r\n\r\n",
        b"GET /x HTTP/1.1\r\nName: nul\0\r\n\r\n",
        b"GET /x HTTP/1.1\r\nName: a\rb\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_an_envelope(connect: Connect, request_bytes: bytes) -> None:
    with within(2):
        check_refusal(answer_to(connect, request_bytes), 400, "HTTP")


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET /x HTTP/1.1\r\nName: " + b"a" * 70_000 + b"\r\n\r\n"],
        [b"GET /x HTTP/1.1\r\nName: ", *[b"a" * 50_000] * 40],
        [b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n"],
        [b"GET /", *[b"x" * 50_000] * 40],
        [b"GET /x HTTP/1.1\r\n" + b"a: b\r\n" * 3_000 + b"\r\n"],
        [b"GET /x HTTP/1.1\r\n", *[b"a: b\r\n" * 10_000] * 40],
        [b"GET /x HTTP/1.1\r\nConnection: keep-alive\r\n\r\n"[:-2], *[b"a" * 60_000] * 10],
    ],
    ids=lambda pieces: str(pieces[0][:30]),
)
def test_a_flood_of_headers_is_cut_off(connect: Connect, pieces: list[bytes]) -> None:
    with within(2):
        check_refusal(answer_to(connect, *pieces), 431, "65536 bytes")


def test_large_but_allowed_heads_pass(connect: Connect) -> None:
    head = b"GET /x HTTP/1.1\r\nConnection: close\r\nName: " + b"a" * 60_000 + b"\r\n\r\n"
    assert b'"path":"/x"' in answer_to(connect, head)


def test_bodies_are_not_counted_as_heads(connect: Connect) -> None:
    body = b"x" * 1_000_000
    head = b"POST /x HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert b'"bytes":1000000' in answer_to(connect, head + body)
    assert b'"bytes":1000000' in answer_to(connect, head, body)


def test_a_head_that_does_not_come_is_given_up(connect: Connect) -> None:
    with within(2), connect() as connection:
        connection.sendall(b"GET /x HT")
        check_refusal(everything(connection), 408, "0.4 seconds")


def test_a_head_that_trickles_is_given_up(connect: Connect) -> None:
    with within(2), connect() as connection:
        connection.sendall(b"GET /x HTTP/1.1\r\nName: ")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(40):
                connection.sendall(b"a")
                time.sleep(0.05)


def test_a_silent_connection_is_closed(connect: Connect) -> None:
    with within(2), connect() as connection:
        assert everything(connection) == b""


@pytest.mark.parametrize("trickle", [b"\r\n", b"x"])
def test_nobody_stays_by_trickling_after_an_answer(connect: Connect, trickle: bytes) -> None:
    with within(3), connect() as connection:
        connection.sendall(b"POST /unread HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
        assert b'"/unread"' in connection.recv(65_536)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(40):
                connection.sendall(trickle)
                time.sleep(0.05)


def test_a_slow_body_is_the_applications_affair(connect: Connect) -> None:
    with connect() as connection:
        connection.sendall(b"POST /x HTTP/1.1\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n")
        time.sleep(0.6)
        connection.sendall(BODY)
        assert b'"bytes":1000' in everything(connection)


def test_a_connection_is_kept_for_many_requests(connect: Connect) -> None:
    with connect() as connection:
        for n in range(5):
            connection.sendall(b"POST /%d HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" % n + BODY)
            assert b'"path":"/%d"' % n in connection.recv(65_536)
            time.sleep(0.1)


def test_requests_in_a_row_are_answered_in_their_order(connect: Connect) -> None:
    heads = b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % n for n in range(9))
    answer = answer_to(connect, heads + b"GET /9 HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert [answer.index(b'"/%d"' % n) for n in range(10)] == sorted(
        answer.index(b'"/%d"' % n) for n in range(10)
    )


def test_an_offer_of_another_protocol_is_passed_over(connect: Connect) -> None:
    """Java's client makes one with its requests."""
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
    with connect() as connection:
        for n in range(3):
            connection.sendall(
                b"POST /%d HTTP/1.1\r\nContent-Length: 1000\r\n" % n + offer + b"\r\n" + BODY[:500]
            )
            connection.sendall(BODY[500:])
            assert b'"path":"/%d","bytes":1000,"headers":3' % n in connection.recv(65_536)
        head = b"GET /x HTTP/1.1\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
        connection.sendall(head)
        assert b'"path":"/x","bytes":0' in everything(connection)


def test_offers_in_a_row_are_passed_over(connect: Connect) -> None:
    offer = b"POST /%d HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\nx"
    answer = answer_to(
        connect,
        b"".join(offer % n for n in range(500)) + b"GET /last HTTP/1.1\r\nConnection: close\r\n\r\n",
    )
    assert answer.count(b'"bytes":1,') == 500
    assert b"/last" in answer


def test_nothing_is_written_into_the_middle_of_an_answer(connect: Connect) -> None:
    with connect() as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\n\r\n")
        while b"begun" not in connection.recv(65_536):
            pass
        connection.sendall(b"nonsense\r\n\r\n")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(65_536)


def test_a_whole_request_is_answered_whatever_comes_behind_it(connect: Connect) -> None:
    head = b"POST /first HTTP/1.1\r\nContent-Length: 1000\r\n\r\n"
    with within(2):
        answer = answer_to(connect, head + BODY + b"nonsense\r\n\r\n")
    assert b'"path":"/first","bytes":1000' in answer
    assert b"connection: close" in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_who_answers_a_broken_body_is_told_that_nobody_listens(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST %b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"
    for path in (b"/x", b"/unread"):
        with within(2):
            assert answer_to(connect, head % path, b"nonsense\r\n").count(b"HTTP/1.1 ") == 1
    time.sleep(0.1)
    assert [record for record in caplog.records if record.exc_info] == []
