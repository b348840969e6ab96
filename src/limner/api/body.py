"""Reads a request's JSON body without trusting it: bounded, strict, and refused in words.

Knows no field of any request.
"""

import json
from typing import Any, NoReturn

from fastapi import Request

from limner.errors import InvalidInput, TooLarge

MAX_BODY_BYTES = 1 << 20


async def read_json(request: Request, optional: bool = False) -> Any:
    """Raises TooLarge as soon as that is known, and InvalidInput for what is not JSON. Where a body is
    optional, none is an empty object."""
    body = await _read(request)
    return {} if optional and not body.strip() else parse_json(body)


async def _read(request: Request) -> bytes:
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > MAX_BODY_BYTES:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
    return bytes(body)


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


def _too_large() -> TooLarge:
    return TooLarge(f"the body is larger than {MAX_BODY_BYTES} bytes")
