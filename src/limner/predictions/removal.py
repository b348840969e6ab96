"""Removing predictions for good: their rows at once, their pictures and queue entries after the commit.

A row and an object cannot go in one transaction. So the transaction that takes the rows notes what is left
behind, and the note goes when that is gone too: whoever dies in between leaves the rest to the next one.
Owns the table of these notes.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from limner.db.database import Database
from limner.db.tables import outputs, predictions, removals
from limner.predictions import idempotency, store
from limner.predictions.prediction import Prediction
from limner.predictions.store import IS_LIVE
from limner.storage import Storage

EXPIRED_AT_ONCE = 100
KEYS_AT_ONCE = 500
CLEARED_AT_ONCE = 20
# A worker that has not noticed yet may still store a picture.
LINGERS = timedelta(minutes=15)

Forget = Callable[[Mapping[str, int]], None]
"""Drops what the queue still knows of these predictions, id and number of attempts."""


def remove(tx: Connection, prediction: Prediction, now: datetime) -> None:
    """Takes its row, with outputs, preview and webhook deliveries, and notes what it leaves behind."""
    due_at = now if prediction.owner is None or prediction.is_terminal else now + LINGERS
    _remove(tx, [prediction], due_at)


def expire(database: Database, now: datetime) -> int:
    """Takes the rows of a batch of predictions whose time is over. How many."""
    with database.begin() as tx:
        expired = store.lock_expired(tx, now, EXPIRED_AT_ONCE)
        if expired:
            _remove(tx, expired, now)
    return len(expired)


def expire_keys(database: Database, now: datetime) -> int:
    """Forgets a batch of old idempotency keys. How many."""
    with database.begin() as tx:
        return idempotency.expire(tx, now, KEYS_AT_ONCE)


def spoken_of(tx: Connection, prediction_ids: Collection[str]) -> tuple[set[str], set[str]]:
    """(those of these that are unfinished, the object keys of what those of these have delivered). Read after
    the objects were listed: then what was being stored meanwhile is among the first, or the second."""
    live = select(predictions.c.id).where(predictions.c.id.in_(prediction_ids), IS_LIVE)
    delivered = select(outputs.c.object_key).where(outputs.c.prediction_id.in_(prediction_ids))
    # In this order: who finishes in between is in both.
    return set(tx.execute(live).scalars()), set(tx.execute(delivered).scalars())


def delivered_keys(tx: Connection, after: str, limit: int) -> list[tuple[str, str]]:
    """(id, object key) of the outputs of the next so many predictions that have any, by id."""
    ids = select(outputs.c.prediction_id).where(outputs.c.prediction_id > after).distinct()
    page = ids.order_by(outputs.c.prediction_id).limit(limit).subquery()
    found = select(outputs.c.prediction_id, outputs.c.object_key).join_from(
        outputs, page, outputs.c.prediction_id == page.c.prediction_id
    )
    return [(row[0], row[1]) for row in tx.execute(found.order_by(outputs.c.prediction_id))]


def clear(database: Database, storage: Storage, forget: Forget, now: datetime) -> int:
    """Removes a batch of what was left behind. How many predictions' leavings. Raises StorageUnavailable, and
    then nothing is forgotten."""
    query = (
        select(removals).where(removals.c.due_at <= now).order_by(removals.c.due_at).limit(CLEARED_AT_ONCE)
    )
    with database.read() as tx:
        due = {row.prediction_id: row.num_attempts for row in tx.execute(query)}
    for prediction_id in due:
        storage.delete_below(f"predictions/{prediction_id}")
    if due:
        forget(due)
        with database.begin() as tx:
            tx.execute(delete(removals).where(removals.c.prediction_id.in_(due)))
    return len(due)


def _remove(tx: Connection, found: Sequence[Prediction], due_at: datetime) -> None:
    rows = [{"prediction_id": one.id, "num_attempts": one.attempt, "due_at": due_at} for one in found]
    tx.execute(insert(removals), rows)
    tx.execute(delete(predictions).where(predictions.c.id.in_([one.id for one in found])))
