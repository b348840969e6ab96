"""Where a request wants its webhook sent, and whether it may go there: the check before anything is accepted.

A name that resolves to a private address is refused. One that does not resolve, or not soon, passes with a
warning: whether a picture is accepted must not depend on a name server, and delivery checks the address that
it connects to.
"""

import asyncio
from typing import Any

from fastapi import Request

from limner.errors import InvalidInput
from limner.inputs import Json
from limner.webhooks.addresses import MAX_URL_CHARACTERS, Resolve, Target, is_public, parse_target, resolve

RESOLVE_SECONDS = 2.0
QUERY_FIELD, BODY_FIELD = "webhook", "webhook_url"

QUERY_PARAMETER: dict[str, Any] = {
    "name": QUERY_FIELD,
    "in": "query",
    "required": False,
    "schema": {"type": "string", "maxLength": MAX_URL_CHARACTERS, "examples": ["https://example.com/hook"]},
    "description": "Where to send the finished prediction; goes before `webhook_url` in the body.",
}
BODY_SCHEMA: dict[str, Any] = {
    "type": "string",
    "title": "Webhook",
    "description": "Where to send the finished prediction: https or http, on the public internet.",
    "maxLength": MAX_URL_CHARACTERS,
}


async def receiver_of(
    request: Request, body: Json, allow_private: bool
) -> tuple[str | None, tuple[str, ...]]:
    """(the address that a submit names, or None; what to tell of it). Raises InvalidInput that names the
    field."""
    field, url = QUERY_FIELD, _from_query(request)
    if not url:
        field, url = BODY_FIELD, _from_body(body)
    if not url:
        return None, ()
    return url, await check_receiver(url, field, allow_private)


async def check_receiver(
    url: str,
    field: str,
    allow_private: bool,
    resolve: Resolve = resolve,
    resolve_seconds: float = RESOLVE_SECONDS,
) -> tuple[str, ...]:
    """What to tell of this address. Raises InvalidInput that names the field."""
    target = parse_target(url, field, allow_private)
    if allow_private:
        return ()
    addresses = await _addresses(target, resolve, resolve_seconds)
    if not all(map(is_public, addresses)):
        # Told as for a private address, so that nobody learns what stands behind our walls.
        raise InvalidInput(f'field "{field}" must name a host on the public internet, not {target.host}')
    if not addresses:
        return (
            f"The host of the webhook, {target.host}, does not resolve now; it is looked up again later.",
        )
    return ()


async def _addresses(target: Target, resolve: Resolve, seconds: float) -> list[str]:
    """Empty when they cannot be had in time; the look-up itself goes on, for it cannot be stopped."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            return list(await loop.run_in_executor(None, resolve, target.host, target.port))
    except OSError:  # TimeoutError is one
        return []


def _from_query(request: Request) -> str:
    given = request.query_params.getlist(QUERY_FIELD)
    if len(given) > 1:
        raise InvalidInput(f'field "{QUERY_FIELD}" must be given once')
    return given[0] if given else ""


def _from_body(body: Json) -> str:
    url = body.get(BODY_FIELD)
    if not isinstance(url, str | None):
        raise InvalidInput(f'field "{BODY_FIELD}" must be a string')
    return url or ""
