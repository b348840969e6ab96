"""An HTTP client for the vendors' clients, whose answers cannot be of any length."""

import ssl
from collections.abc import AsyncIterator
from functools import cache

import httpx2

from limner.engines.upstream.pictures import MOST_BYTES

MOST_BODY_BYTES = MOST_BYTES * 4 // 3 + (1 << 20)  # a file in base64, and what is around it
CONNECT_SECONDS = 10.0


class TooLong(httpx2.TransportError):
    """The answer does not end."""


class Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for chunk in self._stream:
            seen += len(chunk)
            if seen > MOST_BODY_BYTES:
                raise TooLong(f"an answer of more than {MOST_BODY_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    assert isinstance(response.stream, httpx2.AsyncByteStream), "clients that wait without a thread"
    response.stream = Bounded(response.stream)


@cache
def tls() -> ssl.SSLContext:
    """One for all clients: reading the authorities that everybody trusts takes longer than a call."""
    return httpx2.create_ssl_context()


def open_client(seconds: float) -> httpx2.AsyncClient:
    """With this time limit for each of its waits. Asks for nothing compressed, which would have no bounds;
    follows no redirect, which would take the key elsewhere."""
    return httpx2.AsyncClient(
        verify=tls(),
        timeout=httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [_bound]},
        follow_redirects=False,
    )
