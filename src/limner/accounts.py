"""Accounts, their levels and keys, and the door that a submit must pass: rate limit and queue limit.

Knows nothing of money: the ledger keeps the balance in the same row.
"""

import hashlib
import math
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Integer, Row, bindparam, case, insert, select, update
from sqlalchemy.exc import IntegrityError

from limner.db.columns import UtcDateTime
from limner.db.tables import accounts, api_keys
from limner.errors import Conflict, Forbidden, InvalidInput, NotFound, RateLimited, Unauthorized
from limner.levels import CONCURRENT_PREDICTIONS as CONCURRENT_PREDICTIONS
from limner.levels import IMAGES_PER_MINUTE as IMAGES_PER_MINUTE
from limner.levels import UNFINISHED_PREDICTIONS, unfinished_limit
from limner.levels import Level as Level

WINDOW = timedelta(minutes=1)
MAX_NAME_LENGTH = 100
QUEUE_RETRY_SECONDS = 10
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_KEY_PREFIX = "wsk_"
_LONG_KEY = 40  # characters: four of these tell nothing of the others


def _by_level(limits: dict[Level, int]) -> ColumnElement[int]:
    """As the row says, not as a caller's key said a moment ago."""
    return case({str(level): limit for level, limit in limits.items()}, value=accounts.c.level)


_PER_MINUTE = _by_level(IMAGES_PER_MINUTE)
_MAY_HAVE = _by_level(UNFINISHED_PREDICTIONS)
_HAS_PLACE = accounts.c.active_predictions < _by_level(CONCURRENT_PREDICTIONS)
_NOBODY_WAITS = accounts.c.live_predictions == accounts.c.active_predictions
_COUNTS = (accounts.c.level, accounts.c.live_predictions, accounts.c.active_predictions)
# The minute only goes on: who is late, by a lock or a clock, counts towards the next one if that has begun.
_MINUTE, _NEXT_MINUTE = (bindparam(name, type_=UtcDateTime()) for name in ("minute", "next_minute"))
_IS_COUNTING = (accounts.c.window_at >= _MINUTE) & (accounts.c.window_at <= _NEXT_MINUTE)
_USED = case((_IS_COUNTING, accounts.c.window_images), else_=0)
# Made once: to make a statement anew takes longer than to run it.
_ADMIT = (
    update(accounts)
    .where(
        accounts.c.id == bindparam("account"),
        accounts.c.suspended_at.is_(None),
        accounts.c.live_predictions < bindparam("limit"),
        accounts.c.live_predictions < _MAY_HAVE,
        _USED + bindparam("images", type_=Integer) <= _PER_MINUTE,
    )
    .values(
        window_at=case((_IS_COUNTING, accounts.c.window_at), else_=_MINUTE),
        window_images=_USED + bindparam("images", type_=Integer),
        live_predictions=accounts.c.live_predictions + 1,
        active_predictions=accounts.c.active_predictions + case((_NOBODY_WAITS & _HAS_PLACE, 1), else_=0),
    )
    .returning(*_COUNTS)
)


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
    names = ("settled_micros", "held_micros", "live_predictions", "active_predictions", "window_images")
    counters = dict.fromkeys(names, 0)
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


def create_key(tx: Connection, account_id: str, now: datetime, key: str | None = None, name: str = "") -> str:
    """A new key of this account, or this very one. Only its hash is kept, and of a long one the last four
    characters, to tell it from others: this is the last sight of it."""
    key = key or new_key()
    if not (16 <= len(key) <= 200 and key.isascii() and key.isprintable() and " " not in key):
        raise InvalidInput("a key is 16 to 200 printable ASCII characters without spaces")
    row = {"id": uuid.uuid4().hex, "account_id": account_id, "sha256": _sha256(key), "created_at": now}
    hint = key[-4:] if len(key) >= _LONG_KEY else ""
    try:
        tx.execute(insert(api_keys).values(row | {"name": name, "hint": hint}))
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
    """Who presents this key. Raises Unauthorized, or Forbidden for a suspended account.

    Only hashes are compared, so how long that takes tells nothing of the key, as in constant time.
    """
    query = (
        select(
            accounts.c.id.label("account_id"),
            api_keys.c.id.label("key_id"),
            accounts.c.level,
            accounts.c.suspended_at,
        )
        .join_from(api_keys, accounts)
        .where(api_keys.c.sha256 == _sha256(key), api_keys.c.revoked_at.is_(None))
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        raise Unauthorized("Invalid API key")
    if row.suspended_at is not None:
        raise _suspended()
    return Caller(row.account_id, row.key_id, Level(row.level))


def set_level(tx: Connection, account_id: str, level: Level) -> None:
    """What waits for the former level is let in by the next prediction that finishes, or the upkeep."""
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(level=level))


def set_suspended(tx: Connection, account_id: str, suspended_at: datetime | None) -> None:
    """From then on its keys are refused; what was accepted is made all the same. None: no longer."""
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(suspended_at=suspended_at))


