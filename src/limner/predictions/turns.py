"""Whose turn it is: at most so many predictions of an account in the queue at once, and all accounts fairly.

An account's level says how many of its predictions may be in the queue or at work; the others wait in their
table, and whatever finishes lets the next one in, in the transaction that finishes it. Those in the queue are
ordered by a tag, as in start-time fair queueing (Goyal, Vin, Cheng 1996): an account's predictions follow one
another at the distance of their cost, and an account that had none starts where the queue is now. So whoever
has a thousand there puts one of them before somebody else's single one, and not more.

Every function wants the account's row locked by its transaction, which ``accounts`` does with every change.
"""

import math

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    bindparam,
    func,
    literal_column,
    select,
    update,
)

from limner import accounts
from limner.db.tables import accounts as accounts_table
from limner.db.tables import predictions
from limner.predictions import store
from limner.predictions.outbox import Outbox
from limner.predictions.prediction import Prediction, Status
from limner.predictions.store import IS_LIVE

FIRST_TAG = 1
LAST_TAG = 2**31 - 1  # what the queue can count to; from there on, first come, first served
COST_MICROS = 10_000
LET_IN_AT_ONCE = 10  # at the most, so that the closing transaction stays short; the upkeep lets in the rest


def _is(status: Status) -> ColumnElement[bool]:
    return predictions.c.status == literal_column(f"'{status}'")


def _in_pool(tag: ColumnElement[int], *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """One look into an index, however long the queue; so the comparison with 0 instead of IS NOT NULL."""
    is_here = (predictions.c.pool == bindparam("pool"), IS_LIVE, predictions.c.queue_tag >= 0)
    return select(tag).where(*is_here, *conditions).scalar_subquery()


_TAG = predictions.c.queue_tag
_TAGS = select(
    _in_pool(func.max(_TAG), _is(Status.PROCESSING)).label("newest_at_work"),
    _in_pool(func.min(_TAG), _is(Status.CREATED)).label("first_in_queue"),
    _in_pool(func.max(_TAG), predictions.c.account_id == bindparam("account")).label("own_last"),
)


def take_tag(tx: Connection, prediction: Prediction, pool: str) -> int:
    """Its place in the queue. The queue starts anew whenever it runs empty, so tags stay small."""
    tags = tx.execute(_TAGS, {"pool": pool, "account": prediction.account_id}).one()
    present = tags.newest_at_work or tags.first_in_queue or FIRST_TAG
    behind_its_own = 0 if tags.own_last is None else tags.own_last + cost(prediction.held_micros)
    return min(max(present, behind_its_own), LAST_TAG)


def cost(price_micros: int) -> int:
    """In cents, begun ones counted whole: the price is what is known of how long pictures take."""
    return max(1, math.ceil(price_micros / COST_MICROS))


def set_tag(tx: Connection, prediction_id: str, queue_tag: int) -> None:
    tx.execute(update(predictions).where(predictions.c.id == prediction_id).values(queue_tag=queue_tag))


def leave(tx: Connection, prediction: Prediction, outbox: Outbox) -> None:
    """This prediction has finished; whoever waited for its place goes into the queue."""
    free = accounts.leave(tx, prediction.account_id, was_active=prediction.queue_tag is not None)
    _let_in(tx, prediction.account_id, free, outbox)


def let_in(tx: Connection, account_id: str, outbox: Outbox) -> None:
    """Queues what waits, as far as the level goes: after it was raised, or after an accident."""
    _let_in(tx, account_id, accounts.free_places(tx, account_id), outbox)


def miscounted(tx: Connection) -> list[str]:
    """Accounts whose row counts other predictions than there are; there must be none."""
    live, active = func.count(), func.count(_TAG)
    counted = select(predictions.c.account_id, live.label("live"), active.label("active"))
    found = counted.where(IS_LIVE).group_by(predictions.c.account_id).subquery()
    is_wrong = (accounts_table.c.live_predictions != func.coalesce(found.c.live, 0)) | (
        accounts_table.c.active_predictions != func.coalesce(found.c.active, 0)
    )
    query = select(accounts_table.c.id).outerjoin_from(
        accounts_table, found, accounts_table.c.id == found.c.account_id
    )
    return list(tx.execute(query.where(is_wrong)).scalars())


def _let_in(tx: Connection, account_id: str, free: int, outbox: Outbox) -> None:
    waiting = _waiting(tx, account_id, min(free, LET_IN_AT_ONCE)) if free else []
    for prediction_id in waiting:
        prediction, pool = store.find_any(tx, prediction_id), store.pool_of(tx, prediction_id)
        assert prediction is not None, "its row is locked"
        tag = take_tag(tx, prediction, pool)
        set_tag(tx, prediction_id, tag)
        outbox.enqueue(tx, prediction_id, prediction.attempt, pool, tag)
    if waiting:
        accounts.enter(tx, account_id, len(waiting))


def _waiting(tx: Connection, account_id: str, count: int) -> list[str]:
    """The eldest first; but for those being cancelled, by this transaction or by one that waits for it."""
    query = select(predictions.c.id).where(
        predictions.c.account_id == account_id,
        _is(Status.CREATED),
        _TAG.is_(None),
        predictions.c.cancel_requested_at.is_(None),
    )
    query = query.order_by(predictions.c.created_at).limit(count).with_for_update(skip_locked=True)
    return list(tx.execute(query).scalars())
