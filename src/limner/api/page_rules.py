"""What every page of ours is sent with: nothing but our own scripts and styles runs in it, nobody frames it,
and under a host name that is not ours there is no page. Knows no page.
"""

import base64
import hashlib

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limner.api.envelope import refusal
from limner.api.origins import Origins
from limner.errors import Misdirected

POLICY = (
    *("default-src 'none'", "script-src 'self'", "img-src 'self' data: blob:", "font-src 'self'"),
    *("connect-src 'self'", "manifest-src 'self'", "form-action 'none'", "base-uri 'none'"),
    *("frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"),
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not read frame-ancestors
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def content_policy(styles: str = "'self'") -> str:
    """``styles`` is where styles may come from, as the header spells it."""
    return "; ".join((*POLICY, f"style-src {styles}"))


def hash_of(inline: str) -> str:
    """Allows this very text between its tags."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"


class PageRules:
    """Adds these headers to every page that has none of its own."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self.app = app
        self.origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused: Misdirected | None = None

        async def ruled(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and _is_page(message):
                try:
                    self.origins.check_host(Request(scope))
                except Misdirected as error:
                    refused = error
                    await refusal(error)(scope, receive, send)
                else:
                    _add_headers(message)
            if refused is None:
                await send(message)

        await self.app(scope, receive, ruled)


def _is_page(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")


def _add_headers(start: Message) -> None:
    headers = MutableHeaders(raw=start["headers"])
    for name, value in {"Content-Security-Policy": content_policy(), **HEADERS}.items():
        headers.setdefault(name, value)
