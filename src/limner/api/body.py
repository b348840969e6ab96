"""Reads a request's JSON body without trusting it: bounded, strict, and refused in words.

Knows no field of any request.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, NoReturn

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from limner.errors import InvalidInput, TooLarge, TooSlow

MAX_BODY_BYTES = 1 << 20
MOST_PIECES = 1_000  # of a larger body: a file as base64 is one string


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may come: a pause of so long, and on the whole, after that, so much a second."""

    pause_seconds: float = 30
    bytes_per_second: float = 10_000

    def seconds_left(self, num_bytes: int, taken_seconds: float) -> float:
        """For the next of the body, when so much has come in such a time."""
        on_the_whole = self.pause_seconds + num_bytes / self.bytes_per_second - taken_seconds
        return max(0, min(self.pause_seconds, on_the_whole))


PACE = Pace()


async def read_json(request: Request, optional: bool = False, max_bytes: int = MAX_BODY_BYTES) -> Any:
    """Raises TooLarge as soon as that is known, and InvalidInput for what is not JSON. Where a body is
    optional, none is an empty object."""
    body = await _read(request, max_bytes)
    if optional and not body.strip():
        return {}
    if len(body) <= MAX_BODY_BYTES:
        return parse_json(body)
    return await run_in_threadpool(_parse_file, body)


async def read_chunks(request: Request, max_bytes: int, pace: Pace = PACE) -> AsyncGenerator[bytes]:
    """The body as it comes. Raises TooLarge as soon as that is known, TooSlow when it comes too slowly."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > max_bytes:
        raise _too_large(max_bytes)
    num_bytes = 0
    chunks, started = request.stream(), time.monotonic()
    while True:
        try:
            async with asyncio.timeout(pace.seconds_left(num_bytes, time.monotonic() - started)):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise TooSlow("the body comes too slowly") from error
        num_bytes += len(chunk)
        if num_bytes > max_bytes:
            raise _too_large(max_bytes)
        yield chunk


async def _read(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in read_chunks(request, max_bytes):
        body += chunk
    return bytes(body)


def _parse_file(body: bytes) -> Any:
    """Of megabytes. What is many small pieces would become thirty times as large in memory."""
    if sum(map(body.count, (b"[", b"{", b","))) > MOST_PIECES:
        raise InvalidInput(f"the body is too much: over {MAX_BODY_BYTES} bytes it may be a file as base64")
    return parse_json(body)


def parse_json(body: bytes) -> Any:
    if not body.strip():
        raise InvalidInput("the body is empty; it must be a JSON object")
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the body is not valid UTF-8: {error.reason} at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise InvalidInput(f"the body is not valid JSON: {error}") from error
    except RecursionError as error:
        raise InvalidInput("the body is nested too deeply") from error
    except ValueError as error:  # an integer of thousands of digits
        raise InvalidInput("the body holds a number of too many digits") from error


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidInput(f"the body is not valid JSON: {name} is not a number that JSON has")


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"the body is larger than {max_bytes} bytes")
