"""What the caller has asked for: lists of predictions, and their deletion. Knows the wire; the lifecycle
decides what a deletion is.
"""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from limner.accounts import Caller
from limner.api.context import BEARER, ByCaller, Context, InContext
from limner.api.envelope import Envelope, success
from limner.api.ids import check_prediction_id, is_id
from limner.api.queries import (
    DeletionQuery,
    HistoryQuery,
    PredictionsFilter,
    PredictionsQuery,
    body_of,
    cursor_of,
    parse_cursor,
    read_query,
)
from limner.api.record_views import DeletedCount, DeletedPrediction, HistoryView, PredictionsPage
from limner.errors import NotFound
from limner.predictions import lifecycle, listing
from limner.predictions.listing import Wanted
from limner.predictions.prediction import Prediction, Status

DELETED_AT_ONCE = 100  # in one transaction

router = APIRouter(tags=["predictions"], dependencies=[BEARER])


@router.post(
    "/api/v3/predictions",
    summary="List predictions",
    response_model=Envelope[PredictionsPage],
    openapi_extra=body_of(PredictionsQuery, required=False),
)
async def search_predictions(request: Request, context: InContext, caller: ByCaller) -> Response:
    """The account's predictions, newest first, all or those that fit."""
    asked = await read_query(request, PredictionsQuery, optional=True)
    return success(await run_in_threadpool(_page, context, caller, asked))


@router.get("/api/v3/predictions", summary="List predictions", response_model=Envelope[PredictionsPage])
def list_predictions(
    context: InContext, caller: ByCaller, asked: Annotated[PredictionsQuery, Query()]
) -> Response:
    """The same list."""
    return success(_page(context, caller, asked))


@router.get("/api/limner/predictions", summary="Search the history", response_model=Envelope[HistoryView])
def search_history(context: InContext, caller: ByCaller, asked: Annotated[HistoryQuery, Query()]) -> Response:
    """The account's predictions by the words of their prompts, newest first. Each answer says how to go on:
    from there, whatever has been made meanwhile."""
    before = None if asked.before is None else parse_cursor(asked.before)
    wanted = replace(_wanted(caller, asked), words=tuple(asked.search.split()), before=before)
    with context.runtime.database.read() as tx:
        found = listing.page(tx, wanted, asked.page_size + 1)
    shown = found[: asked.page_size]
    following = cursor_of(shown[-1].created_at, shown[-1].id) if len(found) > len(shown) else ""
    return success({"items": [context.results.view(_with_links(one)) for one in shown], "next": following})


@router.post(
    "/api/v3/predictions/delete",
    summary="Delete predictions",
    response_model=Envelope[DeletedCount],
    openapi_extra=body_of(DeletionQuery),
)
async def delete_predictions(request: Request, context: InContext, caller: ByCaller) -> Response:
    """Deletes predictions and their pictures for good; unfinished ones are cancelled first, and cost nothing.
    Ids of nobody's or another account's are ignored. Billing records stay."""
    asked = await read_query(request, DeletionQuery)
    ids = sorted({prediction_id for prediction_id in asked.ids if is_id(prediction_id)})
    deleted = 0
    for start in range(0, len(ids), DELETED_AT_ONCE):
        batch = ids[start : start + DELETED_AT_ONCE]
        deleted += len(await run_in_threadpool(_delete, context, caller, batch))
    return success({"deleted_count": deleted})


@router.delete(
    "/api/v3/predictions/{prediction_id}",
    summary="Delete a prediction",
    response_model=Envelope[DeletedPrediction],
)
def delete_prediction(prediction_id: str, context: InContext, caller: ByCaller) -> Response:
    """Deletes a prediction and its pictures for good; an unfinished one is cancelled first."""
    check_prediction_id(prediction_id)
    if not _delete(context, caller, [prediction_id]):
        raise NotFound(f'there is no prediction "{prediction_id}"')
    return success({"id": prediction_id, "status": "deleted"})


def _page(context: Context, caller: Caller, asked: PredictionsQuery) -> dict[str, Any]:
    wanted = _wanted(caller, asked)
    with context.runtime.database.read() as tx:
        found = listing.page(tx, wanted, asked.page_size, asked.offset)
        total = listing.count(tx, wanted)
    items = [context.results.view(_with_links(prediction)) for prediction in found]
    return {"page": asked.page, "page_size": asked.page_size, "total": total, "items": items}


def _wanted(caller: Caller, asked: PredictionsFilter) -> Wanted:
    wanted = Wanted(caller.account_id, asked.model, start=asked.created_after, end=asked.created_before)
    if asked.status == "cancelled":
        return replace(wanted, status=Status.FAILED, is_cancelled=True)
    if asked.status == "pending":  # as a command line client of WaveSpeed calls it
        return replace(wanted, status=Status.CREATED)
    return replace(wanted, status=asked.status)


def _with_links(prediction: Prediction) -> Prediction:
    # A page of pictures inlined as base64 would be hundreds of megabytes.
    return replace(prediction, request=replace(prediction.request, enable_base64_output=False))


def _delete(context: Context, caller: Caller, ids: list[str]) -> list[str]:
    runtime, now = context.runtime, context.runtime.clock.now()
    with runtime.database.begin() as tx:
        return lifecycle.delete(tx, caller.account_id, ids, runtime.queue, now)
