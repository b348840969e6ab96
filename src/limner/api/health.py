"""Whether work can be accepted, for load balancers and people; and figures, for Prometheus."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from limner.api.context import InContext
from limner.api.views import HealthView
from limner.runtime import check_health

router = APIRouter(tags=["operation"])


@router.get("/health", response_model=HealthView, responses={503: {"model": HealthView}})
@router.head("/health", include_in_schema=False)
def read_health(context: InContext) -> JSONResponse:
    """Whether work can be accepted: 503 when database or storage cannot be reached, or this process is about
    to stop; without a worker, work is accepted, and waits."""
    health = check_health(context.runtime, context.runtime.clock.now())
    status = "ok" if health.is_reachable else "unreachable"
    body = {
        "status": "stopping" if context.stopping.is_set() else status,
        "database": health.database,
        "storage": health.storage,
        "workers": health.workers,
        "unserved_models": list(health.unserved_models),
    }
    return JSONResponse(body, 200 if body["status"] == "ok" else 503)


@router.get("/metrics", response_class=PlainTextResponse)
def read_metrics(context: InContext) -> Response:
    """Figures in the text format of Prometheus."""
    return Response(context.metrics.text(context.runtime), media_type=CONTENT_TYPE_LATEST)
