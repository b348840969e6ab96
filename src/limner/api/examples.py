"""An example of every request, for the description; each is sent by a test."""

from collections.abc import Mapping
from typing import Any

MODEL_ID = "google/imagen4"
PREDICTION_ID = "c0ffee00c0ffee00c0ffee00c0ffee00"
UPLOAD_ID = "facade00facade00facade00facade00"
DELIVERY_ID = "decade00decade00decade00decade00"
KEY_ID = "ace0ba5eace0ba5eace0ba5eace0ba5e"
TICKET = f"{UPLOAD_ID}0123456789abcdef"
RECEIVER = "https://example.com/hook"

APPLE = {"prompt": "a red apple on a wooden table"}
PRICE = {"model_id": MODEL_ID, "inputs": {"num_images": 2}}
SINCE = "2026-11-20T00:00:00Z"

PARAMETERS: Mapping[tuple[str, str], Any] = {
    ("", "model_id"): MODEL_ID,
    ("", "prediction_id"): PREDICTION_ID,
    ("", "delivery_id"): DELIVERY_ID,
    ("", "key_id"): KEY_ID,
    ("", "ticket"): TICKET,
    ("GET /predictions/{prediction_id}/{file_name}", "file_name"): "1.png",
    ("GET /api/limner/predictions", "search"): "red apple",
    ("GET /media/{file_name}", "file_name"): f"{UPLOAD_ID}.png",
}
"""By operation, or "" for all, and by the parameter's name."""

BODIES: Mapping[str, Any] = {
    "POST /api/v3/{model_id}": APPLE,
    "POST /api/v3/predictions": {"status": "completed", "created_after": SINCE, "page_size": 10},
    "POST /api/v3/predictions/delete": {"ids": [PREDICTION_ID]},
    "POST /api/v3/model/price": PRICE,
    "POST /api/v3/model/pricing": PRICE,
    "POST /api/v3/media/uploads": {"filename": "apple.png", "size": 4096, "content_type": "image/png"},
    "POST /api/v3/user/usage_stats": {"start_time": SINCE},
    "POST /api/v3/billings/search": {"billing_type": "deduct", "page_size": 10},
    "POST /api/limner/keys": {"name": "laptop"},
    "POST /api/v3/webhook/test": {"url": RECEIVER},
}
