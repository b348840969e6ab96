"""Where a picture comes from, asked with a file, or with the link of a picture of ours."""

import binascii
import io
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import IO, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from limner.api.body import read_json
from limner.api.context import BEARER, ByCaller, Context, InContext
from limner.api.envelope import Envelope, success
from limner.api.forms import FORM_BODY, RAW_BODY, form_file, is_form, spooled
from limner.api.media import find_picture
from limner.api.queries import Asked, check_query
from limner.api.uploads import InTraffic
from limner.api.views import View
from limner.errors import InvalidInput, NotFound
from limner.inputs import Json
from limner.predictions.recognition import recognize
from limner.runtime import load_authorities_of, load_verifier_of

MAX_BYTES = 64 << 20
MAX_BODY_BYTES = MAX_BYTES // 3 * 4 + (1 << 10)  # base64, and what is around it
JSON = "application/json"

router = APIRouter(tags=["provenance"])


class ProvenanceQuery(Asked):
    url: str = Field("", description="The link of a picture of this server, or its path.", max_length=2_000)
    image: str = Field("", description="Otherwise the file itself, as base64 or as a data URL.")


class ProvenanceView(View):
    """What the file says of itself; worth as much as its status. Texts are empty where it says nothing."""

    status: Literal["trusted", "untrusted", "tampered", "invalid", "unsigned"] = Field(
        description="`trusted`: as it left a signer whose authority is trusted here. `untrusted`: as it left "
        "somebody else. `tampered`: changed since. `invalid`: signed in a way that does not count. "
        "`unsigned`: there is no manifest."
    )
    problems: list[str] = Field(description="What is wrong with the manifest, in C2PA's codes.")
    generated: bool = Field(description="Whether it says that a model has generated the picture.")
    source_type: str = Field(description="How the picture came to be, as a term of the IPTC.")
    engine: str
    weights: str
    software: str = Field(description="What made the file, such as `Limner 0.1.0`.")
    signer: str = Field(description="The name in the certificate.")
    made_at: str = Field(description="RFC 3339.")
    prediction_id: str = Field(description="As the manifest says; without one, whose mark is in the pixels.")
    number: int = Field(description="Which picture of the prediction, from 1; 0 where it does not say.")
    known: bool = Field(description="Whether that prediction is in this server's database still.")
    mark: str = Field(
        description="The beginning of a prediction's id, as an invisible mark in the pixels says; empty "
        "where there is none, and where a manifest names the prediction."
    )


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            **FORM_BODY,
            JSON: {"schema": ProvenanceQuery.model_json_schema(mode="validation")},
            **RAW_BODY,
        },
    }
}


@router.post(
    "/api/v3/provenance/verify",
    summary="Where a picture comes from",
    response_model=Envelope[ProvenanceView],
    openapi_extra=BODY,
    dependencies=[BEARER],
)
async def verify(request: Request, context: InContext, caller: ByCaller, traffic: InTraffic) -> Response:
    """Says what made a picture, who signed that, and whether it was changed since: reads the C2PA manifest of
    a PNG, JPEG or WebP of at most 64 MiB. It comes as the field `file` of a form, as the body itself, or in
    JSON, as `image` or as the `url` of a picture of this server."""
    with traffic.admit(caller.account_id):
        async with _picture(request, context) as file:
            view = await traffic.take(lambda: _examine(context, file))
    return success(view)


@router.get(
    "/api/v3/provenance/authorities",
    summary="Who vouches for our signatures",
    response_class=PlainTextResponse,
)
def read_authorities(context: InContext) -> PlainTextResponse:
    """The certificates of the authorities whose signatures count here, as PEM: for other programs that check
    our pictures. Empty until something was signed."""
    runtime = context.runtime
    return PlainTextResponse("".join(load_authorities_of(runtime.settings, runtime.database)))


def _examine(context: Context, file: IO[bytes]) -> Mapping[str, Json]:
    runtime = context.runtime
    verifier = load_verifier_of(runtime.settings, runtime.database)
    return recognize(file, verifier, runtime.database).view()


@asynccontextmanager
async def _picture(request: Request, context: Context) -> AsyncIterator[IO[bytes]]:
    if is_form(request):
        async with form_file(request, MAX_BYTES) as sent:
            yield sent.file
    elif request.headers.get("content-type", "").lower().startswith(JSON):
        asked = check_query(await read_json(request, max_bytes=MAX_BODY_BYTES), ProvenanceQuery)
        yield io.BytesIO(await run_in_threadpool(_content, context, asked))
    else:
        async with spooled(request, MAX_BYTES) as sent:
            yield sent.file


def _content(context: Context, asked: ProvenanceQuery) -> bytes:
    if asked.url and asked.image:
        raise InvalidInput('field "url" or field "image", not both')
    if asked.url:
        return _stored(context, asked.url)
    if asked.image:
        return _decoded(asked.image)
    raise InvalidInput('field "url" or field "image" is required')


def _stored(context: Context, url: str) -> bytes:
    """Read from the storage, never by a request: what is not ours is not looked at. Raises InvalidInput and
    NotFound."""
    public_url = context.runtime.public_url
    path = url.removeprefix(public_url) if public_url else url
    parts = path.split("/")
    if len(parts) != 4 or parts[:2] != ["", "predictions"]:
        raise InvalidInput('field "url": it must be the link of a picture of this server')
    try:
        return context.runtime.storage.get(find_picture(context, *parts[2:]).object_key)
    except NotFound as error:
        raise NotFound(f'field "url": {error.message}') from error


def _decoded(text: str) -> bytes:
    """Raises InvalidInput."""
    base64 = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return b64decode(base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput('field "image": it is neither base64 nor a data URL of it') from error
