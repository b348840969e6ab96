"""Proxies on the loopback that can be told to misbehave: one for any stream, one for an object store."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

BLOCK_BYTES = 1 << 16
SILENT_HEADERS = {"host", "connection", "content-length", "transfer-encoding", "content-encoding"}


class Wire:
    """A stream from a port of this machine to a socket; ``cut`` breaks what is open and refuses what comes,
    until ``mend``."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            ends = list(self._ends)
        for end in ends:
            _shut(end)

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        _shut(self._listener)
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                self._join(near)

    def _join(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(str(self._target))
        except OSError:
            near.close()
            far.close()
            return
        with self._lock:
            if self._is_cut:
                near.close()
                far.close()
                return
            self._ends |= {near, far}
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while block := one.recv(BLOCK_BYTES):
                other.sendall(block)
        for end in (one, other):
            _shut(end)
        with self._lock:
            self._ends.discard(one)
        one.close()  # the other is closed by whoever reads from it


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


class FailingStore:
    """Before an object store: a share of all writes is refused, from a fixed seed, half of them after they
    were carried out; ``share`` may be changed at any time."""

    def __init__(self, origin: str, seed: int) -> None:
        self.origin, self.share = origin, 0.0
        self.refused = self.passed = 0
        self._chance = random.Random(seed)
        self._lock = threading.Lock()

    def fate(self, method: str) -> tuple[bool, bool]:
        """(whether it is carried out, whether it is answered as it should be)."""
        with self._lock:
            if method != "PUT" or self._chance.random() >= self.share:
                self.passed += 1
                return True, True
            self.refused += 1
            return self._chance.random() < 0.5, False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: FailingStore
    client: httpx.Client

    def _pass(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_carried_out, is_answered = self.store.fate(self.command)
        if is_carried_out:
            answer = self._forward(content)
        if is_answered:
            self._answer(answer.status_code, answer.content, dict(answer.headers))
        else:
            self._answer(500, b"<Error><Code>InternalError</Code></Error>", {})

    def _forward(self, content: bytes) -> httpx.Response:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in SILENT_HEADERS}
        return self.client.request(
            self.command, self.store.origin + self.path, content=content, headers=headers
        )

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in SILENT_HEADERS | {"date", "server"}:
                self.send_header(name, value)
        length = headers.get("content-length", "0") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass

    def log_message(self, *_: object) -> None:
        """Not on stderr."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Whoever is connected may be killed at any time."""


@contextmanager
def failing_store(origin: str, seed: int) -> Iterator[tuple[FailingStore, str]]:
    """It, and where it is reached."""
    store = FailingStore(origin, seed)
    with httpx.Client(timeout=30) as client:
        handler = type("Own", (_Handler,), {"store": store, "client": client})
        server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield store, f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
