"""The catalog as WaveSpeed's website serves it, where the ComfyUI nodes look for models and their forms.

They ask the website's host, without a key; whoever points that host here finds the same paths
(contract section 3, number 21).
"""

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from limner.api.context import Context, InContext
from limner.api.envelope import Envelope, success
from limner.api.models import model_views
from limner.api.queries import Page, PageSize
from limner.api.record_views import CenterModel, CenterModelItem, CenterModelPage, TypeCount

PREFIX = "/center/default/api/v1"

router = APIRouter(tags=["website"], prefix=PREFIX)


@router.get(
    "/model_product/type_statistics",
    summary="Count the models of each type",
    response_model=Envelope[list[TypeCount]],
)
def count_types(context: InContext) -> Response:
    """How many models there are of each type."""
    types = Counter(spec.type for spec in context.runtime.catalog)
    return success([{"type": name, "count": count} for name, count in types.items()])


@router.get("/model_product/search", summary="Search the models", response_model=Envelope[CenterModelPage])
def search_models(
    context: InContext,
    page: Annotated[Page, Query(description="Counted from 1.")] = 1,
    page_size: Annotated[PageSize, Query(description="How many at most.")] = 100,
    types: Annotated[str, Query(description="Only of these types, divided by commas.")] = "",
) -> Response:
    """The models of these types, or all."""
    wanted = set(types.split(",")) if types else None
    found = [view for view in _views(context) if wanted is None or view["type"] in wanted]
    start = (page - 1) * page_size
    items = [{name: view[name] for name in CenterModelItem.model_fields} for view in found]
    return success({"items": items[start : start + page_size], "total": len(found)})


@router.get(
    "/model_product/detail/{model_id:path}", summary="Show one model", response_model=Envelope[CenterModel]
)
def read_model_product(model_id: str, context: InContext) -> Response:
    """One model with the schema of its inputs."""
    return success(_find(context, model_id))


@router.get(
    "/model_schema/{model_id:path}", summary="Describe one model", response_model=Envelope[dict[str, Any]]
)
def read_model_schema(model_id: str, context: InContext) -> Response:
    """An OpenAPI 3.0 document of this model alone."""
    view = _find(context, model_id)
    (run,) = view["api_schema"]["api_schemas"]
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}}
    operation = {
        "summary": view["description"],
        "requestBody": {"required": True, "content": body},
        "responses": {"200": {"description": "The prediction."}},
    }
    return success(
        {
            "openapi": "3.0.0",
            "info": {"title": model_id, "version": "1.0.0"},
            "servers": [{"url": run["server"]}],
            "paths": {run["api_path"]: {"post": operation}},
            "components": {"schemas": {"Request": run["request_schema"]}},
        }
    )


def _views(context: Context) -> list[dict[str, Any]]:
    return [_center_view(view) for view in model_views(context.runtime)]


def _find(context: Context, model_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    context.runtime.catalog.find(model_id)
    return next(view for view in _views(context) if view["model_id"] == model_id)


def _center_view(view: dict[str, Any]) -> dict[str, Any]:
    (run,) = view["api_schema"]["api_schemas"]
    renamed = {
        "model_uuid": view["model_id"],
        "model_name": view["name"],
        "cover_url": "",
        "input": run["request_schema"],
    }
    kept = ("model_id", "description", "type", "base_price", "api_schema")
    return renamed | {name: view[name] for name in kept}
