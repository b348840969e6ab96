"""Signing in with a browser, and out again. A key or a one-time link is turned into a cookie that scripts
cannot read; a page never keeps the key. For programs there are keys, and they need none of this.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool

from limner.access import sessions
from limner.access.sessions import SESSION_LIFETIME, Session
from limner.accounts import authenticate
from limner.api.context import Context, InContext, session_token
from limner.api.envelope import success
from limner.api.queries import Asked, read_query
from limner.errors import Forbidden, Unauthorized
from limner.predictions.prediction import rfc3339

router = APIRouter(include_in_schema=False)  # for our own pages; programs have keys


class SignInQuery(Asked):
    """One of the two."""

    key: str = Field("", max_length=200, description="A key of an account.")
    ticket: str = Field("", max_length=200, description="What a one-time link holds behind `#ticket=`.")

    @model_validator(mode="after")
    def _check_one(self) -> "SignInQuery":
        if bool(self.key) == bool(self.ticket):
            raise ValueError("one of key and ticket must be there")
        return self


SIGNED_OUT = {"signed_in": False}


@router.get("/session")
async def read_session(request: Request, context: InContext) -> Response:
    """Who is signed in, by the session cookie; nobody is no error."""
    context.origins.check_host(request)
    token = session_token(request, context.origins)
    return _unkept(await run_in_threadpool(_state, context, token) if token else SIGNED_OUT)


@router.post("/session")
async def sign_in(request: Request, context: InContext) -> Response:
    """Signs a browser in: the answer sets the session cookie, which every route takes in place of a key from
    then on. Only for pages of this server: the header Origin must be its own."""
    context.origins.check_host(request)
    context.origins.check_write(request)
    asked = await read_query(request, SignInQuery)
    former = request.cookies.get(context.origins.cookie_name, "")
    token, state = await run_in_threadpool(_begin, context, asked, former)
    response = _unkept(state)
    _set_cookie(context, response, token)
    return response


@router.delete("/session")
async def sign_out(
    request: Request,
    context: InContext,
    everywhere: Annotated[
        Literal["0", "1"], Query(description="With 1, every browser of the account.")
    ] = "0",
) -> Response:
    """Ends the session, here or in every browser that is signed in to the account; the cookie is worth
    nothing from then on, whoever has it."""
    context.origins.check_host(request)
    token = session_token(request, context.origins)
    if token:
        await run_in_threadpool(_end, context, token, everywhere == "1")
    response = _unkept(SIGNED_OUT)
    _set_cookie(context, response, "")
    return response


def _begin(context: Context, asked: SignInQuery, former: str) -> tuple[str, dict[str, Any]]:
    """A new session, and the end of the one that this browser had."""
    now = context.runtime.clock.now()
    with context.runtime.database.begin() as tx:
        key_id = (
            authenticate(tx, asked.key).key_id if asked.key else sessions.spend_ticket(tx, asked.ticket, now)
        )
        if former:
            sessions.end(tx, former)
        token = sessions.begin(tx, key_id, now)
        state = _view(sessions.find(tx, token, now))
    context.signed_in.forget_all()
    return token, state


def _end(context: Context, token: str, everywhere: bool) -> None:
    now = context.runtime.clock.now()
    with context.runtime.database.begin() as tx:
        if everywhere:
            sessions.end_all(tx, sessions.find(tx, token, now).caller.account_id)
        sessions.end(tx, token)
    context.signed_in.forget_all()


def _state(context: Context, token: str) -> dict[str, Any]:
    now = context.runtime.clock.now()
    try:
        with context.runtime.database.read() as tx:
            return _view(sessions.find(tx, token, now))
    except (Unauthorized, Forbidden):
        return SIGNED_OUT


def _view(session: Session) -> dict[str, Any]:
    caller = session.caller
    return {
        "signed_in": True,
        "account": {"id": caller.account_id, "name": session.account_name, "level": str(caller.level)},
        "key": {"id": caller.key_id, "name": session.key_name, "hint": session.key_hint},
        "expires_at": rfc3339(session.expires_at),
    }


def _set_cookie(context: Context, response: Response, token: str) -> None:
    """No token takes the cookie away."""
    response.set_cookie(
        context.origins.cookie_name,
        token,
        max_age=int(SESSION_LIFETIME.total_seconds()) if token else 0,
        path="/",
        secure=context.origins.is_secure,
        httponly=True,
        samesite="strict",
    )


def _unkept(state: dict[str, Any]) -> Response:
    response = success(state)
    response.headers["Cache-Control"] = "no-store"
    return response
