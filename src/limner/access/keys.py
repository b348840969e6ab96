"""The keys of an account, as its owner sees them: listed, made, revoked. What is presented is not stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from limner import accounts
from limner.db.tables import api_keys
from limner.errors import Conflict, InvalidInput, NotFound

MAX_NAME_LENGTH = 100
MAX_VALID_KEYS = 200


@dataclass(frozen=True, slots=True)
class Key:
    """``hint`` is the end of it, or "" where that would tell too much."""

    id: str
    name: str
    hint: str
    created_at: datetime
    revoked_at: datetime | None


def list_keys(tx: Connection, account_id: str) -> list[Key]:
    """Valid and revoked, newest first."""
    query = select(api_keys).where(api_keys.c.account_id == account_id)
    rows = tx.execute(query.order_by(api_keys.c.created_at.desc(), api_keys.c.id))
    return [_key(row) for row in rows]


def find_key(tx: Connection, account_id: str, key_id: str) -> Key:
    """Raises NotFound, also for a key of another account."""
    query = select(api_keys).where(api_keys.c.id == key_id, api_keys.c.account_id == account_id)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f'there is no key "{key_id}"')
    return _key(row)


def make_key(tx: Connection, account_id: str, name: str, now: datetime) -> tuple[Key, str]:
    """The key and what to present as it, which is seen here for the last time. Raises InvalidInput, and
    Conflict when there are too many."""
    check_name(name)
    accounts.lock(tx, account_id)
    if len(_valid_ids(tx, account_id)) >= MAX_VALID_KEYS:
        raise Conflict(f"the account has {MAX_VALID_KEYS} valid keys already; revoke one first")
    secret = accounts.create_key(tx, account_id, now, name=name)
    made = accounts.authenticate(tx, secret)
    return find_key(tx, account_id, made.key_id), secret


def check_name(name: str) -> str:
    """Raises InvalidInput."""
    if not (name.strip() and name.isprintable() and len(name) <= MAX_NAME_LENGTH):
        raise InvalidInput(f'field "name": must be 1 to {MAX_NAME_LENGTH} printable characters')
    return name


def revoke_key(tx: Connection, account_id: str, key_id: str, now: datetime, may_be_last: bool = False) -> Key:
    """From then on it is refused, and so are the browsers that signed in with it. Again changes nothing.
    Raises NotFound, and Conflict for the last valid one: nobody could come in again to make another."""
    accounts.lock(tx, account_id)
    key = find_key(tx, account_id, key_id)
    if key.revoked_at is not None:
        return key
    if not may_be_last and _valid_ids(tx, account_id) == [key_id]:
        raise Conflict("this is the last valid key of the account; make another one before you revoke it")
    tx.execute(update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=now))
    return find_key(tx, account_id, key_id)


def oldest_valid_key(tx: Connection, account_id: str) -> str:
    """Its id. Raises NotFound."""
    found = _valid_ids(tx, account_id)
    if not found:
        raise NotFound("the account has no valid key")
    return found[0]


def _valid_ids(tx: Connection, account_id: str) -> list[str]:
    query = select(api_keys.c.id).where(api_keys.c.account_id == account_id, api_keys.c.revoked_at.is_(None))
    return list(tx.execute(query.order_by(api_keys.c.created_at, api_keys.c.id)).scalars())


def _key(row: Row[Any]) -> Key:
    return Key(row.id, row.name, row.hint, row.created_at, row.revoked_at)
