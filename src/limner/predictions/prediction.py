"""What a prediction is: its status, its outputs, and the view of it that callers get.

Knows the words of the public API; knows neither SQL nor engines.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import ceil

from limner.inputs import ImageInput, Json, size_in_pixels
from limner.ledger import micros_to_usd
from limner.predictions.order import STANDARD_COST
from limner.storage import Storage


class Status(StrEnum):
    CREATED = "created"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


LIVE = (Status.CREATED, Status.PROCESSING)


class FailureCode:
    """The public codes of failed predictions; they are not the envelope's."""

    NONE = 0
    FILTERED = 1200
    FAILED = 1405
    INTERNAL = 5000
    UNAVAILABLE = 5003


@dataclass(frozen=True, slots=True)
class Filtered:
    """A picture that the content filter kept from its caller: which one, and the category that it found."""

    n: int
    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a prediction failed, for its caller."""

    text: str
    code: int = FailureCode.FAILED
    filtered: tuple[Filtered, ...] = ()


NO_FAILURE = Failure("", FailureCode.NONE)


@dataclass(frozen=True, slots=True)
class Output:
    """A delivered picture. ``n`` counts from 1, filtered ones included."""

    n: int
    object_key: str
    seed: int
    width: int
    height: int
    content_type: str
    size_bytes: int
    is_nsfw: bool = False

    @property
    def file_name(self) -> str:
        return f"{self.n}.{self.object_key.rpartition('.')[2]}"


@dataclass(frozen=True, slots=True)
class Prediction:
    """One request and its outputs. ``request.seed`` is the seed of the first picture, always drawn."""

    id: str
    account_id: str
    key_id: str
    model_id: str
    request: ImageInput
    inputs: Mapping[str, Json]  # as the caller gave them, checked, for the view
    status: Status
    attempt: int
    price_micros: int  # per picture, as it was at submit
    created_at: datetime
    expires_at: datetime
    cost: int = STANDARD_COST  # of its engine's time, in tenths of a standard picture's
    queue_tag: int | None = None  # its place in the queue; None while it waits for its account's level
    owner: str | None = None  # the worker that has it
    engine_deaths: int = 0
    is_in_engine: bool = False
    started_at: datetime | None = None
    completed_at: datetime | None = None
    inference_ms: int = 0
    step: int = 0
    num_steps: int = 0
    failure: Failure = NO_FAILURE
    charged_micros: int = 0
    cancel_requested_at: datetime | None = None
    is_cancelled: bool = False
    webhook_url: str | None = None
    made_by: str = ""
    warnings: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    filtered: tuple[Filtered, ...] = ()

    @property
    def is_terminal(self) -> bool:
        return self.status not in LIVE

    @property
    def held_micros(self) -> int:
        return self.price_micros * self.request.num_images

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.request.seed + k for k in range(self.request.num_images))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an unfinished prediction has before it."""

    queue_position: int = 0  # from 1 while it waits in line
    eta_seconds: float = 0.0  # to its end; 0 when finished, or not known

    @property
    def eta_shown(self) -> float:
        """In tenths of a second, rounded up: what is short is not shown as what is not known."""
        return ceil(self.eta_seconds * 10) / 10


NO_OUTLOOK = Outlook()


def public_view(
    prediction: Prediction, public_url: str, storage: Storage, outlook: Outlook = NO_OUTLOOK
) -> dict[str, Json]:
    """The prediction as every answer shows it: all fields always, and none ever null (contract 1.1)."""
    links = [f"{public_url}/predictions/{prediction.id}/{out.file_name}" for out in prediction.outputs]
    return {
        "id": prediction.id,
        "model": prediction.model_id,
        "outputs": _inlined(prediction, storage) if prediction.request.enable_base64_output else links,
        "urls": {"get": f"{public_url}/api/v3/predictions/{prediction.id}/result"},
        "has_nsfw_contents": [out.is_nsfw for out in prediction.outputs],
        "status": str(prediction.status),
        "created_at": rfc3339(prediction.created_at),
        "error": prediction.failure.text,
        "code": prediction.failure.code,
        "filtered_reason": prediction.filtered[0].reason if prediction.filtered else "",
        "cancelled": prediction.is_cancelled,
        "executionTime": _execution_ms(prediction),
        "timings": {"inference": prediction.inference_ms},
        "input": dict(prediction.inputs),
        "inputs": dict(prediction.inputs),
        "images": _image_views(prediction, links),
        "progress": {"step": prediction.step, "num_steps": prediction.num_steps},
        "queue_position": outlook.queue_position,
        "eta_seconds": outlook.eta_shown,
        "price": micros_to_usd(prediction.held_micros),
        "charged": micros_to_usd(prediction.charged_micros),
        "made_by": prediction.made_by,
        "engine": prediction.made_by.partition("/")[0],
        "weights": prediction.made_by.partition("/")[2],
        "expires_at": rfc3339(prediction.expires_at),
        "warnings": list(prediction.warnings),
    }


def rfc3339(at: datetime) -> str:
    """UTC with nanoseconds, as WaveSpeed writes it: some clients parse no other form."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def _inlined(prediction: Prediction, storage: Storage) -> list[str]:
    return [base64.b64encode(storage.get(out.object_key)).decode() for out in prediction.outputs]


def _image_views(prediction: Prediction, links: Sequence[str]) -> list[dict[str, Json]]:
    """All pictures that were asked for, once it is known what became of them."""
    views = {out.n: _image_view(out, link) for out, link in zip(prediction.outputs, links, strict=True)}
    views |= {filtered.n: _filtered_view(prediction, filtered) for filtered in prediction.filtered}
    return [views[n] for n in sorted(views)]


def _image_view(output: Output, link: str) -> dict[str, Json]:
    return {
        "url": link,
        "seed": output.seed,
        "width": output.width,
        "height": output.height,
        "content_type": output.content_type,
        "bytes": output.size_bytes,
        "nsfw": output.is_nsfw,
        "filtered_reason": "",
    }


def _filtered_view(prediction: Prediction, filtered: Filtered) -> dict[str, Json]:
    width, height = size_in_pixels(prediction.request.aspect_ratio, prediction.request.resolution)
    return {
        "url": "",
        "seed": prediction.seeds[filtered.n - 1],
        "width": width,
        "height": height,
        "content_type": f"image/{prediction.request.output_format}",
        "bytes": 0,
        "nsfw": True,
        "filtered_reason": filtered.reason,
    }


def _execution_ms(prediction: Prediction) -> int:
    if prediction.started_at is None or prediction.completed_at is None:
        return 0
    return round((prediction.completed_at - prediction.started_at).total_seconds() * 1000)
