"""Pictures by a WaveSpeed account, or by another Limner, through WaveSpeed's own client: submit, then look
until it is finished. What is given up here is cancelled there, where the service can (a Limner can).

Each prediction costs: another is submitted only where surely none came about.
"""

import asyncio
import base64
import binascii
import math
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import httpx
import requests
import urllib3
import wavespeed

from limner.engines.engine import GenerationRequest, Options
from limner.engines.upstream.addresses import Addresses
from limner.engines.upstream.failures import Blame, CallFailed, Refused, no_connection, no_sense, of_status
from limner.engines.upstream.options import LIMITS, Key, Limits, Reader
from limner.engines.upstream.pictures import MOST_BYTES
from limner.engines.upstream.relay import File, Relay, Tell
from limner.inputs import MAX_SEED, SIZES_1K

WAVESPEED = "https://api.wavespeed.ai"
TAKEN = ("aspect_ratio", "resolution", "size", "seed", "negative_prompt")
OWN_OPTIONS = ("base_url", "model", "api_key_env", "takes", "body", "poll_seconds", "output")
OPTIONS = (*OWN_OPTIONS, *(name for name in LIMITS if name != "call_timeout_seconds"))
LARGEST_1K = 1408  # pixels a side
REQUEST_SECONDS = 30.0  # for each request; a picture takes many
CANCEL_SECONDS = 5.0
MISSED_LOOKS = 5  # in a row, until a prediction is given up
DOWNLOADS = 3  # tries
FILTERED_CODE, INVALID_CODES = 1200, (1400, 1401, 1402)
NOT_TAKEN = re.compile(r"Failed to submit prediction: HTTP 4(?!08)\d\d:")  # after a 408 nobody knows
REFUSAL = re.compile(r"content is filtered|sensitive|flagged|moderation|content policy", re.IGNORECASE)
LONGEST_NAME, MOST_WARNINGS, LONGEST_WARNING = 100, 20, 500

Json = Any


def load(options: Options) -> Relay:
    """The engine's entry point."""
    reader = Reader("wavespeed", options, OPTIONS)
    urls = tuple(url.removesuffix("/api/v3") for url in reader.urls("base_url", WAVESPEED))
    usual = reader.limits()
    limits = Limits(usual.attempts, usual.timeout_seconds, usual.timeout_seconds, usual.at_once)
    output = reader.text("output", "link")
    if output not in ("link", "base64"):
        raise reader.wrong("output", "must be link or base64")
    order = Order(
        model=reader.needed("model"),
        takes=reader.words("takes", "aspect_ratio, resolution, seed, negative_prompt", TAKEN),
        body=reader.fields("body") | ({"enable_base64_output": True} if output == "base64" else {}),
    )
    key = reader.key("WAVESPEED_API_KEY", is_needed=True)
    return Relay(
        WaveSpeed(urls, key, order, reader.number("poll_seconds", 1.0, 0.01)), Addresses(urls), limits
    )


@dataclass(frozen=True, slots=True)
class Order:
    """What is submitted. A service drops the inputs that its model does not declare."""

    model: str
    takes: tuple[str, ...]  # of TAKEN
    body: Mapping[str, Json]  # further inputs

    def inputs(self, request: GenerationRequest, seed: int) -> dict[str, Json]:
        shape = math.log(request.width / request.height)
        ratio = min(SIZES_1K, key=lambda name: abs(math.log(SIZES_1K[name][0] / SIZES_1K[name][1]) - shape))
        known = {
            "aspect_ratio": ratio,
            "resolution": "2k" if max(request.width, request.height) > LARGEST_1K else "1k",
            "size": f"{request.width}*{request.height}",
            "seed": seed % (MAX_SEED + 1),
            "negative_prompt": request.negative_prompt,
        }
        taken = {name: known[name] for name in self.takes if known[name] != ""}
        return {"prompt": request.prompt} | taken | dict(self.body)


