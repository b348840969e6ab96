"""A load generator: keep-alive HTTP/1.1 connections over plain sockets, in a process of its own.

Cheap on purpose, so that the server is what is measured. Bounded in requests and in time; it goes to the
loopback alone. Any answer but a 200 ends it.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import cycle
from statistics import quantiles

PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Load:
    """Whole HTTP requests, sent in turn on each connection as soon as the last answer is there."""

    port: int
    requests: list[str]
    connections: int = 1
    count: int = 1_000_000
    seconds: float = 2.0


@dataclass(frozen=True)
class Outcome:
    seconds: float
    latencies: list[float] = field(repr=False)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        return quantiles(self.latencies, n=100)[percent - 1] * 1000


class Connection:
    """One request at a time, and the answer as far as it has come: a 200, unless it ``accepts_all``."""

    def __init__(self, port: int, accepts_all: bool = False) -> None:
        self._accepts_all = accepts_all
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._started = 0.0
        self._answer = b""

    def send(self, request: bytes) -> None:
        self._answer = b""
        self._started = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> float | None:
        """The seconds since the request, once the answer is whole."""
        self._answer += self.socket.recv(65_536)
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < _content_length(head):
            assert self._answer, "the server closed the connection"
            return None
        assert self._accepts_all or head.startswith(b"HTTP/1.1 200"), self._answer.decode(errors="replace")
        return time.perf_counter() - self._started


def get(path: str, key: str) -> str:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n"


def post(path: str, key: str, body: str) -> str:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}"


def measure(load: Load) -> Outcome:
    """Runs it in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.rig.load"]
    limit = load.seconds + 3 * PATIENCE_SECONDS
    result = subprocess.run(
        command, input=json.dumps(asdict(load)), stdout=subprocess.PIPE, text=True, check=True, timeout=limit
    )
    return Outcome(**json.loads(result.stdout))


def generate(load: Load) -> Outcome:
    requests = cycle([request.encode() for request in load.requests])
    started = time.perf_counter()
    deadline = started + load.seconds
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        for _ in range(load.connections):
            connection = Connection(load.port)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(requests))
        while len(latencies) < load.count and time.perf_counter() < deadline:
            for connection in _ready(selector):
                taken = connection.receive()
                if taken is not None:
                    latencies.append(taken)
                    connection.send(next(requests))
        return Outcome(time.perf_counter() - started, latencies)


def _ready(selector: selectors.BaseSelector) -> Iterable[Connection]:
    events = selector.select(PATIENCE_SECONDS)
    assert events, f"no answer within {PATIENCE_SECONDS} s"
    return [key.data for key, _ in events]


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0])


if __name__ == "__main__":
    print(json.dumps(asdict(generate(Load(**json.load(sys.stdin))))))
