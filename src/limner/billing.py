"""What an account was charged, and for what: records and sums, read from the transfers alone.

So they stay when predictions are deleted, and add up to the balance: a hold is a deduction and a release is a
refund, each at its time; what was charged for a request is what was captured. Changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, String, and_, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from limner.db.tables import api_keys, transfers
from limner.ledger import Reason


class Kind(StrEnum):
    DEDUCT = "deduct"
    REFUND = "refund"


_REASONS = {Kind.DEDUCT: Reason.HOLD, Kind.REFUND: Reason.RELEASE}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records of an account; from ``start`` on and before ``end``."""

    account_id: str
    kind: Kind | None = None
    start: datetime | None = None
    end: datetime | None = None
    model_id: str | None = None
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One deduction or refund. ``status`` is what became of its prediction, a public word."""

    prediction_id: str
    kind: Kind
    amount_micros: int
    created_at: datetime
    model_id: str
    key_id: str
    key_name: str
    status: str


@dataclass(frozen=True, slots=True)
class Usage:
    """The requests of a day in UTC, YYYY-MM-DD, for one model. A request counts when it was made."""

    day: str
    model_id: str
    requests: int
    delivered: int  # of these requests, those that delivered a picture
    charged_micros: int
    last_used_at: datetime


class UtcDay(FunctionElement[str]):
    """The day of a time in UTC, as text."""

    type = String()
    inherit_cache = True


@compiles(UtcDay, "sqlite")
def _utc_day_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)})"


@compiles(UtcDay, "postgresql")
def _utc_day_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"to_char(timezone('UTC', {compiler.process(element.clauses, **options)}), 'YYYY-MM-DD')"


_capture = transfers.alias("capture")
_release = transfers.alias("release")


def records(tx: Connection, wanted: Wanted, limit: int, offset: int = 0) -> list[Record]:
    """Newest first."""
    query = (
        select(
            transfers,
            func.coalesce(api_keys.c.name, "").label("key_name"),
            _capture.c.id.label("capture_id"),
            _release.c.id.label("release_id"),
        )
        .outerjoin(api_keys, api_keys.c.id == transfers.c.key_id)
        .outerjoin(_capture, _is_of(_capture, Reason.CAPTURE))
        .outerjoin(_release, _is_of(_release, Reason.RELEASE))
        .where(*_conditions(wanted))
        .order_by(transfers.c.created_at.desc(), transfers.c.id.desc())
    )
    return [_record(row) for row in tx.execute(query.limit(limit).offset(offset))]


def count_records(tx: Connection, wanted: Wanted) -> int:
    query = select(func.count()).select_from(transfers).where(*_conditions(wanted))
    return int(tx.execute(query).scalar_one())


def usage(tx: Connection, wanted: Wanted) -> list[Usage]:
    """By day and model, the newest day first. ``wanted.kind`` does not matter."""
    day = UtcDay(transfers.c.created_at)
    query = (
        select(
            day.label("day"),
            transfers.c.model_id,
            func.count().label("requests"),
            func.count(_capture.c.id).label("delivered"),
            func.coalesce(func.sum(_capture.c.amount_micros), 0).label("charged_micros"),
            func.max(transfers.c.created_at).label("last_used_at"),
        )
        .outerjoin(_capture, _is_of(_capture, Reason.CAPTURE))
        .where(*_conditions(wanted, (Reason.HOLD,)))
        .group_by(literal_column("day"), transfers.c.model_id)
        .order_by(literal_column("day").desc(), transfers.c.model_id)
    )
    return [_usage(row) for row in tx.execute(query)]


def _is_of(other: Any, reason: Reason) -> ColumnElement[bool]:
    """The one other transfer of the same prediction, found by the unique (prediction, reason)."""
    return and_(other.c.prediction_id == transfers.c.prediction_id, other.c.reason == reason)


def _conditions(wanted: Wanted, reasons: Sequence[Reason] = ()) -> list[ColumnElement[bool]]:
    if not reasons:
        reasons = list(_REASONS.values()) if wanted.kind is None else [_REASONS[wanted.kind]]
    conditions = [transfers.c.account_id == wanted.account_id, transfers.c.reason.in_(reasons)]
    if wanted.start is not None:
        conditions.append(transfers.c.created_at >= wanted.start)
    if wanted.end is not None:
        conditions.append(transfers.c.created_at < wanted.end)
    if wanted.model_id is not None:
        conditions.append(transfers.c.model_id == wanted.model_id)
    if wanted.key_id is not None:
        conditions.append(transfers.c.key_id == wanted.key_id)
    return conditions


def _record(row: Row[Any]) -> Record:
    status = "completed" if row.capture_id else "failed" if row.release_id else "processing"
    return Record(
        prediction_id=row.prediction_id,
        kind=Kind.DEDUCT if row.reason == Reason.HOLD else Kind.REFUND,
        amount_micros=row.amount_micros,
        created_at=row.created_at,
        model_id=row.model_id or "",
        key_id=row.key_id or "",
        key_name=row.key_name,
        status=status,
    )


def _usage(row: Row[Any]) -> Usage:
    # PostgreSQL sums integers into decimals.
    return Usage(
        day=row.day,
        model_id=row.model_id or "",
        requests=row.requests,
        delivered=row.delivered,
        charged_micros=int(row.charged_micros),
        last_used_at=row.last_used_at,
    )
