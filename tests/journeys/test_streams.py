"""Hundreds of event streams on one server: what they cost it, and how they end when it stops."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from itertools import cycle, islice
from pathlib import Path

import httpx
import pytest

from limner.api.server import CLOSING_SECONDS
from tests.event_stream import Event, events
from tests.journeys.house import PATIENCE_SECONDS
from tests.server import KEY, Server, serving, submit, wait_until

GATED = "google/imagen4"
MANY = 200
MAX_THREADS = 24  # a stream each would be ten times as many
MAX_MIB = 60  # together


class Stream:
    """A connection of its own, which can be left unread."""

    def __init__(self, server: Server, prediction_id: str) -> None:
        self.prediction_id = prediction_id
        address = httpx.URL(server.origin)
        self._connection = HTTPConnection(address.host, address.port, timeout=PATIENCE_SECONDS)
        path = f"/api/v3/predictions/{prediction_id}/events"
        self._connection.request("GET", path, headers={"Authorization": f"Bearer {KEY}"})
        self._response: HTTPResponse | None = None

    def close(self) -> None:
        self._connection.close()

    @property
    def response(self) -> HTTPResponse:
        self._response = self._response or self._connection.getresponse()
        assert self._response.status == 200
        return self._response

    def has_event(self) -> bool:
        """Reads one, to the empty line that ends it."""
        return any(line.startswith(b"data: ") for line in [*iter(self.response.readline, b"\n")])

    def events(self) -> list[Event]:
        """All that were not read, once the server has ended the stream."""
        text = self.response.read().decode()
        return list(events(text.split("\n")))


@contextmanager
def open_streams(server: Server, prediction_ids: Sequence[str], count: int) -> Iterator[list[Stream]]:
    with ExitStack() as stack:
        ids = islice(cycle(prediction_ids), count)
        yield [stack.enter_context(closing(Stream(server, one))) for one in ids]


def cost(pid: int) -> tuple[int, float]:
    """Threads, and MiB of memory."""
    threads = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[17])
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return threads, pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.timeout(120)
def test_hundreds_of_streams_hold_no_thread_each_and_all_see_the_end(
    tmp_path: Path, ground: dict[str, str]
) -> None:
    engines = {GATED: f"gate folder={tmp_path}"}
    with serving(tmp_path, engines, LIMNER_GRACE_SECONDS="1", **ground) as server, server.client() as client:
        accepted = [submit(client, GATED)["id"] for _ in range(2)]
        wait_until((tmp_path / "entered").exists)
        before = cost(server.process.pid)
        with open_streams(server, accepted, MANY) as streams:
            assert all(stream.has_event() for stream in streams[: MANY // 2])  # the others are left unread
            assert client.get("/api/v3/balance").status_code == 200
            threads, memory = cost(server.process.pid)
            assert threads <= MAX_THREADS
            assert memory - before[1] < MAX_MIB
            (tmp_path / "open").touch()
            ends = [stream.events()[-1] for stream in streams]
        assert {end.name for end in ends} == {"completed"}
        assert [end.data["id"] for end in ends] == [stream.prediction_id for stream in streams]
        check_that_it_stops(server, client, tmp_path)


def check_that_it_stops(server: Server, client: httpx.Client, folder: Path) -> None:
    """Those who wait are let go at once; they come back to whoever serves then."""
    (folder / "open").unlink()
    prediction_id = submit(client, GATED)["id"]
    with open_streams(server, [prediction_id], 5) as streams:
        assert all(stream.has_event() for stream in streams)
        server.process.terminate()
        started = time.monotonic()
        assert {event.name for stream in streams for event in stream.events()} <= {"created", "processing"}
        assert time.monotonic() - started < CLOSING_SECONDS - 1  # so long would uvicorn alone hold them
    assert server.process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in (folder / "stderr.log").read_text()
