"""An account's predictions, page by page, newest first. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from limner.db.tables import predictions
from limner.predictions import store
from limner.predictions.prediction import Prediction, Status


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which predictions of an account; created from ``start`` on and before ``end``."""

    account_id: str
    model_id: str | None = None
    status: Status | None = None
    is_cancelled: bool | None = None
    start: datetime | None = None
    end: datetime | None = None


def page(tx: Connection, wanted: Wanted, limit: int, offset: int) -> list[Prediction]:
    """With their outputs."""
    query = _matching(select(predictions.c.id), wanted)
    query = query.order_by(predictions.c.created_at.desc(), predictions.c.id.desc())
    ids = tx.execute(query.limit(limit).offset(offset)).scalars().all()
    keys = [(wanted.account_id, prediction_id) for prediction_id in ids]
    return list(store.find_many(tx, keys).values())


def count(tx: Connection, wanted: Wanted) -> int:
    """On all pages."""
    return int(tx.execute(_matching(select(func.count()).select_from(predictions), wanted)).scalar_one())


def _matching(query: Select[Any], wanted: Wanted) -> Select[Any]:
    columns = predictions.c
    conditions: list[ColumnElement[bool]] = [columns.account_id == wanted.account_id]
    if wanted.model_id is not None:
        conditions.append(columns.model_id == wanted.model_id)
    if wanted.status is not None:
        conditions.append(columns.status == wanted.status)
    if wanted.is_cancelled is not None:
        conditions.append(columns.is_cancelled.is_(wanted.is_cancelled))
    if wanted.start is not None:
        conditions.append(columns.created_at >= wanted.start)
    if wanted.end is not None:
        conditions.append(columns.created_at < wanted.end)
    return query.where(*conditions)
