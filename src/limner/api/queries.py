"""The shapes of what is asked: one model for each request that is not a prediction, for validation and for
the documentation. A JSON body is held to its types; a query string holds only text, which is converted.

Fields that nobody knows are dropped, null and "" are as good as absent. Knows no route.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from limner.api.body import read_json
from limner.errors import InvalidInput
from limner.inputs import Json, integral, is_storable

MAX_PAGE = 1_000_000  # beyond it some databases can count no further
MAX_PAGE_SIZE = 100
MAX_TEXT = 300
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = 1_000_000
CURSOR = r"^[0-9]{1,17}-[0-9a-f]{32}$"
LAST_DAY = datetime(9999, 12, 30, tzinfo=UTC)


def _readable(text: str) -> str:
    if not is_storable(text):
        raise ValueError("holds characters that are not valid text (NUL or half a surrogate pair)")
    return text


def _whole(value: Any) -> Any:
    # JSON has one kind of number: 2.0 is an integer, as for the inputs of a model.
    whole = integral(value) if isinstance(value, float) else None
    return value if whole is None else whole


def _moment(value: Any) -> Any:
    """An ISO 8601 date or time; without a zone it is UTC."""
    if isinstance(value, datetime):
        return value
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("must be an ISO 8601 date or time, such as 2026-11-21T09:00:00Z") from error


def _day_end(value: Any) -> Any:
    """As a moment, but a day alone is all of it."""
    at = _moment(value)
    is_day = isinstance(value, str) and len(value) == len("2026-11-21")
    return min(at, LAST_DAY) + timedelta(days=1) if is_day else at


Text = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(_readable)]
Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=str)]
LastDay = Annotated[datetime, BeforeValidator(_day_end, json_schema_input_type=str)]
Page = Annotated[int, Field(ge=1, le=MAX_PAGE), BeforeValidator(_whole)]
PageSize = Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE), BeforeValidator(_whole)]


class Asked(BaseModel):
    """What every shape has in common."""

    @model_validator(mode="before")
    @classmethod
    def _forget_blanks(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: given for name, given in value.items() if given is not None and given != ""}


class Paged(Asked):
    page: Page = Field(1, description="Counted from 1.")
    page_size: PageSize = Field(100, description="How many items at most.")

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.page_size


class PredictionsFilter(Asked):
    """Which predictions."""

    model: Text | None = Field(None, description="Only of this model.", examples=["google/imagen4"])
    status: (
        Literal["created", "processing", "completed", "failed", "cancelled", "timeout", "deleted", "pending"]
        | None
    ) = Field(
        None,
        description="Only with this status; `cancelled` are the failed ones that the caller cancelled, "
        "and `pending` is another word for `created`.",
    )
    created_after: Moment | None = Field(None, description="ISO 8601, inclusive.")
    created_before: Moment | None = Field(None, description="ISO 8601, exclusive.")


class PredictionsQuery(PredictionsFilter, Paged):
    """Which predictions to list; by default the newest hundred."""

    include_inputs: bool = Field(True, description="Accepted and ignored: the inputs are always there.")


class HistoryQuery(PredictionsFilter):
    search: Text = Field("", description="Words that the prompt holds, all of them; large and small are one.")
    before: str | None = Field(None, pattern=CURSOR, description="The `next` of the former answer.")
    page_size: PageSize = Field(30, description="How many items at most.")


class DeletionQuery(Asked):
    ids: list[str] = Field(description="Ids of predictions; unknown ones are ignored.", min_length=1)


class PriceQuery(Asked):
    model_id: Text = Field(examples=["google/imagen4"])
    inputs: dict[str, Any] = Field(
        default_factory=dict,
        description="What would be asked; what is left out takes its default.",
        examples=[{"num_images": 2}],
    )


class UploadQuery(Asked):
    filename: str = Field(
        description="Its last part names the file.", examples=["apple.png"], max_length=4096
    )
    size: Annotated[int, Field(ge=1), BeforeValidator(_whole)] = Field(description="Bytes, at most 200 MiB.")
    content_type: Text = Field(
        "", description="What the file is; by default its extension tells.", examples=["image/png"]
    )


class UsageQuery(Asked):
    start_time: Moment | None = Field(None, description="ISO 8601, inclusive; by default 7 days ago.")
    end_time: Moment | None = Field(None, description="ISO 8601, exclusive; by default now.")
    model_uuid: Text | None = Field(None, description="Only of this model.", examples=["google/imagen4"])


class AccountUsageQuery(Asked):
    start_date: Moment | None = Field(None, description="ISO 8601, inclusive; by default 7 days ago.")
    end_date: LastDay | None = Field(None, description="ISO 8601; a day alone is included; by default now.")
    model: Text | None = Field(None, description="Only of this model.", examples=["google/imagen4"])


class BillingsQuery(Paged):
    page_size: PageSize = Field(20, description="How many items at most.")
    billing_type: Literal["deduct", "refund"] | None = Field(None, description="Only of this type.")
    start_time: Moment | None = Field(None, description="ISO 8601, inclusive.")
    end_time: Moment | None = Field(None, description="ISO 8601, exclusive.")
    model_uuid: Text | None = Field(None, description="Only of this model.", examples=["google/imagen4"])
    access_key_uuid: Text | None = Field(None, description="Only of this API key.")


class AccountBillingsQuery(Paged):
    page_size: PageSize = Field(20, description="How many items at most.")
    type: Literal["deduct", "refund"] | None = Field(None, description="Only of this type.")
    start_date: Moment | None = Field(None, description="ISO 8601, inclusive.")
    end_date: LastDay | None = Field(None, description="ISO 8601; a day alone is included.")


def cursor_of(created_at: datetime, prediction_id: str) -> str:
    """Where a list stopped."""
    return f"{created_at.timestamp() * MICROSECONDS:.0f}-{prediction_id}"


def parse_cursor(cursor: str) -> tuple[datetime, str]:
    """The time and the id of where that was."""
    microseconds, _, prediction_id = cursor.partition("-")
    return EPOCH + timedelta(microseconds=int(microseconds)), prediction_id


Q = TypeVar("Q", bound=Asked)


async def read_query(request: Request, shape: type[Q], optional: bool = False) -> Q:
    """The request's JSON body in this shape; where that is optional, no body is an empty one. Raises
    InvalidInput that names the field, and TooLarge."""
    return check_query(await read_json(request, optional=optional), shape)


def check_query(body: Json, shape: type[Q]) -> Q:
    """Raises InvalidInput that names the field."""
    if not isinstance(body, dict):
        raise InvalidInput("the body must be a JSON object")
    try:
        return shape.model_validate(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise InvalidInput(f'field "{field}": {message}') from error


def body_of(shape: type[Asked], required: bool = True) -> dict[str, Any]:
    """The documentation of a JSON body in this shape."""
    schema = shape.model_json_schema(mode="validation")
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}
