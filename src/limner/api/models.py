"""The list of models, in the form that clients build their forms and price quotes from."""

from typing import Any

from fastapi import APIRouter, Response

from limner.api.context import BEARER, ByCaller, InContext
from limner.api.envelope import Envelope, success
from limner.api.views import ModelView
from limner.catalog import ModelSpec
from limner.ledger import micros_to_usd

router = APIRouter(tags=["models"], dependencies=[BEARER])


@router.get("/api/v3/models", response_model=Envelope[list[ModelView]])
def list_models(context: InContext, caller: ByCaller) -> Response:
    runtime = context.runtime
    return success(
        [model_view(spec, runtime.public_url, order) for order, spec in enumerate(runtime.catalog, 1)]
    )


def model_view(spec: ModelSpec, public_url: str, sort_order: int) -> dict[str, Any]:
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
        "description": spec.description,
        "type": spec.type,
        "base_price": micros_to_usd(spec.price_micros),
        "formula": '{"total_price": base_price * num_images}',
        "sort_order": sort_order,
        "engine": spec.engine.name,
        "api_schema": {"api_schemas": [run]},
    }
