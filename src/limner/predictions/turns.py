"""Whose turn it is: at most so many predictions of an account in the queue at once, and all accounts fairly.

An account's level says how many of its predictions may be in the queue or at work; the others wait in their
table, and whatever finishes lets the next one in, in the transaction that finishes it. Those in the queue are
ordered by a tag, which ``order`` computes from what is looked up here: whoever has a thousand there puts one
of them before somebody else's single one, and not more.

Every function wants the account's row locked by its transaction, which ``accounts`` does with every change.
"""

from datetime import datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    ScalarSelect,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from limner import accounts
from limner.db.columns import UtcDateTime
from limner.db.tables import account_turns, predictions
from limner.db.tables import accounts as accounts_table
from limner.predictions import store
from limner.predictions.order import Sight, tag
from limner.predictions.outbox import Outbox
from limner.predictions.prediction import Prediction, Status
from limner.predictions.store import IS_LIVE

LET_IN_AT_ONCE = 10  # at the most, so that the closing transaction stays short; the upkeep lets in the rest


def _is(status: Status) -> ColumnElement[bool]:
    return predictions.c.status == literal_column(f"'{status}'")


_TAG = predictions.c.queue_tag
_POOL: BindParameter[str] = bindparam("pool")
_ACCOUNT: BindParameter[str] = bindparam("account")


def _in_pool(tag: ColumnElement[int], *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """One look into an index, however long the queue; so the comparison with 0 instead of IS NOT NULL."""
    is_here = (predictions.c.pool == _POOL, IS_LIVE, predictions.c.queue_tag >= 0)
    return select(tag).where(*is_here, *conditions).scalar_subquery()


# Who waits longest, of this pool; what was begun since then is remembered, and nothing else.
_ELDEST_AT = select(func.min(predictions.c.created_at)).where(predictions.c.pool == _POOL, IS_LIVE)
_BEGUN = select(account_turns.c.last_tag).where(
    account_turns.c.pool == _POOL, account_turns.c.begun_at >= _ELDEST_AT.scalar_subquery()
)
_LAST_BEGUN = _BEGUN.order_by(account_turns.c.begun_at.desc()).limit(1)
_SIGHT = select(
    _in_pool(func.max(_TAG), _is(Status.PROCESSING)).label("newest_at_work"),
    _in_pool(func.min(_TAG), _is(Status.CREATED)).label("first_waiting"),
    _LAST_BEGUN.scalar_subquery().label("last_begun"),
    _in_pool(func.max(_TAG), predictions.c.account_id == _ACCOUNT).label("own_last"),
    _BEGUN.where(account_turns.c.account_id == _ACCOUNT).scalar_subquery().label("own_last_begun"),
)


def take_tag(tx: Connection, prediction: Prediction, pool: str) -> int:
    """Its place in the queue. The queue starts anew whenever it runs empty, so tags stay small."""
    seen = tx.execute(_SIGHT, {"pool": pool, "account": prediction.account_id}).one()
    return tag(Sight(*seen), prediction.cost)


def record_begun(tx: Connection, prediction_id: str, now: datetime) -> None:
    """The first attempt at it begins: from here on its tag is what its account and the queue have reached."""
    turn = select(predictions.c.account_id, predictions.c.pool, _TAG, literal(now, UtcDateTime()))
    turn = turn.where(predictions.c.id == prediction_id, _TAG.is_not(None))
    insert = (sqlite if tx.dialect.name == "sqlite" else postgresql).insert(account_turns)
    adding = insert.from_select(["account_id", "pool", "last_tag", "begun_at"], turn)
    tx.execute(
        adding.on_conflict_do_update(
            index_elements=[account_turns.c.account_id, account_turns.c.pool],
            set_={"last_tag": adding.excluded.last_tag, "begun_at": adding.excluded.begun_at},
        )
    )


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


def recount(tx: Connection, account_id: str) -> tuple[int, int]:
    """Makes an account's row count the predictions that there are: (unfinished, of these with a place)."""
    accounts.lock(tx, account_id)
    counted = select(func.count(), func.count(_TAG)).where(predictions.c.account_id == account_id, IS_LIVE)
    live, active = tx.execute(counted).one()
    accounts.set_counts(tx, account_id, live, active)
    return live, active


def _let_in(tx: Connection, account_id: str, free: int, outbox: Outbox) -> None:
    waiting = _waiting(tx, account_id, min(free, LET_IN_AT_ONCE)) if free else []
    for prediction_id in waiting:
        prediction, pool = store.find_any(tx, prediction_id), store.pool_of(tx, prediction_id)
        assert prediction is not None, "its row is locked"
        place = take_tag(tx, prediction, pool)
        set_tag(tx, prediction_id, place)
        outbox.enqueue(tx, prediction_id, prediction.attempt, pool, place)
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
