"""The HTTP server around the application: the socket that it listens on, and how it starts and ends.

Knows no route.
"""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from limner.api.protocol import BoundedProtocol
from limner.errors import Unavailable

CLOSING_SECONDS = 10  # for open requests, when the server stops


def listen(host: str, port: int) -> socket.socket:
    """Raises Unavailable."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]  # the rest repeats the address
        raise Unavailable(f"cannot listen on {host} port {port}: {reason}") from error


def origin_of(listener: socket.socket) -> str:
    """Where to reach this server, from here: a wildcard address is no address to go to."""
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{reachable}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    return host == "localhost" or host == "::1" or host.startswith("127.")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a server ends: for ``drain_seconds`` it serves on, so that load balancers notice what ``on_drain``
    makes it say; then ``on_exit`` lets go of those who only wait. Both are called from signal handlers."""

    on_exit: Callable[[], None]
    on_drain: Callable[[], None]
    drain_seconds: float = 0.0


def run_server(app: ASGIApp, listener: socket.socket, ending: Ending) -> None:
    """Serves until SIGTERM or SIGINT, and a while longer; at a second one it ends at once. Then open requests
    have a moment to end."""
    _Server(server_config(app), ending).run(sockets=[listener])


def server_config(app: ASGIApp, protocol: type[BoundedProtocol] = BoundedProtocol) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSING_SECONDS,
    )


class _Server(uvicorn.Server):
    """Being told once is enough: at a second Ctrl-C uvicorn drops its own work, with a traceback."""

    def __init__(self, config: uvicorn.Config, ending: Ending) -> None:
        super().__init__(config)
        self._ending = ending
        self._told: tuple[int, FrameType | None, float] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._told is None and self._ending.drain_seconds:
            self._told = (sig, frame, time.monotonic() + self._ending.drain_seconds)
            self._ending.on_drain()
        else:
            self._end(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self._told is not None and time.monotonic() >= self._told[2]:
            self._end(*self._told[:2])
        return await super().on_tick(counter)

    def _end(self, sig: int, frame: FrameType | None) -> None:
        self._ending.on_exit()
        if not self.should_exit:
            super().handle_exit(sig, frame)
