"""The shapes of lists, prices, usage, billing records and uploads, for the documentation, as in ``views``.

Several answers come in two forms, because WaveSpeed's documents disagree and clients follow both.
"""

from typing import Any, Literal

from pydantic import Field

from limner.api.views import ApiSchemas, PredictionView, View

Day = Field(pattern=r"^\d{4}-\d\d-\d\d$", examples=["2026-11-21"])
HexId = Field(pattern="^[0-9a-f]{32}$")


class PredictionsPage(View):
    page: int = Field(description="Counted from 1.")
    page_size: int
    total: int = Field(description="How many there are on all pages.")
    items: list[PredictionView] = Field(
        description="Newest first; `outputs` are links here, also where base64 text was asked for."
    )


class HistoryView(View):
    items: list[PredictionView] = Field(description="Newest first; `outputs` are links, as in lists.")
    next: str = Field(description="What to send as `before` to go on; empty at the end.")


class DeletedCount(View):
    deleted_count: int


class DeletedPrediction(View):
    id: str = HexId
    status: Literal["deleted"]


class PriceView(View):
    """One price under the names that the two families of documents give it."""

    model_id: str
    unit_price: float = Field(description="Dollars for the whole request.")
    price: float = Field(description="The same.")
    discounted_price: float = Field(description="The same: there are no discounts.")
    discount_rate: float = Field(description="0: there are no discounts.")
    currency: Literal["USD"]


class ModelUsage(View):
    model_uuid: str = Field(description="The model's id.", examples=["google/imagen4"])
    model_type: str = Field(examples=["text-to-image"])
    unit_price: float = Field(description="Dollars per picture today; 0 when it is offered no longer.")
    total_cost: float = Field(description="Dollars charged.")
    total_count: int = Field(description="Requests.")
    last_used_date: str = Field(description="RFC 3339.")


class DailyModelUsage(View):
    model_uuid: str
    amount: float = Field(description="Dollars charged.")
    count: int = Field(description="Requests.")


class DailyUsage(View):
    date: str = Day
    amount: float = Field(description="Dollars charged.")
    count: int = Field(description="Requests.")
    models: list[DailyModelUsage]


class UsageSummary(View):
    total_cost: float = Field(description="Dollars charged.")
    total_requests: int
    success_requests: int = Field(description="Those that delivered a picture.")


class UsageStatsView(View):
    per_model_usage: list[ModelUsage] = Field(description="By cost, highest first.")
    daily_usage: list[DailyUsage] = Field(description="By day in UTC; days without requests are absent.")
    summary: UsageSummary


class ModelRequests(View):
    model: str
    requests: int
    cost: float = Field(description="Dollars charged.")


class Period(View):
    start_date: str = Field(description="RFC 3339.")
    end_date: str = Field(description="RFC 3339.")


class AccountUsageView(View):
    period: Period
    total_requests: int
    total_cost: float = Field(description="Dollars charged.")
    by_model: list[ModelRequests]


class BilledPrediction(View):
    """Kept when the prediction itself is deleted."""

    uuid: str = HexId
    model_uuid: str
    status: Literal["processing", "completed", "failed"]


class BillingRecord(View):
    uuid: str = HexId
    billing_type: Literal["deduct", "refund"] = Field(
        description="A price set aside at submit, or what of it was given back."
    )
    price: float = Field(description="Dollars, never negative.")
    created_at: str = Field(description="RFC 3339.")
    access_key_name: str
    access_key_uuid: str
    prediction: BilledPrediction


class BillingsPage(View):
    page: int = Field(description="Counted from 1.")
    has_more: bool
    items: list[BillingRecord] = Field(description="Newest first.")


class AccountBilling(View):
    id: str = HexId
    type: Literal["deduct", "refund"]
    amount: float = Field(description="Dollars, never negative.")
    currency: Literal["USD"]
    status: Literal["completed"]
    model: str
    prediction_id: str = HexId
    created_at: str = Field(description="RFC 3339.")


class Pagination(View):
    page: int = Field(description="Counted from 1.")
    page_size: int
    total: int


class AccountBillingsPage(View):
    items: list[AccountBilling] = Field(description="Newest first.")
    pagination: Pagination


class UploadInstruction(View):
    method: Literal["PUT"]
    url: str = Field(description="Where to send the bytes; needs no API key, and ends with the ticket.")
    headers: dict[str, str] = Field(description="To be sent with them, exactly.")


class UploadTicket(View):
    upload: UploadInstruction
    download_url: str = Field(description="Where the file will be, for anybody who has this link.")
    expires_at: str = Field(description="RFC 3339; until then the bytes must have come.")


class UploadedFile(View):
    """The fields of both families of documents."""

    type: Literal["image", "video", "audio"]
    url: str = Field(description="The same as `download_url`.")
    download_url: str = Field(description="Where the file is, for anybody who has this link.")
    filename: str
    size: int = Field(description="Bytes.")
    content_type: str = Field(description="What the file is by its content.", examples=["image/png"])
    expires_at: str = Field(description="RFC 3339; then it is deleted.")


class TypeCount(View):
    type: str = Field(examples=["text-to-image"])
    count: int


class CenterModelItem(View):
    """A model under the names that WaveSpeed's website has for it."""

    model_uuid: str = Field(description="The model's id.", examples=["google/imagen4"])
    model_id: str = Field(description="The same.")
    model_name: str
    description: str
    cover_url: str = Field(description="Always empty: there are no cover pictures.")


class CenterModelPage(View):
    items: list[CenterModelItem]
    total: int


class CenterModel(CenterModelItem):
    type: str
    base_price: float = Field(description="Dollars per delivered picture.")
    api_schema: ApiSchemas
    input: dict[str, Any] = Field(description="The schema of the inputs.")