class WaveSpeed:
    """One of WaveSpeed's clients for each address. They wait in threads, a request at a time."""

    def __init__(self, urls: Sequence[str], key: Key, order: Order, poll_seconds: float) -> None:
        self._key, self._order, self._poll_seconds = key, order, poll_seconds
        self._clients = {
            url: wavespeed.Client(key.secret, url, max_retries=0, max_connection_retries=0) for url in urls
        }
        self._http = httpx.AsyncClient(
            verify=_tls(), timeout=REQUEST_SECONDS, headers={"Accept-Encoding": "identity"}
        )

    @property
    def made_by(self) -> str:
        return f"wavespeed/{self._order.model}"

    def warnings(self, request: GenerationRequest) -> tuple[str, ...]:
        found = []
        if "seed" not in self._order.takes:
            found.append("The upstream service takes no seed: the same one will give another picture.")
        if request.negative_prompt and "negative_prompt" not in self._order.takes:
            found.append("The upstream service takes no negative_prompt; it was left out.")
        return tuple(found)

    async def fetch(self, address: str, request: GenerationRequest, seed: int, tell: Tell) -> File:
        prediction_id = await self._submit(address, self._order.inputs(request, seed))
        try:
            prediction = await self._finish(address, prediction_id, tell)
        except asyncio.CancelledError:
            self._call_off(address, prediction_id)
            raise
        try:
            content = await self._content(prediction)
        except CallFailed as failed:  # the picture is made and paid for
            raise failed.once_sent() from failed
        return File(content, _name(prediction), _warnings(prediction), is_paid=True)

    async def close(self) -> None:
        await self._http.aclose()

    async def _submit(self, address: str, inputs: dict[str, Json]) -> str:
        """The id of a new prediction. Not by the client's public ``run``: that one tells nobody the id while
        it waits, and cannot be left."""
        client = self._clients[address]
        submitting = asyncio.ensure_future(asyncio.to_thread(client._submit, self._order.model, inputs))
        try:
            prediction_id, _ = await asyncio.shield(submitting)
        except asyncio.CancelledError:
            submitting.add_done_callback(partial(self._call_off_late, address))
            raise
        except RuntimeError as error:
            raise self._not_submitted(error) from error
        except (requests.RequestException, ValueError, TypeError, AttributeError, KeyError) as error:
            raise self._unknown(error) from error  # it trusts what it reads
        return str(prediction_id)

    async def _finish(self, address: str, prediction_id: str, tell: Tell) -> Json:
        """The prediction, completed."""
        missed = 0
        while True:
            await asyncio.sleep(self._poll_seconds)
            try:
                prediction = await self._look(address, prediction_id)
            except CallFailed as failed:
                missed += 1
                if missed > MISSED_LOOKS or failed.blame is not Blame.MOMENT:
                    raise failed.once_sent() from failed
                continue
            missed = 0
            match prediction.get("status"):
                case "completed":
                    return prediction
                case "failed" | "cancelled" | "timeout" | "deleted" as status:
                    raise _failure(prediction, status)
            tell(_part(prediction.get("progress")))

    async def _look(self, address: str, prediction_id: str) -> Json:
        get_result = self._clients[address].get_result
        try:
            answer = await asyncio.to_thread(get_result, prediction_id, timeout=REQUEST_SECONDS)
        except RuntimeError as error:
            raise _of_error(error, self._key) from error
        except (ValueError, requests.RequestException) as error:
            raise no_sense(repr(error)) from error
        prediction = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(prediction, dict):
            raise no_sense("no prediction in the answer")
        return prediction

    def _not_submitted(self, error: RuntimeError) -> CallFailed:
        """Where nobody knows whether there is a prediction now, no other is submitted: each of them costs."""
        cause, said = error.__cause__, str(error)
        if NOT_TAKEN.match(said) or (cause is not None and _never_arrived(cause)):
            return _of_error(error, self._key)
        if said.startswith("Failed to submit prediction: HTTP "):
            return _of_error(error, self._key).once_sent()
        return self._unknown(cause or error)

    def _unknown(self, cause: BaseException) -> CallFailed:
        text = "The upstream service did not say whether it took the request."
        return CallFailed(text, Blame.SENT, detail=self._key.hidden_in(repr(cause)))

    def _call_off(self, address: str, prediction_id: str) -> None:
        """In the background, once. WaveSpeed itself has no such call, and answers 404."""
        asyncio.get_running_loop().run_in_executor(None, self._cancel, address, prediction_id)

    def _call_off_late(self, address: str, submitting: "asyncio.Task[Any]") -> None:
        if not submitting.cancelled() and submitting.exception() is None:
            self._call_off(address, str(submitting.result()[0]))

    def _cancel(self, address: str, prediction_id: str) -> None:
        headers = {"Authorization": f"Bearer {self._key.secret}"}
        url = f"{address}/api/v3/predictions/{prediction_id}/cancel"
        try:
            httpx.post(url, headers=headers, timeout=CANCEL_SECONDS, verify=_tls())
        except httpx.HTTPError:
            return  # it will be made for nobody

    async def _content(self, prediction: Json) -> bytes:
        """Of its only output, whether that is a link or the file itself in base64."""
        outputs = prediction.get("outputs")
        if not isinstance(outputs, list) or not outputs or not isinstance(outputs[0], str):
            raise no_sense("no outputs in the answer")
        if outputs[0].startswith(("http://", "https://")):
            return await self._fetched(outputs[0])
        try:
            return base64.b64decode(outputs[0].rpartition("base64,")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise no_sense(f"output: {error}") from error

    async def _fetched(self, link: str) -> bytes:
        """Tried again by itself."""
        for left in reversed(range(DOWNLOADS)):
            try:
                return await self._download(link)
            except CallFailed:
                if not left:
                    raise
            await asyncio.sleep(self._poll_seconds)
        raise AssertionError("the last try returns or raises")

    async def _download(self, link: str) -> bytes:
        """Without the key: the link may lead anywhere."""
        content = bytearray()
        try:
            async with self._http.stream("GET", link) as response:
                if response.status_code != 200:
                    raise of_status(response.status_code, "of the output's link")
                async for chunk in response.aiter_raw():
                    content += chunk
                    if len(content) > MOST_BYTES:
                        raise no_sense(f"an output of more than {MOST_BYTES} bytes")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise no_connection(f"output: {error!r}") from error
        return bytes(content)


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _of_error(error: RuntimeError, key: Key) -> CallFailed:
    """Their client says everything in words."""
    said = str(error)
    if found := re.search(r"HTTP (\d{3})\b", said):
        return of_status(int(found[1]), key.hidden_in(said))
    return no_connection(key.hidden_in(said))


def _never_arrived(cause: BaseException) -> bool:
    """Whether no connection came about."""
    if isinstance(cause, requests.ConnectTimeout):
        return True
    reason = getattr(cause.args[0], "reason", None) if cause.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError)


