"""Submit a prediction, and ask for its result. Knows what the wire looks like; the lifecycle decides.

A submit is accepted or refused in one transaction; nothing is held for a request that is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from limner.accounts import Allowance, Caller, allowance
from limner.api import rate_limits, receivers, strict
from limner.api.body import read_json
from limner.api.context import BEARER, ByCaller, Context, InContext, caller_of, context_of
from limner.api.envelope import Envelope, refusal
from limner.api.ids import check_prediction_id
from limner.api.results import Answer
from limner.api.sync_mode import finished_or_late
from limner.api.views import PredictionView
from limner.errors import InvalidInput, RateLimited
from limner.inputs import FIELDS, Json, parse_input
from limner.predictions.admission import Submission, submit
from limner.predictions.idempotency import MAX_LENGTH, IdempotencyKey, key_of
from limner.predictions.lifecycle import cancel
from limner.predictions.prediction import Prediction
from limner.predictions.store import Key
from limner.telemetry.tracing import Origin

log = structlog.get_logger()

MAX_WAIT_SECONDS = 9  # the strictest client hangs up after ten
NO_LIMITS: Mapping[str, str] = {}

RESERVED_SEGMENTS = frozenset(
    {"predictions", "models", "model", "balance", "media", "upload", "user", "billings", "account", "webhook"}
)
SUBMIT_SCHEMA = {
    "type": "object",
    "properties": {name: field.schema() for name, field in FIELDS.items()}
    | {receivers.BODY_FIELD: receivers.BODY_SCHEMA},
    "required": [name for name, field in FIELDS.items() if field.is_required],
}
RESULT_PATHS = (
    "/api/v3/predictions/{prediction_id}/result",
    "/api/v3/predictions/{prediction_id}",
    "/api/v2/predictions/{prediction_id}/result",
)
WAIT_PARAMETER = {
    "name": "wait",
    "in": "query",
    "required": False,
    "description": "Seconds to wait for the end, at most, to the millisecond.",
    "schema": {"type": "number", "minimum": 0, "maximum": MAX_WAIT_SECONDS, "default": 0},
}
RESULT_DOCUMENTATION: dict[str, Any] = {
    "response_model": Envelope[PredictionView],
    "openapi_extra": {
        "parameters": [
            {"name": "prediction_id", "in": "path", "required": True, "schema": {"type": "string"}},
            WAIT_PARAMETER,
        ]
    },
}
IDEMPOTENCY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again under the same key within a day, a request is the same prediction and charged "
    "once; another request under it is a 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH, "pattern": "^[ -~]*$"},
}
SUBMIT_BODY: dict[str, Any] = {
    "parameters": [receivers.QUERY_PARAMETER, strict.PARAMETER, IDEMPOTENCY_PARAMETER],
    "requestBody": {"required": True, "content": {"application/json": {"schema": SUBMIT_SCHEMA}}},
}


results = APIRouter(tags=["predictions"], dependencies=[BEARER])
submissions = APIRouter(tags=["predictions"], dependencies=[BEARER])


@results.get(RESULT_PATHS[0], **RESULT_DOCUMENTATION)
@results.get(RESULT_PATHS[1], **RESULT_DOCUMENTATION)
async def read_result(request: Request) -> Response:
    """The prediction as it is now, failed ones too; with `wait`, as soon as it ends or the time is up."""
    context, caller = await context_of(request), await caller_of(request)
    prediction_id = request.path_params["prediction_id"]
    key = (caller.account_id, prediction_id)
    wait_seconds = _wait_seconds(request) if request.scope["query_string"] else 0
    answer = context.results.remembered(key)
    if answer is None:
        check_prediction_id(prediction_id)
        answer = await context.results.find(key, wait_seconds)
    return _respond(answer)


@results.post(
    "/api/v3/predictions/{prediction_id}/cancel",
    response_model=Envelope[PredictionView],
    openapi_extra={"parameters": [WAIT_PARAMETER]},
)
async def cancel_prediction(
    prediction_id: str, request: Request, context: InContext, caller: ByCaller
) -> Response:
    """Drops what waits, and ends what runs at its next step; what is finished stays as it is. Answers at once
    with the prediction as it then is; with `wait`, as soon as it ends or the time is up."""
    check_prediction_id(prediction_id)
    wait_seconds = _wait_seconds(request)
    key = (caller.account_id, prediction_id)
    await run_in_threadpool(_cancel, context, key)
    return _respond(await context.results.find(key, wait_seconds))


@submissions.post(
    "/api/v3/{model_id:path}",
    response_model=Envelope[PredictionView],
    responses={200: {"headers": rate_limits.DOCUMENTATION}},
    openapi_extra=SUBMIT_BODY,
)
@submissions.post("/api/v2/{model_id:path}", include_in_schema=False)
async def submit_prediction(
    model_id: str, request: Request, context: InContext, caller: ByCaller
) -> Response:
    """Accepts a request and answers at once, or with `enable_sync_mode` when the pictures are ready."""
    if model_id.partition("/")[0] in RESERVED_SEGMENTS:
        raise HTTPException(405, headers={"Allow": "GET"})
    spec = context.runtime.catalog.find(model_id)
    body = await read_json(request)
    image_input = parse_input(spec.inputs, body)
    warnings = strict.warnings_of(spec, body, strict.is_strict(request))
    allow_private = context.runtime.settings.webhook_allow_private
    webhook_url, unresolved = await receivers.receiver_of(request, body, allow_private)
    key = _idempotency_key(request, [model_id, body, webhook_url])
    await context.results.forecast.refresh()
    expected_wait = context.results.forecast.wait_behind_all(spec.engine.pool)
    submission = Submission(
        caller, spec, image_input, warnings + unresolved, webhook_url, key, expected_wait=expected_wait
    )
    try:
        prediction, left = await run_in_threadpool(_submit, context, submission)
        log.info("prediction accepted", prediction_id=prediction.id, model=model_id)
    except RateLimited as error:
        left = await run_in_threadpool(_allowance, context, caller)
        return refusal(error, rate_limits.headers_of(left))
    if image_input.enable_sync_mode:
        window = context.sync_window_seconds
        answer = await finished_or_late(request, context.results, context.watcher, prediction, window)
    else:
        answer = await context.results.answer(prediction)
    return _respond(answer, rate_limits.headers_of(left))


def _idempotency_key(request: Request, content: Json) -> IdempotencyKey | None:
    """Raises InvalidInput."""
    key = request.headers.get("idempotency-key")
    return None if key is None else key_of(key, content)


def _submit(context: Context, submission: Submission) -> tuple[Prediction, Allowance]:
    runtime, now = context.runtime, context.runtime.clock.now()
    submission = replace(submission, speeds=runtime.speeds.latest())
    with runtime.database.begin() as tx:
        prediction = submit(tx, submission, runtime.limits, runtime.queue.on_behalf_of(Origin.here()), now)
        return prediction, allowance(tx, prediction.account_id, now)


def _allowance(context: Context, caller: Caller) -> Allowance:
    with context.runtime.database.read() as tx:
        return allowance(tx, caller.account_id, context.runtime.clock.now())


def _cancel(context: Context, key: Key) -> None:
    runtime = context.runtime
    with runtime.database.begin() as tx:
        prediction = cancel(tx, *key, runtime.queue, runtime.clock.now())
    if prediction.is_cancelled:
        runtime.queue.withdraw(prediction)


def _wait_seconds(request: Request) -> float:
    text = request.query_params.get("wait", "0")
    if not re.fullmatch(r"[0-9](\.[0-9]{1,3})?", text) or float(text) > MAX_WAIT_SECONDS:
        raise InvalidInput(f'field "wait": must be a number of seconds from 0 to {MAX_WAIT_SECONDS}')
    return float(text)


def _respond(answer: Answer, limits: Mapping[str, str] = NO_LIMITS) -> Response:
    headers = {"X-Limner-Model": answer.model_id, **limits}
    if answer.made_by:
        headers["X-Limner-Engine"] = re.sub(r"[^ -~]", "?", answer.made_by)  # a header has no other letters
    return Response(answer.body, 200, headers, media_type="application/json")
