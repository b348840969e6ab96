"""Pictures by Google's current image models, through google-genai: generateContent, a picture a call.

Which model is the operator's to say: Google has retired each of them within a year or so. docs/upstreams.md.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import structlog
from google import genai
from google.genai import errors, types

from limner.engines.engine import GenerationRequest, Options
from limner.engines.upstream.addresses import Addresses
from limner.engines.upstream.bounded import open_client, tls
from limner.engines.upstream.failures import (
    Blame,
    CallFailed,
    Refused,
    no_connection,
    no_sense,
    of_status,
    rest_seconds,
)
from limner.engines.upstream.options import LIMITS, Key, Reader
from limner.engines.upstream.relay import File, Relay, Tell

GOOGLE = "https://generativelanguage.googleapis.com"
OPTIONS = ("model", "api_key_env", "base_url", "api_version", "image_sizes", "thinking_level", *LIMITS)
RATIOS = {"1:1": 1.0, "3:4": 3 / 4, "4:3": 4 / 3, "9:16": 9 / 16, "16:9": 16 / 9}
SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}  # of a square; written so: the API takes "1k" for less than 1K
THINKING = ("MINIMAL", "LOW", "MEDIUM", "HIGH")
FINISHED = types.FinishReason.STOP
# Reasons that are no refusal: the same prompt may do the next time.
MISHAPS = frozenset({"MAX_TOKENS", "MALFORMED_RESPONSE", "MALFORMED_FUNCTION_CALL", "OTHER", "CONTINUATION"})
RETIRED = re.compile(r"no longer (available|supported)|retired|shut ?down|discontinued|deprecated", re.I)
BAD_KEY = re.compile(r"api key|API_KEY_INVALID", re.I)
BLOCKED = re.compile(r"sensitive words|responsible ai|safety (filter|polic)|prohibited use", re.I)

log = structlog.get_logger()


def load(options: Options) -> Relay:
    """The engine's entry point."""
    reader = Reader("gemini", options, OPTIONS)
    sizes = reader.words("image_sizes", "1K, 2K", tuple(SIDES))
    thinking = reader.text("thinking_level").upper()
    if thinking and thinking not in THINKING:
        raise reader.wrong("thinking_level", f"is none of {', '.join(THINKING)}")
    limits = reader.limits()
    (url, *more) = reader.urls("base_url", GOOGLE)
    if more:
        raise reader.wrong("base_url", "there is only one Google")
    model = Model(reader.needed("model"), sizes, thinking)
    key = reader.key("GEMINI_API_KEY", is_needed=True)
    place = types.HttpOptions(base_url=url, api_version=reader.text("api_version") or None)
    return Relay(Gemini(place, key, model, limits.call_timeout_seconds), Addresses([url]), limits)


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    image_sizes: tuple[str, ...]  # of SIDES; none: the model has one size, and is not asked for any
    thinking_level: str  # of THINKING, or ""

    def asked(self, request: GenerationRequest) -> types.GenerateContentConfig:
        """For the nearest shape, and the smallest size that need not be enlarged."""
        shape = math.log(request.width / request.height)
        ratio = min(RATIOS, key=lambda name: abs(math.log(RATIOS[name]) - shape))
        image = types.ImageConfig(aspect_ratio=ratio, image_size=self._size(request))
        thinking = types.ThinkingConfig(thinking_level=types.ThinkingLevel(self.thinking_level or "HIGH"))
        return types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            image_config=image,
            thinking_config=thinking if self.thinking_level else None,
        )

    def _size(self, request: GenerationRequest) -> str | None:
        side = math.sqrt(request.width * request.height) * 0.95  # the areas differ a little from ours
        sizes = sorted(self.image_sizes, key=lambda size: SIDES[size])
        return next((size for size in sizes if SIDES[size] >= side), sizes[-1] if sizes else None)


class Gemini:
    def __init__(self, place: types.HttpOptions, key: Key, model: Model, call_seconds: float) -> None:
        self._key, self._model = key, model
        self._http = open_client(call_seconds)
        unused = {"verify": tls()}  # it makes further clients, each of which would read all authorities again
        options = place.model_copy(
            update={"httpx_async_client": self._http, "client_args": unused, "async_client_args": unused}
        )
        self._client = genai.Client(vertexai=False, api_key=key.secret, http_options=options)

    @property
    def made_by(self) -> str:
        return f"gemini/{self._model.name}"

    def warnings(self, request: GenerationRequest) -> tuple[str, ...]:
        found = ["The upstream service takes no seed: the same one will give another picture."]
        if request.negative_prompt:
            found.append("The upstream service takes no negative_prompt; it was left out.")
        return tuple(found)

    async def fetch(self, address: str, request: GenerationRequest, seed: int, tell: Tell) -> File:
        try:
            answer = await self._client.aio.models.generate_content(
                model=self._model.name, contents=request.prompt, config=self._model.asked(request)
            )
        except errors.APIError as error:
            raise self._failure(error) from error
        except httpx2.HTTPError as error:
            raise no_connection(repr(error)) from error
        except (ValueError, TypeError, AttributeError, KeyError) as error:  # it trusts what it reads
            raise no_sense(repr(error)) from error
        return File(_content(answer))

    async def close(self) -> None:
        await self._client.aio.aclose()
        self._client.close()
        await self._http.aclose()

    def _failure(self, error: errors.APIError) -> Exception:
        said = self._key.hidden_in(error.message or "")
        match error.code:
            case 404:
                return self._gone(said)
            case 400 if BAD_KEY.search(f"{error.details}"):
                return of_status(401)
            case 400 if BLOCKED.search(said):
                return Refused("prompt_blocked")
            case _:
                return of_status(error.code, said, _rest_seconds(error))

    def _gone(self, said: str) -> CallFailed:
        """Whoever runs this must choose another model: nothing else will help."""
        name = self._model.name
        if RETIRED.search(said):
            log.error("Google has retired this model: name another in limner.toml", model=name, said=said)
            text = f"The upstream service has retired its model {name}; its operator must choose another."
        else:
            log.error("Google knows no such model: name another in limner.toml", model=name, said=said)
            text = f"The upstream service knows no model {name}; its operator must choose another."
        return CallFailed(text, Blame.ADDRESS, detail=said)


def _content(answer: types.GenerateContentResponse) -> bytes:
    """Raises Refused and CallFailed."""
    if answer.prompt_feedback is not None and answer.prompt_feedback.block_reason is not None:
        raise Refused(f"prompt_{answer.prompt_feedback.block_reason.value}")
    if not answer.candidates:
        raise no_sense("no candidates")
    candidate = answer.candidates[0]
    for part in (candidate.content.parts if candidate.content else None) or ():
        if part.inline_data is not None and part.inline_data.data and not part.thought:
            return part.inline_data.data
    reason = candidate.finish_reason or FINISHED
    if reason.value in MISHAPS:
        raise no_sense(f"finished by {reason.value}")
    raise Refused("no_image" if reason is FINISHED else reason.value)


def _rest_seconds(error: errors.APIError) -> float | None:
    """From the header, or from google.rpc.RetryInfo in the body."""
    headers: Any = getattr(error.response, "headers", {})
    if (asked := rest_seconds(headers.get("retry-after"), datetime.now(UTC))) is not None:
        return asked
    found = re.search(r"retryDelay': '(\d+(?:\.\d+)?)s'", f"{error.details}")
    return float(found[1]) if found else None