def lock(tx: Connection, account_id: str) -> None:
    """Until the transaction ends, nobody else changes this account, or what hangs on its lock."""
    _lock(tx, account_id)


def admit(tx: Connection, caller: Caller, images: int, queue_limit: int, now: datetime) -> bool:
    """Counts a submit against the minute and the queue of its account. Whether its level lets the prediction
    into the queue at once; it waits otherwise. Raises RateLimited, or Forbidden for a suspended account.

    One guarded update, so that concurrent submits cannot slip past; undone with the transaction,
    so that a refused submit does not count.
    """
    minute = now.replace(second=0, microsecond=0)
    asked = {"account": caller.account_id, "images": images, "limit": queue_limit}
    minutes = {"minute": minute, "next_minute": minute + WINDOW}
    counts = tx.execute(_ADMIT, asked | minutes).one_or_none()
    if counts is None:
        raise _refusal(tx, caller, queue_limit, minute + WINDOW - now)
    return bool(counts.live_predictions == counts.active_predictions)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an account may still submit before its minute is over."""

    images_per_minute: int
    remaining_images: int
    reset_seconds: int


def allowance(tx: Connection, account_id: str, now: datetime) -> Allowance:
    columns = (_PER_MINUTE.label("per_minute"), accounts.c.window_at, accounts.c.window_images)
    row = tx.execute(select(*columns).where(accounts.c.id == account_id)).one()
    minute = now.replace(second=0, microsecond=0)
    used = row.window_images if minute <= row.window_at <= minute + WINDOW else 0
    rest = math.ceil((minute + WINDOW - now).total_seconds())
    return Allowance(row.per_minute, max(0, row.per_minute - used), rest)


def leave(tx: Connection, account_id: str, was_active: bool) -> int:
    """A prediction of this account has finished. How many of those that wait may enter the queue now."""
    counts = tx.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(
            live_predictions=accounts.c.live_predictions - 1,
            active_predictions=accounts.c.active_predictions - int(was_active),
        )
        .returning(*_COUNTS)
    ).one()
    return _free_places(counts)


def enter(tx: Connection, account_id: str, count: int) -> None:
    """So many of those that waited are in the queue now."""
    tx.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(active_predictions=accounts.c.active_predictions + count)
    )


def free_places(tx: Connection, account_id: str) -> int:
    """As ``leave``, but nothing has finished."""
    return _free_places(_lock(tx, account_id))


def held_back(tx: Connection) -> list[str]:
    """Accounts that have predictions waiting although their level has room for more."""
    # Spelled as the index has it.
    waits = accounts.c.live_predictions > accounts.c.active_predictions
    return list(tx.execute(select(accounts.c.id).where(waits, _HAS_PLACE)).scalars())


def count_live(tx: Connection, account_id: str) -> int:
    return int(
        tx.execute(select(accounts.c.live_predictions).where(accounts.c.id == account_id)).scalar_one()
    )


def counted(tx: Connection, account_id: str) -> tuple[int, int]:
    """(unfinished predictions, of these in the queue or at work)"""
    _, live, active = tx.execute(select(*_COUNTS).where(accounts.c.id == account_id)).one()
    return live, active


def set_counts(tx: Connection, account_id: str, live: int, active: int) -> None:
    """What ``counted`` says from now on, after an accident."""
    counts = {"live_predictions": live, "active_predictions": active}
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(counts))


def _lock(tx: Connection, account_id: str) -> Row[str, int, int]:
    """A write that changes nothing: so SQLite, too, lets nobody else in."""
    unchanged = {"live_predictions": accounts.c.live_predictions}
    locking = update(accounts).where(accounts.c.id == account_id).values(unchanged)
    return tx.execute(locking.returning(*_COUNTS)).one()


def _free_places(counts: Row[str, int, int]) -> int:
    level, live, active = counts
    return max(0, min(CONCURRENT_PREDICTIONS[Level(level)] - active, live - active))


def _refusal(tx: Connection, caller: Caller, queue_limit: int, rest: timedelta) -> RateLimited | Forbidden:
    query = select(*_COUNTS, accounts.c.suspended_at).where(accounts.c.id == caller.account_id)
    row = tx.execute(query).one()
    if row.suspended_at is not None:
        return _suspended()
    may_have = unfinished_limit(Level(row.level), queue_limit)
    if row.live_predictions >= may_have:
        return RateLimited(f"{may_have} predictions of this account wait already", QUEUE_RETRY_SECONDS)
    limit = IMAGES_PER_MINUTE[Level(row.level)]
    return RateLimited(
        f"Too Many Requests: the level {row.level} allows {limit} images per minute",
        max(1, math.ceil(rest.total_seconds())),
    )


def _suspended() -> Forbidden:
    return Forbidden("this account is suspended; ask whoever runs this server")


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
