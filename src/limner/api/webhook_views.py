"""The shapes of what is answered about webhooks, for the documentation, as in ``views``."""

from typing import Any, Literal

from pydantic import Field

from limner.api.views import View
from limner.predictions.prediction import rfc3339
from limner.webhooks.store import Attempt, Delivery

_ID = Field(pattern="^[0-9a-f]{32}$")


class SecretView(View):
    secret: str = Field(
        description="What webhooks are signed with: the key is the text behind `whsec_`.",
        examples=["whsec_…"],
    )
    previous_valid_until: str = Field(
        description="RFC 3339; until then the former secret signs too. Empty when there is none."
    )


class AttemptView(View):
    number: int = Field(description="Counted from 1.")
    started_at: str = Field(description="RFC 3339.")
    duration_ms: int
    http_status: int = Field(description="What the receiver answered; 0 when there was no answer.")
    error: str = Field(description="Why it failed; empty when it was delivered.")


class DeliveryView(View):
    id: str = _ID
    event: Literal["prediction", "test"]
    prediction_id: str = Field(description="Empty for a test event.")
    webhook_id: str = Field(description="What the receiver knows it by: the same for every redelivery.")
    url: str
    status: Literal["pending", "delivered", "failed"]
    created_at: str = Field(description="RFC 3339.")
    finished_at: str = Field(description="RFC 3339; empty while pending.")
    next_attempt_at: str = Field(description="RFC 3339; empty while one is under way, and when none will be.")
    attempts: list[AttemptView] = Field(description="Those that are over, first to last.")


class DeliveriesPage(View):
    page: int = Field(description="Counted from 1.")
    page_size: int
    total: int = Field(description="How many there are on all pages.")
    items: list[DeliveryView] = Field(description="Newest first.")


def delivery_view(delivery: Delivery, attempts: list[Attempt]) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event": str(delivery.event),
        "prediction_id": delivery.prediction_id or "",
        "webhook_id": delivery.webhook_id,
        "url": delivery.url,
        "status": str(delivery.status),
        "created_at": rfc3339(delivery.created_at),
        "finished_at": rfc3339(delivery.finished_at) if delivery.finished_at else "",
        "next_attempt_at": rfc3339(delivery.next_attempt_at) if delivery.next_attempt_at else "",
        "attempts": [_attempt_view(attempt) for attempt in attempts],
    }


def _attempt_view(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "started_at": rfc3339(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "http_status": attempt.http_status or 0,
        "error": attempt.error,
    }
