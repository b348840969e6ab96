"""Who is asking, and what a handler works with: the caller behind a key, and the application's parts.

A key is looked up once and then remembered for less than two seconds, which is how late a revoked one may
be noticed. Knows no route.
"""

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from limner.accounts import Caller, authenticate
from limner.api.metrics import Metrics
from limner.api.results import Results
from limner.api.watching import Watcher
from limner.db.database import Database
from limner.errors import Unauthorized
from limner.runtime import Runtime

REMEMBERED_SECONDS = 1.0
REMEMBERED_KEYS = 10_000


class Callers:
    """Finds the caller behind a key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: dict[bytes, tuple[Caller, float]] = {}

    def remembered(self, key: str) -> Caller | None:
        caller, until = self._remembered.get(_digest(key), (None, 0.0))
        return caller if until > time.monotonic() else None

    def look_up(self, key: str) -> Caller:
        """Raises Unauthorized. Blocks on the database."""
        with self._database.read() as tx:
            caller = authenticate(tx, key)
        if len(self._remembered) >= REMEMBERED_KEYS:
            self._remembered.clear()
        self._remembered[_digest(key)] = (caller, time.monotonic() + REMEMBERED_SECONDS)
        return caller


@dataclass(frozen=True, slots=True)
class Context:
    """The parts that handlers share, one set per application."""

    runtime: Runtime
    callers: Callers
    results: Results
    watcher: Watcher
    metrics: Metrics
    sync_window_seconds: float
    max_streams: int  # of one account
    streams: Counter[str] = field(default_factory=Counter)  # open event streams, by account


async def context_of(request: Request) -> Context:
    # A coroutine only because the framework would send a plain function to a thread.
    return cast(Context, request.app.state.context)


async def caller_of(request: Request) -> Caller:
    """The caller whose key the request carries. Raises Unauthorized."""
    key = _bearer_key(request.headers.get("authorization", ""))
    callers = (await context_of(request)).callers
    caller = callers.remembered(key)
    return caller if caller is not None else await run_in_threadpool(callers.look_up, key)


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
