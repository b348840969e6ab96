"""The caller's account and its keys: what it may, what it has, who may come in. Limner's own routes, beside
those that WaveSpeed has.
"""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from limner import accounts, ledger
from limner.access import keys
from limner.access.keys import MAX_NAME_LENGTH, Key
from limner.access.owner import read_owner
from limner.accounts import CONCURRENT_PREDICTIONS, IMAGES_PER_MINUTE, Caller, Level
from limner.api.context import BEARER, ByCaller, Context, InContext
from limner.api.envelope import Envelope, success
from limner.api.ids import is_id
from limner.api.queries import Asked, body_of, read_query
from limner.api.record_views import HexId
from limner.api.views import View
from limner.errors import NotFound
from limner.ledger import micros_to_usd
from limner.levels import unfinished_limit
from limner.predictions.prediction import rfc3339

LevelName = Literal["bronze", "silver", "gold", "ultra"]

router = APIRouter(tags=["own account"], dependencies=[BEARER], prefix="/api/limner")


class LimitsView(View):
    images_per_minute: int
    remaining_images: int = Field(description="Of this minute.")
    reset_seconds: int = Field(description="Until the minute is over.")
    concurrent_predictions: int = Field(description="In the queue or at work at a time; others wait.")
    queued_predictions: int = Field(description="Unfinished at a time, before a submit is refused.")


class LevelView(View):
    level: LevelName
    images_per_minute: int
    concurrent_predictions: int


class AccountView(View):
    id: str = HexId
    name: str
    level: LevelName
    created_at: str = Field(description="RFC 3339.")
    balance: float = Field(description="Dollars that can be spent.")
    held: float = Field(description="Dollars set aside for unfinished predictions.")
    currency: Literal["USD"]
    limits: LimitsView
    live_predictions: int = Field(description="Unfinished.")
    active_predictions: int = Field(description="Of these in the queue or at work; the rest waits.")
    retention_days: float = Field(description="How long predictions and their pictures are kept.")
    levels: list[LevelView] = Field(description="What each level allows.")


class KeyView(View):
    id: str = HexId
    name: str
    hint: str = Field(description="Its last four characters; empty when nobody noted them.")
    created_at: str = Field(description="RFC 3339.")
    revoked_at: str = Field(description="RFC 3339; empty while it is valid.")
    is_current: bool = Field(description="This request was made with it, or with a session of it.")


class KeysView(View):
    items: list[KeyView] = Field(description="Newest first, revoked ones too.")


class NewKeyView(KeyView):
    key: str = Field(description="What callers present. It is not stored and cannot be shown again.")


class KeyQuery(Asked):
    name: str = Field(
        min_length=1, max_length=MAX_NAME_LENGTH, description="To tell it from others.", examples=["laptop"]
    )


@router.get("/account", summary="Show the account", response_model=Envelope[AccountView])
def read_account(context: InContext, caller: ByCaller) -> Response:
    """The account with its balance, its level, and what the level still allows."""
    now, limits = context.runtime.clock.now(), context.runtime.limits
    with context.runtime.database.read() as tx:
        account = read_owner(tx, caller.account_id)
        money = ledger.balance(tx, caller.account_id)
        left = accounts.allowance(tx, caller.account_id, now)
        live, active = accounts.counted(tx, caller.account_id)
    allowed = {
        "images_per_minute": left.images_per_minute,
        "remaining_images": left.remaining_images,
        "reset_seconds": left.reset_seconds,
        "concurrent_predictions": CONCURRENT_PREDICTIONS[account.level],
        "queued_predictions": unfinished_limit(account.level, limits.account_queue),
    }
    return success(
        {
            "id": account.id,
            "name": account.name,
            "level": str(account.level),
            "created_at": rfc3339(account.created_at),
            "balance": micros_to_usd(money.available_micros),
            "held": micros_to_usd(money.held_micros),
            "currency": "USD",
            "limits": allowed,
            "live_predictions": live,
            "active_predictions": active,
            "retention_days": context.runtime.settings.retention_days,
            "levels": [_level(level) for level in Level],
        }
    )


@router.get("/keys", summary="List the keys", response_model=Envelope[KeysView])
def list_keys(context: InContext, caller: ByCaller) -> Response:
    """The keys of the account; what callers present as them is not stored."""
    with context.runtime.database.read() as tx:
        found = keys.list_keys(tx, caller.account_id)
    return success({"items": [_view(key, caller) for key in found]})


@router.post(
    "/keys", summary="Make a key", response_model=Envelope[NewKeyView], openapi_extra=body_of(KeyQuery)
)
async def make_key(request: Request, context: InContext, caller: ByCaller) -> Response:
    """Makes a key. This answer is the only one that holds it."""
    asked = await read_query(request, KeyQuery)
    key, secret = await run_in_threadpool(_make, context, caller, asked.name)
    return success(_view(key, caller) | {"key": secret})


@router.delete("/keys/{key_id}", summary="Revoke a key", response_model=Envelope[KeyView])
def revoke_key(key_id: str, context: InContext, caller: ByCaller) -> Response:
    """Revokes a key for good: within two seconds it is refused everywhere, and browsers that signed in with
    it are signed out. The last valid key of an account stays."""
    if not is_id(key_id):
        raise NotFound(f'there is no key "{key_id}"')
    now = context.runtime.clock.now()
    with context.runtime.database.begin() as tx:
        return success(_view(keys.revoke_key(tx, caller.account_id, key_id, now), caller))


def _make(context: Context, caller: Caller, name: str) -> tuple[Key, str]:
    now = context.runtime.clock.now()
    with context.runtime.database.begin() as tx:
        return keys.make_key(tx, caller.account_id, name, now)


def _level(level: Level) -> dict[str, Any]:
    return {
        "level": str(level),
        "images_per_minute": IMAGES_PER_MINUTE[level],
        "concurrent_predictions": CONCURRENT_PREDICTIONS[level],
    }


def _view(key: Key, caller: Caller) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "hint": key.hint,
        "created_at": rfc3339(key.created_at),
        "revoked_at": rfc3339(key.revoked_at) if key.revoked_at else "",
        "is_current": key.id == caller.key_id,
    }
