"""The one shape of every answer: {"code", "message", "data"}, and how an error becomes one.

Clients of WaveSpeed read ``code`` and ``data``; one of them breaks on a key named ``error`` at the top,
so there is none. Knows no route.
"""

import json
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeVar

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limner.errors import LimnerError, RateLimited, TooLarge, TooSlow, Unavailable

RETRY_SECONDS = 5  # what cannot be reached now, may be then

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Envelope(BaseModel, Generic[T]):
    """A success, as the documentation shows it."""

    code: Literal[200]
    message: Literal["success"]
    data: T


class ErrorEnvelope(BaseModel):
    """A refusal or a failure; ``code`` is the HTTP status."""

    code: int
    message: str
    data: None


def as_json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def wrapped(data: bytes) -> bytes:
    """The envelope of a success, around what is JSON already."""
    return b'{"code":200,"message":"success","data":%b}' % data


def success_bytes(data: Any) -> bytes:
    return wrapped(as_json(data))


def success(data: Any) -> Response:
    return Response(success_bytes(data), media_type="application/json")


def failure(code: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    body = as_json({"code": code, "message": message, "data": None})
    return Response(body, code, headers, media_type="application/json")


def refusal(error: LimnerError, headers: Mapping[str, str] | None = None) -> Response:
    return failure(error.code, error.message, {**_headers_of(error), **(headers or {})})


async def answer_limner_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LimnerError)
    if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        cause = error.__cause__ or error
        log.warning("request failed", path=request.url.path, error=error.message, cause=repr(cause))
    return refusal(error)


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """The framework's own refusals: no such path, no such method."""
    assert isinstance(error, HTTPException)
    message = f"{error.detail}: {request.method} {request.url.path}"
    return failure(error.status_code, message, error.headers)


async def answer_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return failure(400, f'field "{first["loc"][-1]}": {first["msg"].removeprefix("Value error, ")}')


class LastResort:
    """Answers what nobody foresaw with a 500 and a reference, which the log explains, once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def watch(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            log.debug("client went away", path=scope.get("path"))
        except Exception:
            reference = secrets.token_hex(8)
            log.exception("unexpected error", reference=reference, path=scope.get("path"))
            if has_started or scope["type"] != "http":
                raise
            await failure(500, f"internal error, reference {reference}")(scope, receive, send)


def _headers_of(error: LimnerError) -> dict[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, Unavailable):
        return {"Retry-After": str(RETRY_SECONDS)}
    if isinstance(error, TooLarge | TooSlow):
        return {"Connection": "close"}  # the rest of the body is never read
    return {}
