"""The models on offer: public id, engine, effort, price and the inputs each takes.

Knows neither settings nor engines: it is told which engine a model is mapped to, and only names it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from limner.errors import BadSettings, NotFound
from limner.inputs import FIELDS, ImageInput, Json

BUILT_IN_ENGINE = "nano"
LONGEST_POOL = 300  # characters: the columns that hold one have room for no more

_WITHOUT_RESOLUTION = (
    "prompt", "aspect_ratio", "num_images", "negative_prompt", "seed",
    "enable_base64_output", "enable_sync_mode", "output_format",
)  # fmt: skip
_IMAGEN_4 = ("prompt", "aspect_ratio", "resolution", *_WITHOUT_RESOLUTION[2:])
_WAVESPEED = (
    "prompt", "negative_prompt", "aspect_ratio", "num_images", "seed", "enable_sync_mode", "output_format"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard the engine works; None leaves it to the engine."""

    num_inference_steps: int | None = None
    guidance_scale: float | None = None


ULTRA = Effort(num_inference_steps=48)
STANDARD = Effort(num_inference_steps=24)
FAST = Effort(num_inference_steps=12)


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The engine that serves a model, and what it is told when it loads. Equal choices share one engine."""

    name: str = BUILT_IN_ENGINE
    options: tuple[tuple[str, str], ...] = ()  # such as ("weights", "Tongyi-MAI/Z-Image-Turbo")
    own_pool: str = ""
    chain: tuple["EngineChoice", ...] = ()  # those that are asked in turn; then it has no options of its own
    max_failures: int = 3  # in a row, after which a chain lets it rest
    pause_seconds: float = 60.0  # how long

    @classmethod
    def in_turn(cls, chain: tuple["EngineChoice", ...], own_pool: str = "") -> "EngineChoice":
        """The first of these that can."""
        return cls(" > ".join(choice.name for choice in chain), (), own_pool, chain)

    @property
    def pool(self) -> str:
        """The queue that the workers with this engine listen to: one for all models of an engine, unless a
        model is given another, to be served by hosts of its own. A chain is not the same queue as its first
        engine: who serves that one alone could not go on with the second."""
        if self.own_pool or self.chain:
            return self.own_pool or shortened(" > ".join(choice.pool for choice in self.chain))
        return shortened(":".join((self.name, *(f"{key}={value}" for key, value in self.options))))

    @property
    def unpooled(self) -> "EngineChoice":
        """The same engine, whichever queue it serves."""
        return replace(self, own_pool="")


def shortened(pool: str) -> str:
    """A name that a column has room for; of one that is too long, still another than all others."""
    if len(pool) <= LONGEST_POOL:
        return pool
    return f"{pool[: LONGEST_POOL - 33]}#{hashlib.sha256(pool.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    model_id: str
    description: str
    price_micros: int  # per delivered picture
    inputs: tuple[str, ...]  # names of inputs.FIELDS, in the order they are shown
    effort: Effort
    engine: EngineChoice = field(default_factory=EngineChoice)
    type: str = "text-to-image"

    def request_schema(self) -> dict[str, Json]:
        """The JSON Schema of the request body."""
        return {
            "type": "object",
            "properties": {name: FIELDS[name].schema() for name in self.inputs},
            "required": [name for name in self.inputs if FIELDS[name].is_required],
            "x-order-properties": list(self.inputs),
        }

    def quote_micros(self, request: ImageInput) -> int:
        """What this request costs when everything it asks for is delivered."""
        return self.price_micros * request.num_images


DEFAULT_MODELS = (
    ModelSpec("google/imagen4", "Pictures at the standard effort.", 38_000, _IMAGEN_4, STANDARD),
    ModelSpec("google/imagen4-ultra", "Pictures at the highest effort.", 58_000, _IMAGEN_4, ULTRA),
    ModelSpec("google/imagen4-fast", "Pictures at the lowest effort.", 18_000, _WITHOUT_RESOLUTION, FAST),
    ModelSpec("google/imagen3", "Pictures at the standard effort.", 38_000, _WITHOUT_RESOLUTION, STANDARD),
    ModelSpec("google/imagen3-fast", "Pictures at the lowest effort.", 18_000, _WITHOUT_RESOLUTION, FAST),
    ModelSpec("wavespeed-ai/imagen4", "Pictures at the standard effort.", 40_000, _WAVESPEED, STANDARD),
)


class Catalog:
    """The models by id, in the order they are listed."""

    def __init__(self, specs: tuple[ModelSpec, ...]) -> None:
        self._specs = MappingProxyType({spec.model_id: spec for spec in specs})

    def __iter__(self) -> Iterator[ModelSpec]:
        return iter(self._specs.values())

    def find(self, model_id: str) -> ModelSpec:
        """Raises NotFound that names the model."""
        spec = self._specs.get(model_id)
        if spec is None:
            raise NotFound(f'there is no model "{model_id}"')
        return spec


def build_catalog(choices: Mapping[str, EngineChoice]) -> Catalog:
    """The default models, with these mapped to other engines. Raises BadSettings for an unknown model."""
    known = {spec.model_id for spec in DEFAULT_MODELS}
    for model_id in choices:
        if model_id not in known:
            raise BadSettings(
                f'models."{model_id}": there is no such model; known are {", ".join(sorted(known))}'
            )
    return Catalog(
        tuple(replace(spec, engine=choices.get(spec.model_id, spec.engine)) for spec in DEFAULT_MODELS)
    )
