"""The view that callers get: every field always, of one type, and never null (contract 1.1)."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from limner.inputs import ImageInput
from limner.predictions.prediction import Failure, Output, Prediction, Status, public_view, rfc3339
from limner.storage import Storage, open_storage

NOW = datetime(2025, 9, 25, 9, 12, 48, 239112, tzinfo=UTC)
ORIGIN = "http://127.0.0.1:8000"
TYPES = {
    "id": str,
    "model": str,
    "outputs": list,
    "urls": dict,
    "has_nsfw_contents": list,
    "status": str,
    "created_at": str,
    "error": str,
    "executionTime": int,
    "timings": dict,
    "code": int,
    "input": dict,
    "inputs": dict,
}

CREATED = Prediction(
    id="0f" * 16,
    account_id="a" * 32,
    key_id="b" * 32,
    model_id="google/imagen4",
    request=ImageInput("a red apple", seed=7),
    inputs={"prompt": "a red apple", "seed": 7},
    status=Status.CREATED,
    attempt=1,
    price_micros=38_000,
    created_at=NOW,
    expires_at=NOW + timedelta(days=7),
)
COMPLETED = replace(
    CREATED,
    status=Status.COMPLETED,
    started_at=NOW,
    completed_at=NOW + timedelta(seconds=1.5),
    inference_ms=1400,
    made_by="nano/1",
    outputs=(Output(1, f"predictions/{CREATED.id}/1/1.png", 7, 1024, 1024, "image/png", 5),),
)
FAILED = replace(CREATED, status=Status.FAILED, failure=Failure("The paint ran out."))


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = open_storage(tmp_path.as_uri())
    storage.put(COMPLETED.outputs[0].object_key, b"hello", "image/png")
    return storage


@pytest.mark.parametrize("prediction", [CREATED, COMPLETED, FAILED], ids=lambda one: one.status)
def test_every_field_is_there_and_of_its_type(prediction: Prediction, storage: Storage) -> None:
    view = public_view(prediction, ORIGIN, storage)
    assert {name: type(view[name]) for name in TYPES} == TYPES
    assert None not in nested_values(view)
    assert view["urls"] == {"get": f"{ORIGIN}/api/v3/predictions/{prediction.id}/result"}
    assert view["created_at"] == "2025-09-25T09:12:48.239112000Z"


def nested_values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    return [value] if not isinstance(value, list) else [leaf for one in value for leaf in nested_values(one)]


def test_a_completed_one_links_to_its_pictures(storage: Storage) -> None:
    view = public_view(COMPLETED, ORIGIN, storage)
    assert view["outputs"] == [f"{ORIGIN}/predictions/{COMPLETED.id}/1.png"]
    assert view["has_nsfw_contents"] == [False]
    assert (view["executionTime"], view["timings"]["inference"], view["code"]) == (1500, 1400, 0)
    assert view["images"][0]["seed"] == 7


def test_a_failed_one_says_why(storage: Storage) -> None:
    view = public_view(FAILED, ORIGIN, storage)
    assert (view["status"], view["error"], view["code"]) == ("failed", "The paint ran out.", 1405)
    assert view["outputs"] == []


def test_base64_output_is_bare(storage: Storage) -> None:
    asked = replace(COMPLETED, request=replace(COMPLETED.request, enable_base64_output=True))
    assert base64.b64decode(public_view(asked, ORIGIN, storage)["outputs"][0]) == b"hello"


def test_times_are_utc() -> None:
    assert rfc3339(NOW.astimezone()) == rfc3339(NOW)
