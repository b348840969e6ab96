"""All unfinished predictions as they stand in the database: for whoever looks for what is stuck."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, literal_column, select

from limner.db.tables import accounts, predictions
from limner.predictions.store import IS_LIVE

_COLUMNS = (
    *(predictions.c.id, predictions.c.account_id, predictions.c.attempt),
    *(predictions.c.pool, predictions.c.owner, predictions.c.queue_tag, predictions.c.engine_deaths),
    *(predictions.c.cancel_requested_at, predictions.c.is_in_engine),
)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """``owner`` is None while no worker has it, which may be so again after one died. ``queue_tag`` is None
    while it waits, outside the queue, for its account's level."""

    id: str
    account_id: str
    attempt: int
    pool: str
    owner: str | None
    queue_tag: int | None
    engine_deaths: int
    cancel_requested_at: datetime | None
    is_in_engine: bool


def unfinished(tx: Connection) -> list[Unfinished]:
    return [Unfinished(**row._mapping) for row in tx.execute(select(*_COLUMNS).where(IS_LIVE))]


@dataclass(frozen=True, slots=True)
class Depth:
    """How many of a pool's predictions are in this state, and when the eldest of them came."""

    pool: str
    state: str  # "waiting" for the level of an account, "queued", or "processing"
    count: int
    eldest_at: datetime


def depths(tx: Connection) -> list[Depth]:
    """One statement over what is unfinished."""
    query = select(
        predictions.c.pool,
        _STATE.label("state"),
        func.count().label("number"),
        func.min(predictions.c.created_at).label("eldest_at"),
    )
    rows = tx.execute(query.where(IS_LIVE).group_by(predictions.c.pool, _STATE))
    return [Depth(row.pool, row.state, row.number, row.eldest_at) for row in rows]


def held_and_owed_micros(tx: Connection) -> tuple[int, int]:
    """(what the accounts' rows say is held, what the unfinished predictions cost), at one and the same
    moment; the two are equal."""
    num_images = func.coalesce(predictions.c.inputs["num_images"].as_integer(), 1)
    owed = select(func.sum(predictions.c.price_micros * num_images)).where(IS_LIVE)
    held = select(func.sum(accounts.c.held_micros))
    row = tx.execute(select(held.scalar_subquery(), owed.scalar_subquery())).one()
    return int(row[0] or 0), int(row[1] or 0)


_STATE = case(
    (predictions.c.owner.is_not(None), literal_column("'processing'")),
    (predictions.c.queue_tag.is_(None), literal_column("'waiting'")),
    else_=literal_column("'queued'"),
)
