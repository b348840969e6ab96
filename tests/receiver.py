"""A receiver of webhooks on a port of this machine: it keeps what comes, and answers as it is told to."""

import hashlib
import hmac
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = int | Callable[["Handler"], None]
"""A status, or whatever else is to be done with the connection."""


@dataclass(frozen=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float  # on the monotonic clock


@dataclass
class Receiver:
    """Gives its answers in turn; the last of them again and again."""

    answers: list[Answer] = field(default_factory=lambda: [200])
    received: list[Received] = field(default_factory=list)
    port: int = 0
    connections: int = 0
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # its sender died over it: no request at all
            return
        self.receiver.received.append(Received(self.path, dict(self.headers), body, time.monotonic()))
        answer = self.receiver.next_answer()
        if callable(answer):
            with suppress(OSError):  # the other side may have enough
                answer(self)
            return
        self.send_response(answer)
        if 300 <= answer < 400:
            self.send_header("Location", self.receiver.url + "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not on stderr."""


@contextmanager
def receiving(*answers: Answer, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver(list(answers) or [200])

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def verify_request(self, *_: object) -> bool:
            receiver.connections += 1
            return True

        def handle_error(self, *_: object) -> None:
            """A connection that breaks off, or a handshake that fails, is what some tests are about."""

    server = Server(("127.0.0.1", port), type("Own", (Handler,), {"receiver": receiver}))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.gone.set()
        server.shutdown()
        thread.join()
        server.server_close()


def is_signed(received: Received, secret: str) -> bool:
    """As docs/webhooks.md tells receivers to find out."""
    headers = {name.lower(): value for name, value in received.headers.items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + received.body
    expected = "v3," + hmac.new(secret.removeprefix("whsec_").encode(), signed, hashlib.sha256).hexdigest()
    return expected in headers["webhook-signature"].split(" ")


def hang(handler: Handler) -> None:
    """Never answers."""
    handler.receiver.gone.wait(60)


def drip(handler: Handler) -> None:
    """Answers, but so slowly that it never gets to the end of a line."""
    while not handler.receiver.gone.wait(0.05):
        handler.wfile.write(b"H")
        handler.wfile.flush()


def flood(handler: Handler) -> None:
    """Says that all is well, and goes on talking."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.receiver.gone.is_set():
        handler.wfile.write(b"x" * 65536)


def flood_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not handler.receiver.gone.is_set():
        handler.wfile.write(b"x-more: " + b"x" * 65536 + b"\r\n")


def talk_nonsense(handler: Handler) -> None:
    handler.wfile.write(b"220 mail.example ESMTP\r\n")


def hang_up(handler: Handler) -> None:
    handler.close_connection = True
