"""How slowly a request's body may come."""

import asyncio
from collections.abc import Iterable

import pytest
from fastapi import Request
from starlette.types import Message

from limner.api.body import Pace, read_chunks
from limner.errors import TooLarge, TooSlow

PACE = Pace(pause_seconds=0.2, bytes_per_second=1_000)


def read(pieces: Iterable[tuple[float, int]]) -> int:
    """Of a body whose pieces come after so many seconds each, so many bytes long."""
    coming = iter(pieces)

    async def receive() -> Message:
        seconds, num_bytes = next(coming, (0, 0))
        await asyncio.sleep(seconds)
        return {"type": "http.request", "body": b"x" * num_bytes, "more_body": num_bytes > 0}

    async def count() -> int:
        scope = {"type": "http", "headers": []}
        return sum([len(chunk) async for chunk in read_chunks(Request(scope, receive), 5_000, PACE)])

    return asyncio.run(count())


def test_pauses_are_allowed() -> None:
    assert read([(0.1, 1_000), (0.1, 1_000), (0.1, 1_000)]) == 3_000


def test_a_body_that_stops_coming_is_given_up_however_much_there_is() -> None:
    with pytest.raises(TooSlow):
        read([(0, 4_000), (0.3, 1)])


def test_a_body_that_trickles_is_given_up() -> None:
    with pytest.raises(TooSlow):
        read([(0.05, 1)] * 20)


def test_a_body_over_the_limit_is_given_up_at_once() -> None:
    with pytest.raises(TooLarge):
        read([(0, 1_000)] * 6)
