"""Accounts, their levels and keys, and the door that a submit must pass: rate limit and queue limit.

Knows nothing of money: the ledger keeps the balance in the same row.
"""

import hashlib
import math
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, case, insert, select, update
from sqlalchemy.exc import IntegrityError

from limner.db.tables import accounts, api_keys
from limner.errors import Conflict, InvalidInput, NotFound, RateLimited, Unauthorized

WINDOW = timedelta(minutes=1)
MAX_NAME_LENGTH = 100
QUEUE_RETRY_SECONDS = 10
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_KEY_PREFIX = "wsk_"


class Level(StrEnum):
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    ULTRA = "ultra"


IMAGES_PER_MINUTE = {Level.BRONZE: 10, Level.SILVER: 500, Level.GOLD: 3_000, Level.ULTRA: 5_000}


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    level: Level


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from: what its key stands for."""

    account_id: str
    key_id: str
    level: Level


def create_account(tx: Connection, name: str, level: Level, now: datetime) -> Account:
    """Raises Conflict when the name is taken, and InvalidInput when it is none."""
    if not (name.strip() and name.isprintable() and len(name) <= MAX_NAME_LENGTH):
        raise InvalidInput(f"the name of an account is 1 to {MAX_NAME_LENGTH} printable characters")
    account = Account(uuid.uuid4().hex, name, level)
    counters = dict.fromkeys(("settled_micros", "held_micros", "live_predictions", "window_images"), 0)
    row = {"id": account.id, "name": name, "level": level, "window_at": _NEVER, "created_at": now}
    try:
        tx.execute(insert(accounts).values(row | counters))
    except IntegrityError as error:
        raise Conflict(f'there is an account named "{name}" already') from error
    return account


def find_account(tx: Connection, name: str) -> Account:
    row = tx.execute(
        select(accounts.c.id, accounts.c.name, accounts.c.level).where(accounts.c.name == name)
    ).one_or_none()
    if row is None:
        raise NotFound(f'there is no account named "{name}"')
    return Account(row.id, row.name, Level(row.level))


def create_key(tx: Connection, account_id: str, now: datetime, key: str | None = None) -> str:
    """A new key of this account, or this very one. Only its hash is kept: this is the last sight of it."""
    key = key or new_key()
    if not (16 <= len(key) <= 200 and key.isascii() and key.isprintable() and " " not in key):
        raise InvalidInput("a key is 16 to 200 printable ASCII characters without spaces")
    row = {"id": uuid.uuid4().hex, "account_id": account_id, "sha256": _sha256(key), "created_at": now}
    try:
        tx.execute(insert(api_keys).values(row))
    except IntegrityError as error:
        raise Conflict("this key is in use already") from error
    return key


def new_key() -> str:
    # One client takes a key from the clipboard only if it is 40 or more of [A-Za-z0-9_-].
    return _KEY_PREFIX + secrets.token_hex(32)


def has_key(tx: Connection, account_id: str) -> bool:
    query = select(api_keys.c.id).where(api_keys.c.account_id == account_id, api_keys.c.revoked_at.is_(None))
    return tx.execute(query.limit(1)).first() is not None


def is_key_of(tx: Connection, account_id: str, key: str) -> bool:
    query = select(api_keys.c.id).where(
        api_keys.c.account_id == account_id,
        api_keys.c.sha256 == _sha256(key),
        api_keys.c.revoked_at.is_(None),
    )
    return tx.execute(query).first() is not None


def authenticate(tx: Connection, key: str) -> Caller:
    """Who presents this key. Raises Unauthorized."""
    query = (
        select(accounts.c.id.label("account_id"), api_keys.c.id.label("key_id"), accounts.c.level)
        .join_from(api_keys, accounts)
        .where(api_keys.c.sha256 == _sha256(key), api_keys.c.revoked_at.is_(None))
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        raise Unauthorized("Invalid API key")
    return Caller(row.account_id, row.key_id, Level(row.level))


def admit(tx: Connection, caller: Caller, images: int, queue_limit: int, now: datetime) -> None:
    """Counts a submit against the minute and the queue of its account. Raises RateLimited.

    One guarded update, so that concurrent submits cannot slip past; undone with the transaction,
    so that a refused submit does not count.
    """
    minute = now.replace(second=0, microsecond=0)
    used = case((accounts.c.window_at == minute, accounts.c.window_images), else_=0)
    per_minute = IMAGES_PER_MINUTE[caller.level]
    admitted = tx.execute(
        update(accounts)
        .where(
            accounts.c.id == caller.account_id,
            accounts.c.live_predictions < queue_limit,
            used + images <= per_minute,
        )
        .values(
            window_at=minute, window_images=used + images, live_predictions=accounts.c.live_predictions + 1
        )
    )
    if admitted.rowcount == 0:
        raise _refusal(tx, caller, queue_limit, minute + WINDOW - now)


def leave(tx: Connection, account_id: str) -> None:
    """A prediction of this account has finished."""
    tx.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(live_predictions=accounts.c.live_predictions - 1)
    )


def count_live(tx: Connection, account_id: str) -> int:
    return int(
        tx.execute(select(accounts.c.live_predictions).where(accounts.c.id == account_id)).scalar_one()
    )


def _refusal(tx: Connection, caller: Caller, queue_limit: int, rest: timedelta) -> RateLimited:
    if count_live(tx, caller.account_id) >= queue_limit:
        return RateLimited(f"{queue_limit} predictions of this account wait already", QUEUE_RETRY_SECONDS)
    limit = IMAGES_PER_MINUTE[caller.level]
    return RateLimited(
        f"Too Many Requests: the level {caller.level} allows {limit} images per minute",
        max(1, math.ceil(rest.total_seconds())),
    )


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
