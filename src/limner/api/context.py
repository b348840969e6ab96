"""Who is asking, and what a handler works with: the caller behind a key or a session, and the application's
parts.

A key is looked up once and then remembered for less than two seconds, which is how late a revoked one may
be noticed; so is a session, which counts only where no key is presented. Knows no route.
"""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from limner.access import sessions
from limner.accounts import Caller, authenticate
from limner.api.metrics import Metrics
from limner.api.origins import Origins
from limner.api.results import Results
from limner.api.watching import Watcher
from limner.db.database import Database
from limner.errors import Unauthorized
from limner.runtime import Runtime

REMEMBERED_SECONDS = 1.0
REMEMBERED_KEYS = 10_000


class Callers:
    """Finds the caller behind what a request presents: one for keys, one for sessions, so that neither is
    taken for the other."""

    def __init__(self, database: Database, find: Callable[[Connection, str], Caller]) -> None:
        self._database, self._find = database, find
        self._remembered: dict[bytes, tuple[Caller, float]] = {}

    def remembered(self, presented: str) -> Caller | None:
        caller, until = self._remembered.get(_digest(presented), (None, 0.0))
        return caller if until > time.monotonic() else None

    def look_up(self, presented: str) -> Caller:
        """Raises Unauthorized. Blocks on the database."""
        with self._database.read() as tx:
            caller = self._find(tx, presented)
        if len(self._remembered) >= REMEMBERED_KEYS:
            self._remembered.clear()
        self._remembered[_digest(presented)] = (caller, time.monotonic() + REMEMBERED_SECONDS)
        return caller

    async def find(self, presented: str) -> Caller:
        """Raises Unauthorized."""
        caller = self.remembered(presented)
        return caller if caller is not None else await run_in_threadpool(self.look_up, presented)

    def forget_all(self) -> None:
        """Here at once; other processes notice within their second."""
        self._remembered.clear()


def callers_by_key(database: Database) -> Callers:
    return Callers(database, authenticate)


def callers_by_session(database: Database) -> Callers:
    return Callers(database, lambda tx, token: sessions.find(tx, token, datetime.now(UTC)).caller)


@dataclass(frozen=True, slots=True)
class Context:
    """The parts that handlers share, one set per application."""

    runtime: Runtime
    callers: Callers
    signed_in: Callers  # by session
    origins: Origins
    results: Results
    watcher: Watcher
    metrics: Metrics
    sync_window_seconds: float
    max_streams: int  # of one account
    stopping: threading.Event = field(default_factory=threading.Event)
    streams: Counter[str] = field(default_factory=Counter)  # open event streams, by account


async def context_of(request: Request) -> Context:
    # A coroutine only because the framework would send a plain function to a thread.
    return cast(Context, request.app.state.context)


async def caller_of(request: Request) -> Caller:
    """The caller whose key the request carries, or whose session. Raises Unauthorized, and Forbidden for a
    page of another origin."""
    context = await context_of(request)
    authorization = request.headers.get("authorization")
    if authorization is None and (token := session_token(request, context.origins)):
        return await context.signed_in.find(token)
    return await context.callers.find(_bearer_key(authorization or ""))


def session_token(request: Request, origins: Origins) -> str | None:
    """What the cookie holds, for a page of ours; None when there is none. Raises Forbidden when a page of
    another origin would change something with it."""
    if "cookie" not in request.headers:
        return None
    token = request.cookies.get(origins.cookie_name)
    if token:
        origins.check_write(request)
    return token if token and origins.is_own(request) else None


InContext = Annotated[Context, Depends(context_of)]
ByCaller = Annotated[Caller, Depends(caller_of)]
BEARER = Depends(HTTPBearer(auto_error=False, description="An API key of an account."))
"""Declares in the documentation what `caller_of` enforces."""


def _bearer_key(authorization: str) -> str:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("an API key is required: send the header Authorization: Bearer <key>")
    return key.strip()


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
