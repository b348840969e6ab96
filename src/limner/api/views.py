"""The shapes of what is answered, for the documentation at /docs; they validate nothing at run time.

The tests hold every answer against them.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class View(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Urls(View):
    get: str = Field(description="Where to ask for the result.")


class Timings(View):
    inference: int = Field(description="Milliseconds in the engine; 0 until done.")


class ProgressView(View):
    step: int
    num_steps: int


class ImageView(View):
    url: str = Field(description="Where the picture is; empty when it was filtered.")
    seed: int
    width: int
    height: int
    content_type: str
    bytes: int
    nsfw: bool = Field(description="Whether the content filter saw something in it.")
    filtered_reason: str = Field(description="The category it was kept back for; empty when delivered.")


class PredictionView(View):
    """Every field is always there, and none is ever null."""

    id: str = Field(pattern="^[0-9a-f]{32}$")
    model: str
    outputs: list[str] = Field(
        description="Links, or base64 text where that was asked; empty until completed."
    )
    urls: Urls
    has_nsfw_contents: list[bool]
    status: Literal["created", "processing", "completed", "failed"]
    created_at: str = Field(description="RFC 3339, UTC, nanoseconds.")
    error: str = Field(description="Why it failed; empty otherwise.")
    code: int = Field(description="0, or the code of the failure; not the envelope's.")
    filtered_reason: str = Field(
        description="The category that the content filter found in the prompt or in a picture; else empty."
    )
    cancelled: bool = Field(description="It failed because its caller asked for that.")
    executionTime: int = Field(description="Milliseconds from start to end; 0 until done.")
    timings: Timings
    input: dict[str, Any]
    inputs: dict[str, Any]
    images: list[ImageView]
    progress: ProgressView
    queue_position: int = Field(description="Place in line, from 1, while it is `created`; otherwise 0.")
    eta_seconds: float = Field(description="Estimated seconds to its end; 0 when finished, or not known.")
    price: float = Field(description="Dollars held for it at submit: for all pictures that were asked for.")
    charged: float = Field(description="Dollars taken for it: for the pictures delivered; 0 until completed.")
    made_by: str = Field(description="The engine and the weights that made the pictures; empty until made.")
    engine: str = Field(description="The engine alone, such as `nano`; empty until made.")
    weights: str = Field(description="The weights alone, such as `2026.11.1`; empty until made.")
    expires_at: str = Field(description="When it and its pictures are deleted, as `created_at`.")
    warnings: list[str] = Field(description="What the caller should know, such as words the model does not.")


class ApiSchema(View):
    type: Literal["model_run"]
    method: Literal["POST"]
    server: str
    api_path: str
    request_schema: dict[str, Any]


class ApiSchemas(View):
    api_schemas: list[ApiSchema]


class ModelView(View):
    model_id: str
    name: str
    description: str
    type: str
    base_price: float = Field(description="Dollars per delivered picture.")
    formula: str = Field(description="JSONata that gives {total_price} from base_price and the inputs.")
    sort_order: int
    engine: str = Field(description="What makes the pictures here.")
    api_schema: ApiSchemas


class BalanceView(View):
    balance: float = Field(description="Dollars that can be spent: settled less held.")


class AccountBalanceView(BalanceView):
    currency: Literal["USD"]


class HealthView(View):
    status: Literal["ok", "unreachable", "stopping"]
    database: str
    storage: str
    workers: int = Field(description="Workers that are alive; without any, work is accepted and waits.")
    unserved_models: list[str] = Field(
        description="Models that no living worker serves: what is submitted for them is accepted, and waits."
    )
