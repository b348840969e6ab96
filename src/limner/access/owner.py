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