def _failure(prediction: Json, status: str) -> Exception:
    said, code = f"{prediction.get('error')}", prediction.get("code")
    if code == FILTERED_CODE or REFUSAL.search(said):
        return Refused(f"{prediction.get('filtered_reason') or 'content_filter'}")
    if code in INVALID_CODES:
        return CallFailed("The upstream service does not take this request.", Blame.REQUEST, detail=said)
    return CallFailed(f"The upstream service's prediction {status}.", Blame.SENT, detail=said)


def _part(progress: Json) -> float:
    """How much of a picture is made, where a service (a Limner) says so."""
    match progress:
        case {"step": int() as step, "num_steps": int() as num_steps} if num_steps > 0:
            return 0.95 * step / num_steps  # the file is still to be fetched
    return 0.0


def _name(prediction: Json) -> str:
    """Who made it there. It stands in headers here."""
    made_by = prediction.get("made_by")
    return re.sub(r"[^ -~]", "", made_by)[:LONGEST_NAME] if isinstance(made_by, str) else ""


def _warnings(prediction: Json) -> tuple[str, ...]:
    found = prediction.get("warnings")
    listed = found if isinstance(found, list) else []
    return tuple(text[:LONGEST_WARNING] for text in listed if isinstance(text, str))[:MOST_WARNINGS]
