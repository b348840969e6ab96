"""HTTP/1.1 as uvicorn speaks it, within bounds: how much a request's head may hold and how long it may take.

uvicorn alone keeps all that comes and waits for ever, and answers what is no HTTP in plain text. Bodies have
their bounds where they are read. Knows no route.
"""

import asyncio
import secrets

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from limner.api.envelope import failure

FIELD_OVERHEAD_BYTES = 32  # of each header in memory, besides its name and value; as HTTP/2 counts


class BoundedProtocol(HttpToolsProtocol):
    """One connection. The head of a request is what comes before its body."""

    max_head_bytes = 65_536
    head_seconds = 10.0
    linger_seconds = 1.0

    _refusal = (400, "this is not HTTP/1.1")
    _deadline: asyncio.TimerHandle | None = None
    _is_in_head = False
    _is_refused = False
    _received_bytes = 0  # of this head, after the piece that it began in
    _kept_bytes = 0  # of this head, parsed

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._unset_keepalive_if_required()
        self._received_bytes += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self._refuse(*self._refusal)
            return
        if self._is_in_head and self._received_bytes > self.max_head_bytes:
            self._refuse(*self._too_large())
        elif self._deadline is None and not self._is_answering():
            self._expect_head()

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._received_bytes = self._kept_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._keep(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._keep(len(name) + len(value) + FIELD_OVERHEAD_BYTES)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._unset_deadline()
        if self.parser.get_method() == b"CONNECT":
            raise ValueError("this is no proxy")
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _parse(self, data: bytes) -> None:
        """An offer of another protocol, such as Java's client makes with every request, is passed over: the
        parser takes it for accepted, and drops the body, so the request is parsed again without it."""
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as offer:
                data = self._head_without_offer() + data[offer.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does

    def _head_without_offer(self) -> bytes:
        line = b"%b %b HTTP/%b\r\n" % (
            self.parser.get_method(),
            self.url,
            self.parser.get_http_version().encode(),
        )
        kept = (b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade")
        return line + b"".join(kept) + b"\r\n"

    def _keep(self, num_bytes: int) -> None:
        self._kept_bytes += num_bytes
        if self._kept_bytes > self.max_head_bytes:
            self._refusal = self._too_large()
            raise ValueError("the head is too large")  # ends the parsing, as any error in a callback does

    def _too_large(self) -> tuple[int, str]:
        return 431, f"the request's line and headers are larger than {self.max_head_bytes} bytes"

    def _is_answering(self) -> bool:
        return bool(self.cycle) and not self.cycle.response_complete  # None before the first request

    def _has_spoken(self) -> bool:
        return bool(self.cycle) and self.cycle.response_started

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self._is_in_head:
            self._refuse(408, f"the headers did not come within {self.head_seconds:g} seconds")
        else:
            self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        """Says so and closes; but a request before it that came whole gets its answer first, alone."""
        self._is_refused = True
        self._unset_deadline()
        if self._is_answering():
            self.cycle.keep_alive = False
            if not self.cycle.more_body:
                return
            self.cycle.disconnected = True  # to whoever answers: nobody listens any more
            self.cycle.message_event.set()
        # Of a request whose answer has begun, and whose body is what is wrong, no more is to be said.
        if self._is_in_head or not self._has_spoken():
            answer = failure(status, message, {"connection": "close", "x-request-id": secrets.token_hex(16)})
            headers = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
            self.transport.write(STATUS_LINE[status] + headers + b"\r\n" + bytes(answer.body))
            self.transport.write_eof()
        # Not at once: to close with something unread would take the answer back.
        self.loop.call_later(self.linger_seconds, self.transport.close)
