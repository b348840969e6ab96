"""Idempotency keys: the same request, sent again under the same key, is the same prediction.

A key belongs to an account and lasts a day, longer than its prediction if that is deleted: a late repetition
must not be charged. Owns the table of the keys; knows nothing of what a prediction is but its id.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select, tuple_

from limner.db.tables import idempotency_keys as keys
from limner.errors import Conflict, InvalidInput
from limner.inputs import Json

LASTS = timedelta(hours=24)
MAX_LENGTH = 255


class IdempotencyConflict(Conflict):
    """The key was used for something else."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The key, and what it stands for. Made by ``key_of``."""

    key: str
    fingerprint: str


def key_of(key: str, content: Json) -> IdempotencyKey:
    """The key of a request that says this. Raises InvalidInput for what is no key."""
    if not (1 <= len(key) <= MAX_LENGTH and key.isascii() and key.isprintable()):
        raise InvalidInput(f"Idempotency-Key must be 1 to {MAX_LENGTH} printable ASCII characters")
    try:
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))  # however it was written
    except RecursionError as error:
        raise InvalidInput("the body is nested too deeply") from error
    return IdempotencyKey(key, hashlib.sha256(canonical.encode()).hexdigest())


def find(tx: Connection, account_id: str, key: IdempotencyKey, now: datetime) -> str | None:
    """The id of the prediction that was made under this key. Raises IdempotencyConflict. To be certain, the
    account must be locked by this transaction."""
    query = select(keys.c.fingerprint, keys.c.prediction_id)
    row = tx.execute(query.where(*_same(account_id, key), keys.c.expires_at > now)).one_or_none()
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise IdempotencyConflict(
            "this Idempotency-Key was used for another request; use a new key for a new request"
        )
    return str(row.prediction_id)


def add(tx: Connection, account_id: str, key: IdempotencyKey, prediction_id: str, now: datetime) -> None:
    """In place of one that has expired."""
    tx.execute(delete(keys).where(*_same(account_id, key)))
    row = {"account_id": account_id, "key": key.key, "fingerprint": key.fingerprint}
    tx.execute(insert(keys).values(row | {"prediction_id": prediction_id, "expires_at": now + LASTS}))


def expire(tx: Connection, now: datetime, limit: int) -> int:
    """Forgets so many of those that have had their day; how many there were."""
    expired = select(keys.c.account_id, keys.c.key).where(keys.c.expires_at <= now).limit(limit)
    return tx.execute(delete(keys).where(tuple_(keys.c.account_id, keys.c.key).in_(expired))).rowcount


def _same(account_id: str, key: IdempotencyKey) -> tuple[ColumnElement[bool], ...]:
    return keys.c.account_id == account_id, keys.c.key == key.key
