"""Pictures by any server with POST /v1/images/generations: SGLang-Diffusion, vLLM-Omni, LocalAI, OpenAI.

What such a server takes beyond a prompt and a size differs; an option says so. docs/upstreams.md.
"""

import base64
import binascii
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import openai
from openai.types import ImagesResponse

from limner.engines.engine import GenerationRequest, Options
from limner.engines.upstream.addresses import Addresses
from limner.engines.upstream.bounded import open_client
from limner.engines.upstream.failures import Refused, no_connection, no_sense, of_status, rest_seconds
from limner.engines.upstream.options import LIMITS, Key, Reader
from limner.engines.upstream.relay import File, Relay, Tell

OPENAI = "https://api.openai.com/v1"
TAKEN = ("seed", "negative_prompt", "num_inference_steps", "guidance_scale")
OPTIONS = ("base_url", "model", "api_key_env", "takes", "sizes", "response_format", "body", *LIMITS)
REFUSAL = re.compile(r"moderation|content_?policy|content_?filter|safety", re.IGNORECASE)  # in a code
REFUSAL_TEXT = re.compile(r"safety system|content (management )?policy", re.IGNORECASE)

Size = tuple[int, int]


def load(options: Options) -> Relay:
    """The engine's entry point."""
    reader = Reader("openai", options, OPTIONS)
    urls = reader.urls("base_url", OPENAI)
    is_openai = OPENAI in urls
    dialect = Dialect(
        model=reader.needed("model"),
        takes=reader.words("takes", "" if is_openai else "seed, negative_prompt", TAKEN),
        sizes=_sizes(reader),
        response_format=reader.text("response_format", "" if is_openai else "b64_json"),
        body=reader.fields("body"),
    )
    limits = reader.limits()
    upstream = ImagesApi(urls, reader.key("OPENAI_API_KEY", is_openai), dialect, limits.call_timeout_seconds)
    return Relay(upstream, Addresses(urls), limits)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What these servers take."""

    model: str
    takes: tuple[str, ...]  # of TAKEN
    sizes: tuple[Size, ...]  # none: any
    response_format: str  # "": not asked for
    body: Mapping[str, Any]  # further fields of each request

    def fields(self, request: GenerationRequest, seed: int) -> dict[str, Any]:
        """Beyond those that the openai package knows by name."""
        known = {
            "seed": seed,
            "negative_prompt": request.negative_prompt or None,
            "num_inference_steps": request.num_inference_steps,
            "guidance_scale": request.guidance_scale,
        }
        taken = {name: known[name] for name in self.takes if known[name] is not None}
        asked = {"response_format": self.response_format} if self.response_format else {}
        return asked | taken | dict(self.body)

    def size(self, request: GenerationRequest) -> str:
        """The nearest of those that can be asked for, in shape first."""
        wanted = (request.width, request.height)
        width, height = min(self.sizes, key=lambda size: _distance(size, wanted), default=wanted)
        return f"{width}x{height}"


class ImagesApi:
    """One client for each address."""

    def __init__(self, urls: Sequence[str], key: Key, dialect: Dialect, call_seconds: float) -> None:
        self._key, self._dialect = key, dialect
        self._http = open_client(call_seconds)
        self._clients = {
            url: openai.AsyncOpenAI(
                api_key=key.secret or "none", base_url=url, max_retries=0, http_client=self._http
            )
            for url in urls
        }

    @property
    def made_by(self) -> str:
        return f"openai/{self._dialect.model}"

    def warnings(self, request: GenerationRequest) -> tuple[str, ...]:
        found = []
        if "seed" not in self._dialect.takes:
            found.append("The upstream service takes no seed: the same one will give another picture.")
        if request.negative_prompt and "negative_prompt" not in self._dialect.takes:
            found.append("The upstream service takes no negative_prompt; it was left out.")
        return tuple(found)

    async def fetch(self, address: str, request: GenerationRequest, seed: int, tell: Tell) -> File:
        try:
            answer = await self._clients[address].images.generate(
                prompt=request.prompt,
                model=self._dialect.model,
                n=1,
                size=self._dialect.size(request),
                extra_body=self._dialect.fields(request, seed),
            )
        except openai.APIStatusError as error:
            raise self._failure(error) from error
        except openai.APIConnectionError as error:
            raise no_connection(repr(error.__cause__ or error)) from error
        except (openai.OpenAIError, ValueError) as error:
            raise no_sense(repr(error)) from error
        return File(_content(answer))

    async def close(self) -> None:
        await self._http.aclose()

    def _failure(self, error: openai.APIStatusError) -> Exception:
        is_refusal = REFUSAL.search(f"{error.code} {error.type}") or REFUSAL_TEXT.search(error.message)
        if error.status_code in (400, 403, 422) and is_refusal:
            return Refused(error.code or "content_policy")
        rest = rest_seconds(error.response.headers.get("retry-after"), datetime.now(UTC))
        return of_status(error.status_code, self._key.hidden_in(error.message), rest)


def _content(answer: ImagesResponse) -> bytes:
    """Nothing in an answer is checked by the openai package. Raises CallFailed."""
    images = getattr(answer, "data", None)
    encoded = getattr(images[0], "b64_json", None) if isinstance(images, list) and images else None
    if not isinstance(encoded, str):
        raise no_sense("no b64_json in the answer: does the server need another response_format?")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise no_sense(f"b64_json: {error}") from error


def _sizes(reader: Reader) -> tuple[Size, ...]:
    found = []
    for word in reader.words("sizes", ""):
        if not (size := re.fullmatch(r"([1-9]\d{1,4})x([1-9]\d{1,4})", word)):
            raise reader.wrong("sizes", f"{word!r} is no size such as 1024x1024")
        found.append((int(size[1]), int(size[2])))
    return tuple(found)


def _distance(size: Size, wanted: Size) -> tuple[float, float]:
    """How far in shape, and then how far in area."""
    shape = math.log(size[0] / size[1]) - math.log(wanted[0] / wanted[1])
    area = math.log(size[0] * size[1]) - math.log(wanted[0] * wanted[1])
    return round(abs(shape), 2), abs(area)
