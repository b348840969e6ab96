"""An account's predictions, page by page, newest first. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, tuple_

from limner.db.tables import predictions
from limner.predictions import store
from limner.predictions.prediction import Prediction


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which predictions of an account; created from ``start`` on and before ``end``."""

    account_id: str
    model_id: str | None = None
    status: str | None = None  # clients know more of them than there are: what no prediction has finds none
    is_cancelled: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    words: tuple[str, ...] = ()  # that the prompt holds, all of them
    before: tuple[datetime, str] | None = None  # older than the prediction made then, of this id


def page(tx: Connection, wanted: Wanted, limit: int, offset: int = 0) -> list[Prediction]:
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
    if wanted.before is not None:
        conditions.append(tuple_(columns.created_at, columns.id) < wanted.before)
    conditions += [_holds(columns.inputs["prompt"].as_string(), word) for word in wanted.words]
    return query.where(*conditions)


def _holds(prompt: ColumnElement[str], word: str) -> ColumnElement[bool]:
    # SQLite knows large and small letters of ASCII only: the others are found as they are written.
    in_any_case = func.lower(prompt).contains(word.lower(), autoescape=True)
    return or_(prompt.contains(word, autoescape=True), in_any_case)
