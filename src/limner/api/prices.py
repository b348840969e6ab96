"""What a request would cost, without making it. On two paths, because WaveSpeed's documents disagree and
clients follow both; the answer holds the fields of both.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from limner.api.context import BEARER, ByCaller, InContext
from limner.api.envelope import Envelope, success
from limner.api.queries import PriceQuery, body_of, read_query
from limner.api.record_views import PriceView
from limner.inputs import parse_partial_input
from limner.ledger import micros_to_usd

router = APIRouter(tags=["models"], dependencies=[BEARER])

DOCUMENTATION: dict[str, Any] = {
    "summary": "Quote a price",
    "response_model": Envelope[PriceView],
    "openapi_extra": body_of(PriceQuery),
}


@router.post("/api/v3/model/price", **DOCUMENTATION)
@router.post("/api/v3/model/pricing", **DOCUMENTATION)
async def quote_price(request: Request, context: InContext, caller: ByCaller) -> Response:
    """What these inputs would cost, in dollars; nothing is charged. Inputs that are left out take their
    defaults, so none at all gives the model's lowest price."""
    asked = await read_query(request, PriceQuery)
    spec = context.runtime.catalog.find(asked.model_id)
    price = micros_to_usd(spec.quote_micros(parse_partial_input(spec.inputs, asked.inputs)))
    return success(
        {
            "model_id": spec.model_id,
            "unit_price": price,
            "price": price,
            "discounted_price": price,
            "discount_rate": 0.0,
            "currency": "USD",
        }
    )
