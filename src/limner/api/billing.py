"""What the caller's account has used and paid, each on two paths and in two shapes, because WaveSpeed's
documents disagree and clients follow both. It is read from the transfers, so it outlives what it tells of.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from limner import billing
from limner.api.context import BEARER, ByCaller, Context, InContext
from limner.api.envelope import Envelope, success
from limner.api.queries import (
    AccountBillingsQuery,
    AccountUsageQuery,
    BillingsQuery,
    UsageQuery,
    body_of,
    read_query,
)
from limner.api.record_views import AccountBillingsPage, AccountUsageView, BillingsPage, UsageStatsView
from limner.billing import Kind, Record, Usage, Wanted
from limner.catalog import Catalog
from limner.ledger import micros_to_usd
from limner.predictions.prediction import rfc3339

DEFAULT_PERIOD = timedelta(days=7)

router = APIRouter(tags=["account"], dependencies=[BEARER])


@router.post(
    "/api/v3/user/usage_stats",
    summary="Sum up the usage",
    response_model=Envelope[UsageStatsView],
    openapi_extra=body_of(UsageQuery, required=False),
)
async def read_usage_stats(request: Request, context: InContext, caller: ByCaller) -> Response:
    """Requests and charges by model and by day (UTC), of the last 7 days or the period that is named. A
    request counts on the day it was made, with what was charged for it so far."""
    asked = await read_query(request, UsageQuery, optional=True)
    start, end = _period(asked.start_time, asked.end_time)
    wanted = Wanted(caller.account_id, start=start, end=end, model_id=asked.model_uuid)
    rows = await run_in_threadpool(_usage, context, wanted)
    return success(_usage_stats(rows, context.runtime.catalog))


@router.get(
    "/api/v3/account/usage", summary="Sum up the usage by model", response_model=Envelope[AccountUsageView]
)
def read_account_usage(
    context: InContext, caller: ByCaller, asked: Annotated[AccountUsageQuery, Query()]
) -> Response:
    """Requests and charges by model, of the last 7 days or the period that is named."""
    start, end = _period(asked.start_date, asked.end_date)
    rows = _usage(context, Wanted(caller.account_id, start=start, end=end, model_id=asked.model))
    by_model = [
        {"model": model_id, "requests": _requests(group), "cost": _cost(group)}
        for model_id, group in _grouped(rows, _model_of)
    ]
    return success(
        {
            "period": {"start_date": rfc3339(start), "end_date": rfc3339(end)},
            "total_requests": _requests(rows),
            "total_cost": _cost(rows),
            "by_model": sorted(by_model, key=lambda model: -model["cost"]),
        }
    )


@router.post(
    "/api/v3/billings/search",
    summary="Search the billing records",
    response_model=Envelope[BillingsPage],
    openapi_extra=body_of(BillingsQuery, required=False),
)
async def search_billings(request: Request, context: InContext, caller: ByCaller) -> Response:
    """What was deducted at each submit and what of it was refunded, newest first; no top-ups."""
    asked = await read_query(request, BillingsQuery, optional=True)
    wanted = Wanted(
        account_id=caller.account_id,
        kind=Kind(asked.billing_type) if asked.billing_type else None,
        start=asked.start_time,
        end=asked.end_time,
        model_id=asked.model_uuid,
        key_id=asked.access_key_uuid,
    )
    found = await run_in_threadpool(_records, context, wanted, asked.page_size + 1, asked.offset)
    return success(
        {
            "page": asked.page,
            "has_more": len(found) > asked.page_size,
            "items": [_billing(record) for record in found[: asked.page_size]],
        }
    )


@router.get(
    "/api/v3/account/billings",
    summary="List the billing records",
    response_model=Envelope[AccountBillingsPage],
)
def list_account_billings(
    context: InContext, caller: ByCaller, asked: Annotated[AccountBillingsQuery, Query()]
) -> Response:
    """The same records, with how many there are."""
    kind = Kind(asked.type) if asked.type else None
    wanted = Wanted(caller.account_id, kind, asked.start_date, asked.end_date)
    found = _records(context, wanted, asked.page_size, asked.offset)
    with context.runtime.database.read() as tx:
        total = billing.count_records(tx, wanted)
    pagination = {"page": asked.page, "page_size": asked.page_size, "total": total}
    return success({"items": [_account_billing(record) for record in found], "pagination": pagination})


def _period(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    end = end or datetime.now(UTC)
    return start or max(end, _EARLIEST) - DEFAULT_PERIOD, end


_EARLIEST = datetime.min.replace(tzinfo=UTC) + DEFAULT_PERIOD


def _usage(context: Context, wanted: Wanted) -> list[Usage]:
    with context.runtime.database.read() as tx:
        return billing.usage(tx, wanted)


def _records(context: Context, wanted: Wanted, limit: int, offset: int) -> list[Record]:
    with context.runtime.database.read() as tx:
        return billing.records(tx, wanted, limit, offset)


def _usage_stats(rows: Sequence[Usage], catalog: Catalog) -> dict[str, Any]:
    specs = {spec.model_id: spec for spec in catalog}
    per_model = [
        {
            "model_uuid": model_id,
            "model_type": specs[model_id].type if model_id in specs else "text-to-image",
            "unit_price": micros_to_usd(specs[model_id].price_micros) if model_id in specs else 0.0,
            "total_cost": _cost(group),
            "total_count": _requests(group),
            "last_used_date": rfc3339(max(row.last_used_at for row in group)),
        }
        for model_id, group in _grouped(rows, _model_of)
    ]
    return {
        "per_model_usage": sorted(per_model, key=lambda model: -model["total_cost"]),
        "daily_usage": [_day(day, group) for day, group in _grouped(rows, _day_of)],
        "summary": {
            "total_cost": _cost(rows),
            "total_requests": _requests(rows),
            "success_requests": sum(row.delivered for row in rows),
        },
    }


def _day(day: str, rows: Sequence[Usage]) -> dict[str, Any]:
    models = [
        {"model_uuid": row.model_id, "amount": _cost([row]), "count": row.requests}
        for row in sorted(rows, key=_model_of)
    ]
    return {"date": day, "amount": _cost(rows), "count": _requests(rows), "models": models}


def _grouped(rows: Iterable[Usage], by: Callable[[Usage], str]) -> list[tuple[str, list[Usage]]]:
    return [(name, list(group)) for name, group in groupby(sorted(rows, key=by), by)]


def _model_of(row: Usage) -> str:
    return row.model_id


def _day_of(row: Usage) -> str:
    return row.day


def _requests(rows: Iterable[Usage]) -> int:
    return sum(row.requests for row in rows)


def _cost(rows: Iterable[Usage]) -> float:
    # Added up as integers: floats would leave dust.
    return micros_to_usd(sum(row.charged_micros for row in rows))


def _billing(record: Record) -> dict[str, Any]:
    return {
        "uuid": _id_of(record),
        "billing_type": str(record.kind),
        "price": micros_to_usd(record.amount_micros),
        "created_at": rfc3339(record.created_at),
        "access_key_name": record.key_name,
        "access_key_uuid": record.key_id,
        "prediction": {
            "uuid": record.prediction_id,
            "model_uuid": record.model_id,
            "status": record.status,
        },
    }


def _account_billing(record: Record) -> dict[str, Any]:
    return {
        "id": _id_of(record),
        "type": str(record.kind),
        "amount": micros_to_usd(record.amount_micros),
        "currency": "USD",
        "status": "completed",
        "model": record.model_id,
        "prediction_id": record.prediction_id,
        "created_at": rfc3339(record.created_at),
    }


def _id_of(record: Record) -> str:
    # Not the row's number: that would tell how many transfers there are of everybody.
    return uuid.uuid5(uuid.UUID(record.prediction_id), record.kind).hex
