"""Whom an account belongs to, as its owner sees it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from limner.accounts import Level
from limner.db.tables import accounts


@dataclass(frozen=True, slots=True)
class Owner:
    id: str
    name: str
    level: Level
    created_at: datetime


def read_owner(tx: Connection, account_id: str) -> Owner:
    """Of an account that a caller has just come in to; accounts are never deleted."""
    columns = accounts.c.name, accounts.c.level, accounts.c.created_at
    row = tx.execute(select(*columns).where(accounts.c.id == account_id)).one()
    return Owner(account_id, row.name, Level(row.level), row.created_at)


@dataclass(frozen=True, slots=True)
class Standing:
    """Of an account, as whoever runs the server sees it."""

    name: str
    level: Level
    settled_micros: int
    held_micros: int
    live_predictions: int
    suspended_at: datetime | None


def every_account(tx: Connection) -> list[Standing]:
    """By name."""
    columns = (
        *(accounts.c.name, accounts.c.level, accounts.c.settled_micros, accounts.c.held_micros),
        *(accounts.c.live_predictions, accounts.c.suspended_at),
    )
    rows = tx.execute(select(*columns).order_by(accounts.c.name))
    return [Standing(**{**row._mapping, "level": Level(row.level)}) for row in rows]
