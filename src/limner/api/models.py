"""The models on offer: the list that clients build their forms and price quotes from, and each one alone.

An answer carries its ETag, so that a client that has it already is told so without the whole of it again.
"""

import hashlib
from typing import Any

from fastapi import APIRouter, Request, Response

from limner.api.context import BEARER, ByCaller, InContext
from limner.api.envelope import Envelope, success_bytes
from limner.api.views import ModelView
from limner.catalog import ModelSpec
from limner.ledger import micros_to_usd
from limner.open_weights import KNOWN
from limner.runtime import Runtime

router = APIRouter(tags=["models"], dependencies=[BEARER])

CONDITIONAL: dict[str, Any] = {
    "responses": {304: {"description": "What the caller has, by its ETag, is still so."}},
    "openapi_extra": {
        "parameters": [
            {
                "name": "If-None-Match",
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
                "description": "The ETag of what the caller has.",
            }
        ]
    },
}


@router.get(
    "/api/v3/models",
    summary="List the models",
    response_model=Envelope[list[ModelView]],
    **CONDITIONAL,
)
def list_models(request: Request, context: InContext, caller: ByCaller) -> Response:
    """Every model with its price and the schema of its inputs. With `If-None-Match`, 304 while nothing has
    changed."""
    return _conditional(request, model_views(context.runtime))


@router.get(
    "/api/v3/models/{model_id:path}",
    summary="Show one model",
    response_model=Envelope[ModelView],
    **CONDITIONAL,
)
def read_model(model_id: str, request: Request, context: InContext, caller: ByCaller) -> Response:
    """One model, as in the list."""
    context.runtime.catalog.find(model_id)
    (view,) = (view for view in model_views(context.runtime) if view["model_id"] == model_id)
    return _conditional(request, view)


def model_views(runtime: Runtime) -> list[dict[str, Any]]:
    """All models in their order, as the public sees them (contract section 6)."""
    return [_model_view(spec, runtime.public_url, order) for order, spec in enumerate(runtime.catalog, 1)]


def _description(spec: ModelSpec) -> str:
    """With the licence of the weights behind it, where they are known: whose pictures may be sold?"""
    weights = KNOWN.get(dict(spec.engine.options).get("weights", ""))
    return f"{spec.description} {weights.terms}" if weights else spec.description


def _model_view(spec: ModelSpec, public_url: str, sort_order: int) -> dict[str, Any]:
    run = {
        "type": "model_run",  # first, because some readers take the first whatever it is
        "method": "POST",
        "server": public_url,
        "api_path": f"/api/v3/{spec.model_id}",
        "request_schema": spec.request_schema(),
    }
    return {
        "model_id": spec.model_id,
        "name": spec.model_id,
        "description": _description(spec),
        "type": spec.type,
        "base_price": micros_to_usd(spec.price_micros),
        "formula": '{"total_price": base_price * num_images}',
        "sort_order": sort_order,
        "engine": spec.engine.name,
        "api_schema": {"api_schemas": [run]},
    }


def _conditional(request: Request, data: Any) -> Response:
    body = success_bytes(data)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}  # keep it, but ask each time
    if _is_known(etag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media_type="application/json")


def _is_known(etag: str, if_none_match: str) -> bool:
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in known or known == {"*"}
