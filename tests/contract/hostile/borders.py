"""Attacks by where one request ends and the next begins, and by what is no HTTP at all."""

from random import Random

from tests.contract.hostile.attack import SUBMIT, Attack, Target, as_json, request

BODY = as_json({"prompt": "a red apple"})


def smuggling(rng: Random, target: Target) -> Attack:
    """Two opinions on where the request ends, with another one hidden behind it."""
    hidden = request(
        target, "GET", "/api/v3/account/balance", headers=[("X-Hidden", "1")], key="wsk_nobody_0123456789"
    )
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    given, body = rng.choice(
        (
            ([("Content-Length", str(len(BODY))), ("Transfer-Encoding", "chunked")], chunked),
            ([("Transfer-Encoding", "chunked"), ("Content-Length", "0")], chunked),
            ([("Content-Length", "5"), ("Content-Length", str(len(BODY)))], BODY),
            ([("Content-Length", f"{len(BODY)}, {len(BODY)}")], BODY),
            ([("Content-Length", f"+{len(BODY)}")], BODY),
            ([("Content-Length", f" {len(BODY)} ")], BODY),
            ([("Content-Length", "0x18")], BODY),
            ([("Content-Length", "-1")], BODY),
            ([("Content-Length", "\xb2\xb3")], BODY),
            ([("Transfer-Encoding", "chunked, identity")], chunked),
            ([("Transfer-Encoding", "identity")], BODY),
            ([("Transfer-Encoding", "xchunked")], chunked),
            ([("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "cow")], chunked),
            ([("Transfer-Encoding", "\x0bchunked")], chunked),
            ([("Transfer-Encoding ", "chunked")], chunked),
            ([("X-A", "b\r\n Transfer-Encoding: chunked")], BODY),
            ([("X-A", "b\nTransfer-Encoding: chunked")], BODY),
            ([("X-A", "b\rTransfer-Encoding: chunked")], BODY),
            ([("X-A", "b\0c")], BODY),
            ([("Transfer-Encoding", "chunked")], b"0\r\nX-Trailer: y\r\n\r\n"),
            ([("Transfer-Encoding", "chunked")], b"5\r\nabc\r\n"),
            ([("Transfer-Encoding", "chunked")], b"5;ext=" + b"x" * 50_000 + b"\r\nabcde\r\n0\r\n\r\n"),
            ([("Transfer-Encoding", "chunked")], b"1\r\n \r\n" * 5_000 + chunked),
            ([("Transfer-Encoding", "chunked")], b"FFFFFFFFFFFFFFFFF\r\nx"),
            ([("Transfer-Encoding", "chunked")], b"-1\r\nx\r\n"),
            ([("Transfer-Encoding", "chunked")], b"0x5\r\nabcde\r\n0\r\n\r\n"),
            ([("Transfer-Encoding", "chunked")], b"5 \nabcde\n0\n\n"),
            ([("Connection", "Upgrade"), ("Upgrade", rng.choice(("h2c", "websocket", "TLS/1.0")))], BODY),
            ([("Expect", rng.choice(("100-continue", "200-ok", "")))], BODY),
        )
    )
    path = rng.choice((SUBMIT, "/api/v3/model/price", "/api/v3/predictions/delete", "/api/v3/balance"))
    return Attack("smuggling", (request(target, "POST", path, body, given) + hidden,))


def no_http(rng: Random, target: Target) -> Attack:
    """Other protocols, and none."""
    lines = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(80),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0" * 100,
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/3\r\n\r\n",
        b"GET  /  HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\r\n" * 50_000 + b"GET / HTTP/1.1\r\n\r\n",
        b"GET http://evil.example/api/v3/balance HTTP/1.1\r\n\r\n",
        b"GET //evil.example/ HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /\xe2\x80\xae HTTP/1.1\r\n\r\n",
        b"GET /%b HTTP/1.1\r\n\r\n" % rng.randbytes(20),
        b"EHLO x\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"SSH-2.0-x\r\n",
        rng.randbytes(rng.randint(1, 3_000)) + b"\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"CONNECT 127.0.0.1:9 HTTP/1.1\r\n\r\n",
        b"GET /x#y HTTP/1.1\r\nConnection: close\r\n\r\n",
    )
    return Attack("no HTTP", (rng.choice(lines),))
