"""Puts the application together: routes, error answers, cross-origin rules."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import cast

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from limner.api import (
    account,
    billing,
    center,
    envelope,
    events,
    health,
    history,
    llms,
    media,
    models,
    own_account,
    playground,
    predictions,
    prices,
    provenance,
    sessions,
    thumbnails,
    uploads,
    webhooks,
)
from limner.api.context import Context, InContext, callers_by_key, callers_by_session
from limner.api.description import DescribedAPI
from limner.api.forecast import Forecast
from limner.api.metrics import CountResponses, Metrics, NamedRoute
from limner.api.origins import Origins, origins_of
from limner.api.page_rules import PageRules, content_policy, hash_of
from limner.api.reference import STYLE, page
from limner.api.request_ids import RequestIds
from limner.api.results import Results
from limner.api.thumbnails import Thumbnails
from limner.api.uploads import Traffic
from limner.api.watching import Watcher
from limner.errors import LimnerError
from limner.runtime import Runtime

MAX_THREADS = 8
"""Handlers that wait for the database at a time: more would only queue for a connection."""

SYNC_WINDOW_SECONDS = 90  # what the official clients expect

MAX_STREAMS = 1_000  # event streams of one account, in one process

OPEN_TO_OTHER_ORIGINS = ("/api/", "/predictions/", "/media/")

# Spans alone, where somebody asked for traces (telemetry.tracing): its log would hold what callers sent.
TELEMETRY: TelemetryConfig = {
    "auto_configure": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "exclude": lambda scope: scope["path"] in ("/health", "/metrics"),
}

EXPOSED_HEADERS = (
    *("Retry-After", "RateLimit", "RateLimit-Policy"),
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
    *("X-Request-Id", "X-Limner-Model", "X-Limner-Engine", "ETag"),
)
"""What pages of other origins may read of an answer."""


def create_app(
    runtime: Runtime,
    sync_window_seconds: float = SYNC_WINDOW_SECONDS,
    max_streams: int = MAX_STREAMS,
) -> FastAPI:
    app = DescribedAPI(
        runtime.catalog,
        title="Limner",
        version=version("limner"),
        description="A self-hosted Imagen 4 that speaks the WaveSpeed v3 image API.",
        lifespan=_lifespan,
        redirect_slashes=False,  # a redirect would be built from the Host header
        telemetry=TELEMETRY,
        docs_url=None,  # FastAPI's pages load their scripts from elsewhere
        redoc_url=None,
    )
    metrics = Metrics()
    forecast = Forecast(runtime)
    watcher = Watcher(runtime, forecast)
    app.state.context = Context(
        runtime=runtime,
        callers=callers_by_key(runtime.database),
        signed_in=callers_by_session(runtime.database),
        origins=origins_of(runtime.public_url),
        results=Results(runtime, forecast, watcher),
        watcher=watcher,
        metrics=metrics,
        sync_window_seconds=sync_window_seconds,
        max_streams=max_streams,
    )
    app.state.traffic = Traffic()
    app.state.thumbnails = Thumbnails()
    _add_routes(app)
    _add_rules(app, origins_of(runtime.public_url), metrics)
    return app


def let_go(app: FastAPI) -> None:
    """Ends what only waits, a moment later; may be called from a signal handler."""
    cast(Context, app.state.context).watcher.close()


def say_that_it_stops(app: FastAPI) -> None:
    """For whoever asks for its health: they should send their requests elsewhere."""
    cast(Context, app.state.context).stopping.set()


class HeadAsGet:
    """Answers HEAD as GET; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", "limner.is_head": True}
        await self.app(scope, receive, send)


class _Cors(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        return envelope.failure(response.status_code, bytes(response.body).decode())


class CrossOrigin:
    """Lets pages of any origin call the API, with a key and never with cookies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.opened = _Cors(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD", "POST", "PUT", "DELETE"],
            allow_headers=["*"],
            expose_headers=EXPOSED_HEADERS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = scope["type"] == "http" and scope["path"].startswith(OPEN_TO_OTHER_ORIGINS)
        if is_open and any(name == b"origin" for name, _ in scope["headers"]):  # only pages send one
            await self.opened(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _add_rules(app: FastAPI, origins: Origins, metrics: Metrics) -> None:
    """What holds on every route; the middleware that is added last sees a request first."""
    app.add_exception_handler(LimnerError, envelope.answer_limner_error)
    app.add_exception_handler(HTTPException, envelope.answer_http_exception)
    app.add_exception_handler(RequestValidationError, envelope.answer_validation_error)
    app.add_middleware(envelope.LastResort)
    app.add_middleware(CountResponses, metrics=metrics)
    app.add_middleware(CrossOrigin)
    app.add_middleware(PageRules, origins=origins)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestIds)


def _add_routes(app: FastAPI) -> None:
    # The hot path: served by Starlette alone, in a third of the time, and first, because routes are tried in
    # turn; below, FastAPI documents it.
    app.router.routes[:0] = [NamedRoute(path, predictions.read_result) for path in predictions.RESULT_PATHS]
    # The submit route matches every path below /api/v3, so it comes last.
    routers = (
        *(predictions.results, media.router, account.router, models.router, prices.router, llms.router),
        *(events.router, history.router, billing.router, uploads.router, webhooks.router, center.router),
        *(provenance.router, sessions.router, own_account.router),
        *(health.router, thumbnails.router, playground.router),
    )
    for router in (*routers, predictions.submissions):
        app.include_router(router)
    app.add_api_route("/docs", _read_reference, include_in_schema=False)


def _read_reference(request: Request, context: InContext) -> HTMLResponse:
    headers = {"Content-Security-Policy": content_policy(styles=hash_of(STYLE))}
    return HTMLResponse(page(request.app.openapi(), context.runtime.public_url), headers=headers)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = MAX_THREADS
    yield
