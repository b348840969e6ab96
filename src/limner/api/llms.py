"""Plain text for agents, as llmstxt.org has it: what is here, and per model all that is needed to call it.

Made from the catalog alone, so that it is never out of date. Needs no key.
"""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from limner.api.context import InContext
from limner.api.models import model_views

router = APIRouter(tags=["models"], default_response_class=PlainTextResponse)

INDEX = """\
# Limner

> A self-hosted image API that speaks the WaveSpeed v3 image API. Send `Authorization: Bearer <key>` with
> every call below /api. Answers are `{{"code": 200, "message": "success", "data": ...}}`; on an error `code`
> is the HTTP status, `message` says what is wrong, and `data` is null.

## Models

{models}

## Calls

- [OpenAPI]({origin}/openapi.json): every call, with its inputs and answers
- POST {origin}/api/v3/<model>: submit a request
- GET {origin}/api/v3/predictions/<id>/result: ask for its result
- GET {origin}/api/v3/predictions/<id>/events: follow it, as a stream of events
- POST {origin}/api/v3/predictions/<id>/cancel: end it, free of charge
- POST {origin}/api/v3/predictions: list what was submitted, newest first
- POST {origin}/api/v3/model/price: quote a price, free of charge
- GET {origin}/api/v3/balance: what can be spent
"""

PAGE = """\
# {model_id}

> {description} Type: {type}. Engine here: {engine}.

Price: ${price} per delivered picture. What is not delivered is not charged.

## Submit

POST {endpoint}
Authorization: Bearer <key>
Content-Type: application/json

{example}

The answer comes at once: `data.id` names the prediction, `data.status` is `created`, `data.urls.get` is where
to ask for its result. Never submit again because an answer was lost: look it up in the list, or send the
header `Idempotency-Key` and repeat the request with the same key.

## Inputs

{inputs}

Other inputs are dropped, and named in `data.warnings`; with `?strict=1` they are an error.

## Result

GET {origin}/api/v3/predictions/<id>/result
Authorization: Bearer <key>

Ask once a second while `data.status` is `created` or `processing`; it ends as `completed` or `failed`.
With `?wait=9` the answer comes as soon as it ends, or after 9 seconds.
When completed, `data.outputs` holds one link per picture, open to anybody, and `data.images` the seed and the
size of each. When failed, `data.error` says why, and nothing is charged.

curl -s {endpoint} -H "Authorization: Bearer $LIMNER_API_KEY" \\
  -H "Content-Type: application/json" -d '{example}'
"""


@router.get("/llms.txt", summary="What is here, for agents")
def read_index(context: InContext) -> str:
    """The models and the calls, as plain text."""
    views = model_views(context.runtime)
    origin = context.runtime.public_url
    models = "\n".join(
        f"- [{view['model_id']}]({origin}/models/{view['model_id']}/llms.txt): {view['description']}"
        for view in views
    )
    return INDEX.format(origin=origin, models=models)


@router.get("/models/{model_id:path}/llms.txt", summary="One model, for agents")
def read_page(model_id: str, context: InContext) -> str:
    """How to call this model, as plain text."""
    spec = context.runtime.catalog.find(model_id)
    (view,) = (view for view in model_views(context.runtime) if view["model_id"] == spec.model_id)
    (run,) = view["api_schema"]["api_schemas"]
    return PAGE.format(
        **view | {"price": f"{view['base_price']:.3f}", "origin": run["server"]},
        endpoint=run["server"] + run["api_path"],
        example=json.dumps({"prompt": "A red apple on a wooden table"}),
        inputs="\n".join(_input_lines(run["request_schema"])),
    )


def _input_lines(schema: dict[str, Any]) -> Iterator[str]:
    for name in schema["x-order-properties"]:
        field = schema["properties"][name]
        facts = [field["type"], "required" if name in schema["required"] else "optional"]
        if "enum" in field:
            facts.append("one of " + ", ".join(field["enum"]))
        if "minimum" in field:
            facts.append(f"from {field['minimum']} to {field['maximum']}")
        if "maxLength" in field:
            facts.append(f"at most {field['maxLength']} characters")
        if "default" in field:
            facts.append(f"default {json.dumps(field['default'])}")
        yield f"- {name} ({'; '.join(facts)}): {field['description']}"
