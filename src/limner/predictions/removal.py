"""Removing predictions for good: their rows at once, their pictures and queue entries after the commit.

A row and an object cannot go in one transaction. So the transaction that takes the rows notes what is left
behind, and the note goes when that is gone too: whoever dies in between leaves the rest to the next one.
Owns the table of these notes.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from limner.db.database import Database
from limner.db.tables import removals
from limner.predictions import idempotency, store
from limner.predictions.prediction import Prediction
from limner.storage import Storage

EXPIRED_AT_ONCE = 100
CLEARED_AT_ONCE = 20
# A worker that has not noticed yet may still store a picture.
LINGERS = timedelta(minutes=15)

Forget = Callable[[Mapping[str, int]], None]
"""Drops what the queue still knows of these predictions, id and number of attempts."""


def remove(tx: Connection, prediction: Prediction, now: datetime) -> None:
    """Takes its row, with outputs, preview and webhook deliveries, and notes what it leaves behind."""
    due_at = now if prediction.owner is None or prediction.is_terminal else now + LINGERS
    row = {"prediction_id": prediction.id, "num_attempts": prediction.attempt, "due_at": due_at}
    tx.execute(insert(removals).values(row))
    store.delete(tx, prediction.id)


def expire(database: Database, now: datetime) -> int:
    """Takes the rows of a batch of predictions whose time is over, and old idempotency keys. How many
    predictions."""
    with database.begin() as tx:
        idempotency.expire(tx, now)
        expired = store.lock_expired(tx, now, EXPIRED_AT_ONCE)
        for prediction in expired:
            remove(tx, prediction, now)
    return len(expired)


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
