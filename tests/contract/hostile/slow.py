"""Callers that take their time, all at once, each on a connection that it would like to keep."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.contract.hostile.attack import SUBMIT, Target, request

PAUSE_SECONDS = 1.0
PATIENCE_SECONDS = 60  # longer than anybody may take: 10 s for headers, 30 s for a pause or a trickle


@dataclass(frozen=True)
class Outcome:
    kind: str
    seconds: float  # until it was shown the door
    answer: bytes


def slow_clients(origin: str, target: Target, each: int) -> list[Outcome]:
    """So many of each kind, together."""
    submit = request(target, "POST", SUBMIT, b"", [("Content-Length", "500")])
    form = [("Content-Length", "500000"), ("Content-Type", "multipart/form-data; boundary=b")]
    chunked = request(target, "POST", SUBMIT, b"", [("Transfer-Encoding", "chunked")])
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\n'
    kept = request(target, "POST", "/nowhere", b"", form).replace(b"Connection: close\r\n", b"")
    kinds = {
        "says nothing": (b"", b""),
        "stops in the headers": (submit[:40], b""),
        "trickles headers": (b"GET /api/v3/balance HTTP/1.1\r\nX-A: ", b"a"),
        "stops in the body": (submit + b'{"prompt": ', b""),
        "trickles a body": (submit + b'{"prompt": "', b"a"),
        "trickles chunks": (chunked, b"1\r\n \r\n"),
        "trickles a file": (request(target, "POST", "/api/v3/upload", b"", form) + part, b"a"),
        "trickles after an answer": (kept, b"a"),
    }
    jobs = [(kind, *pieces) for kind, pieces in kinds.items() for _ in range(each)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(lambda job: _linger(origin, *job), jobs))


def _linger(origin: str, kind: str, beginning: bytes, piece: bytes) -> Outcome:
    address = urlsplit(origin)
    started = time.monotonic()
    answer = b""
    with socket.create_connection((address.hostname, address.port), timeout=PAUSE_SECONDS) as connection:
        connection.sendall(beginning)
        while time.monotonic() - started < PATIENCE_SECONDS:
            try:
                connection.sendall(piece)
                received = connection.recv(65_536)
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break
            if not received:
                break
            answer += received
    return Outcome(kind, time.monotonic() - started, answer)
