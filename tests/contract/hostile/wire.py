"""Sends bytes to the loopback, whatever they are, and takes what comes back, within a time."""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE_SECONDS = 20
HALF_SECONDS = (
    10  # after which a request that was not whole is broken off: the server would wait for its rest
)
LARGEST_ANSWER_BYTES = 8 << 20


@dataclass(frozen=True)
class Answer:
    """``status`` is 0 when the connection was closed without a word."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    everything: bytes


def exchange(origin: str, pieces: tuple[bytes, ...], pause_seconds: float = 0) -> Answer:
    """The first answer on a connection of its own, read until it is closed. Raises TimeoutError."""
    address = urlsplit(origin)
    started = time.monotonic()
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_SECONDS) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause_seconds)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has heard enough
        received = _read(connection, started)
    return _parse(received, time.monotonic() - started)


def _read(connection: socket.socket, started: float) -> bytes:
    received = bytearray()
    connection.settimeout(HALF_SECONDS)
    while len(received) < LARGEST_ANSWER_BYTES:
        if time.monotonic() - started > PATIENCE_SECONDS:
            raise TimeoutError("no end of the answer")
        try:
            piece = connection.recv(65_536)
        except TimeoutError:
            if received:
                continue
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(PATIENCE_SECONDS)
            continue
        except ConnectionResetError:
            break
        if not piece:
            break
        received += piece
        if b"text/event-stream" in received[:1_000]:
            break  # it has no end while there is something to tell
    return bytes(received)


def _parse(received: bytes, seconds: float) -> Answer:
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 "):
        return Answer(0, {}, b"", seconds, received)
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length")
    return Answer(
        int(status_line.split()[1]), headers, body[: int(length)] if length else body, seconds, received
    )
