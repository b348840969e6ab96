"""Sends one webhook: to an address that was checked, within a time limit, following nothing.

Between the check of a name and the connection lies nothing: the name is resolved here, its addresses are
checked, and one of these very addresses is connected to, while TLS and the Host header go on speaking of
the name. No proxy is asked, for it would resolve the name once more. Knows no database.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx

from limner.errors import InvalidInput
from limner.webhooks.addresses import NOT_PUBLIC, Resolve, Target, check_addresses, resolve

ANSWER_SECONDS = 10.0
HEADERS = {"Content-Type": "application/json", "User-Agent": "Limner", "Connection": "close"}
WRITE_BYTES = 4096
MAX_ADDRESSES = 4  # of one name, that are tried


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt. ``http_status`` is None when there was no answer; ``error`` is "" when it
    was delivered, and otherwise says why not, for the account's owner."""

    http_status: int | None
    error: str
    duration_ms: int

    @property
    def is_delivered(self) -> bool:
        return not self.error


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends to public hosts, or with ``allow_private`` to any. Safe to use from several threads."""

    allow_private: bool = False
    resolve: Resolve = resolve
    tls: ssl.SSLContext = field(default_factory=httpx.create_ssl_context)
    answer_seconds: float = ANSWER_SECONDS

    def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Outcome:
        """One POST of JSON; of the answer the status is read. Never raises for what a receiver does."""
        started = time.monotonic()
        http_status, error = None, ""
        try:
            http_status = self._exchange(target, headers, body)
            error = _verdict(http_status)
        except InvalidInput as refused:
            error = refused.message
        except httpcore.TimeoutException:
            error = f"no answer within {self.answer_seconds:g} seconds"
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as failed:
            error = _reason(failed)
        return Outcome(http_status, error, round((time.monotonic() - started) * 1000))

    def _exchange(self, target: Target, headers: Mapping[str, str], body: bytes) -> int:
        deadline = _Deadline(self.answer_seconds)
        backend = _CheckedBackend(self._addresses, deadline)
        every = {"Host": target.authority, "Content-Length": str(len(body))} | HEADERS | dict(headers)
        encoded = [(name.encode(), value.encode()) for name, value in every.items()]
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        with (
            httpcore.ConnectionPool(ssl_context=self.tls, network_backend=backend) as pool,
            pool.stream("POST", url, headers=encoded, content=body) as response,
        ):
            return response.status

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = self.resolve(host, port)
        except OSError as error:
            # Worded as for a private address, so that nobody learns which names exist behind our walls.
            raise InvalidInput("the host does not resolve" if self.allow_private else NOT_PUBLIC) from error
        return list(found) if self.allow_private else check_addresses(found)


def _verdict(http_status: int) -> str:
    if 200 <= http_status < 300:
        return ""
    return f"answered {http_status}" + ("; redirects are not followed" if 300 <= http_status < 400 else "")


def _reason(error: Exception) -> str:
    if isinstance(error, httpcore.ConnectError):
        return f"no connection: {error}"
    return f"broke off: {str(error) or type(error).__name__}"


class _Deadline:
    """When an exchange must be over, however slowly its pieces come."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds. Raises TimeoutException."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left


class _CheckedBackend(httpcore.NetworkBackend):
    """Opens connections to the addresses that ``addresses`` lets pass, and to no other."""

    def __init__(self, addresses: Callable[[str, int], list[str]], deadline: _Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError("the name stands for no address")
        for address in self._addresses(host, port)[:MAX_ADDRESSES]:
            try:
                stream = self._backend.connect_tcp(address, port, self._deadline.left())
            except httpcore.ConnectError as error:
                failed = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failed


class _TimedStream(httpcore.NetworkStream):
    """A stream of which every read and write counts against one deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_BYTES):
            self._stream.write(buffer[start : start + WRITE_BYTES], self._deadline.left())

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()
