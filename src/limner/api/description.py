"""Makes what /openapi.json says complete: which refusals each route may answer with, and an example of each
request. FastAPI writes the rest from the routes themselves.

The tests hold every answer against it and send every example; ``reference`` turns it into pages.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from limner.api.envelope import ErrorEnvelope
from limner.api.examples import BODIES, PARAMETERS
from limner.catalog import Catalog, ModelSpec
from limner.ledger import micros_to_usd

Operation = dict[str, Any]

REFUSALS = {
    400: "The request must change; the message names the field.",
    401: "There is no key, or none that is valid.",
    402: "The account must be topped up.",
    403: "The account is suspended, or a page of another origin asks with the session of this one.",
    404: "There is no such thing, or it is another account's.",
    405: "The path takes other methods, which `Allow` names.",
    408: "The body came too slowly.",
    409: "The thing is not, or no longer, as the caller believed.",
    413: "The body is larger than what is taken here.",
    415: "Files of this kind are not taken, or the file is not of the kind it is said to be.",
    416: "The range lies beyond the end of the file.",
    421: "This server is not known under the host name that was asked for.",
    429: "Too much at once; `Retry-After` says how many seconds to wait.",
    500: "Something went wrong here; the message has a reference that the operator can look up.",
    503: "The database or the storage cannot be reached; `Retry-After` says when to try again.",
}
"""What a status other than 2xx means, on any route."""

ALWAYS = {500, 503}
WITH_KEY = {401, 403}
WITH_BODY = {400, 408, 413}
WITH_QUERY = {400}
WITH_PATH = {404}
BEYOND = {
    "POST /api/v3/{model_id}": {402, 409, 429},
    "POST /api/v3/model/price": {404},
    "POST /api/v3/model/pricing": {404},
    "GET /api/v3/predictions/{prediction_id}/events": {429},
    "POST /api/v3/media/uploads": {415},
    "PUT /api/v3/media/uploads/{ticket}": {409, 415, 429},
    "POST /api/v3/media/upload/binary": {415, 429},
    "POST /api/v3/upload": {415, 429},
    "POST /api/v3/provenance/verify": {404, 415, 429},
    "GET /media/{file_name}": {416},
    "POST /api/limner/keys": {409},
    "DELETE /api/limner/keys/{key_id}": {409},
    "POST /api/v3/webhook/test": {429},
    "POST /api/v3/webhook/deliveries/{delivery_id}/redeliver": {409, 429},
}
"""What a route refuses besides what follows from its having a key, a body, a query or a path to fill in."""

WITHOUT_BODY = {416}


class DescribedAPI(FastAPI):
    def __init__(self, catalog: Catalog, **options: Any) -> None:
        self.catalog = catalog
        super().__init__(**options)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi(), self.catalog)
        return self.openapi_schema


def complete(document: dict[str, Any], catalog: Catalog) -> dict[str, Any]:
    document["x-models"] = [_offer(spec) for spec in catalog]
    for name, operation in operations(document):
        _add_refusals(name, operation)
        _add_examples(name, operation)
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's own form of a 422
        schemas.pop(unused, None)
    schemas["ErrorEnvelope"] = ErrorEnvelope.model_json_schema()
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    """Each operation under a name such as "GET /health"."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _offer(spec: ModelSpec) -> dict[str, Any]:
    return {
        "id": spec.model_id,
        "description": spec.description,
        "price": micros_to_usd(spec.price_micros),
        "inputs": list(spec.inputs),
    }


def _add_refusals(name: str, operation: Operation) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    for status in sorted(_refusals(name, operation)):
        responses.setdefault(str(status), _refusal(status))
    operation["responses"] = dict(sorted(responses.items()))


def _refusals(name: str, operation: Operation) -> set[int]:
    places = {parameter["in"] for parameter in operation.get("parameters", [])}
    found = ALWAYS | BEYOND.get(name, set())
    if "security" in operation:
        found |= WITH_KEY
    if "requestBody" in operation:
        found |= WITH_BODY
    if "query" in places:
        found |= WITH_QUERY
    if "path" in places:
        found |= WITH_PATH
    return found


def _refusal(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {"description": REFUSALS[status]}
    if status not in WITHOUT_BODY:
        schema = {"$ref": "#/components/schemas/ErrorEnvelope"}
        response["content"] = {"application/json": {"schema": schema}}
    return response


def _add_examples(name: str, operation: Operation) -> None:
    for parameter in operation.get("parameters", []):
        example = PARAMETERS.get((name, parameter["name"]), PARAMETERS.get(("", parameter["name"])))
        if example is not None:
            parameter["example"] = example
    if name in BODIES:
        (content,) = operation["requestBody"]["content"].values()
        content["example"] = BODIES[name]
