"""The inputs of a picture request: each declared once, as what is accepted and what is published.

Knows no models: which of these fields a model takes is the catalog's to say, and unknown or untaken
fields are dropped, as WaveSpeed drops them.
"""

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from limner.errors import InvalidInput

Json = Any  # what json.loads returns
MAX_SEED = 2**31 - 1
MAX_PROMPT_CHARACTERS = 10_000
RANDOM_SEED = -1
LONGEST_SLIDER = 100

SIZES_1K = {
    "1:1": (1024, 1024),
    "16:9": (1408, 768),
    "9:16": (768, 1408),
    "4:3": (1280, 896),
    "3:4": (896, 1280),
}


def size_in_pixels(aspect_ratio: str, resolution: str) -> tuple[int, int]:
    """(width, height) exactly as Imagen 4 made them; 2k doubles both sides."""
    width, height = SIZES_1K[aspect_ratio]
    scale = 2 if resolution == "2k" else 1
    return width * scale, height * scale


@dataclass(frozen=True, slots=True)
class ImageInput:
    """A validated request. ``seed`` is RANDOM_SEED until one is drawn."""

    prompt: str
    aspect_ratio: str = "1:1"
    resolution: str = "1k"
    num_images: int = 1
    negative_prompt: str = ""
    seed: int = RANDOM_SEED
    output_format: str = "png"
    enable_base64_output: bool = False
    enable_sync_mode: bool = False


def with_seed(request: ImageInput) -> ImageInput:
    """The request with its seed drawn, where it has none yet."""
    if request.seed != RANDOM_SEED:
        return request
    # Room at the top, so that the seeds of all images stay in the range that callers may name.
    return replace(request, seed=secrets.randbelow(MAX_SEED - request.num_images))


@dataclass(frozen=True, slots=True)
class Field:
    """One input: its published description and its rule."""

    name: str
    title: str
    description: str

    @property
    def is_required(self) -> bool:
        return False

    def schema(self) -> dict[str, Json]:
        return {"title": self.title, "description": self.description}

    def parse(self, value: Json) -> Json:
        raise NotImplementedError

    def refuse(self, what: str) -> InvalidInput:
        return InvalidInput(f'field "{self.name}" {what}')


@dataclass(frozen=True, slots=True)
class Text(Field):
    required: bool = False
    max_characters: int = MAX_PROMPT_CHARACTERS

    @property
    def is_required(self) -> bool:
        return self.required

    def schema(self) -> dict[str, Json]:
        limits = {"maxLength": self.max_characters} | ({"minLength": 1} if self.required else {})
        return Field.schema(self) | {"type": "string"} | limits

    def parse(self, value: Json) -> str:
        if not isinstance(value, str):
            raise self.refuse("must be a string")
        if self.required and not value.strip():
            raise self.refuse("is required and must not be empty")
        if len(value) > self.max_characters:
            raise self.refuse(f"must be at most {self.max_characters} characters, not {len(value)}")
        if not is_storable(value):
            raise self.refuse("holds characters that are not valid text (NUL or half a surrogate pair)")
        return value


@dataclass(frozen=True, slots=True)
class Choice(Field):
    choices: tuple[str, ...] = ()

    def schema(self) -> dict[str, Json]:
        return Field.schema(self) | {
            "type": "string", "enum": list(self.choices), "default": self.choices[0],
            "x-ui-component": "select",
        }  # fmt: skip

    def parse(self, value: Json) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise self.refuse(f"must be one of {', '.join(self.choices)}")
        return value


@dataclass(frozen=True, slots=True)
class Integer(Field):
    minimum: int = 0
    maximum: int = 0
    default: int = 0

    def schema(self) -> dict[str, Json]:
        limits = {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}
        is_short = self.maximum - self.minimum < LONGEST_SLIDER
        slider = {"x-ui-component": "slider", "step": 1} if is_short else {}
        return Field.schema(self) | limits | {"default": self.default} | slider

    def parse(self, value: Json) -> int:
        number = integral(value)
        if number is None:
            raise self.refuse("must be an integer")
        if not self.minimum <= number <= self.maximum:
            raise self.refuse(f"must be from {self.minimum} to {self.maximum}")
        return number


@dataclass(frozen=True, slots=True)
class Flag(Field):
    def schema(self) -> dict[str, Json]:
        return Field.schema(self) | {"type": "boolean", "default": False}

    def parse(self, value: Json) -> bool:
        if not isinstance(value, bool):
            raise self.refuse("must be true or false")
        return value


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Text("prompt", "Prompt", "What the picture shows.", required=True),
        Choice("aspect_ratio", "Aspect ratio", "Width to height.", choices=tuple(SIZES_1K)),
        Choice("resolution", "Resolution", "1k or 2k; 2k doubles both sides.", choices=("1k", "2k")),
        Integer("num_images", "Number of images", "How many pictures.", minimum=1, maximum=4, default=1),
        Text("negative_prompt", "Negative prompt", "What the picture should not show."),
        Integer(
            "seed", "Seed", "The same seed gives the same picture; -1 draws one. Image k uses seed + k.",
            minimum=RANDOM_SEED, maximum=MAX_SEED, default=RANDOM_SEED,
        ),
        Flag("enable_base64_output", "Base64 output", "Answer with base64 text in place of links."),
        Flag("enable_sync_mode", "Sync mode", "Answer when the pictures are ready."),
        Choice("output_format", "Output format", "File format.", choices=("png", "jpeg", "webp")),
    )
}  # fmt: skip


def parse_input(names: Sequence[str], body: Json) -> ImageInput:
    """The request these fields make of a JSON body. Raises InvalidInput that names the field."""
    if not isinstance(body, dict):
        raise InvalidInput("the body must be a JSON object")
    values = {}
    for name in names:
        field, value = FIELDS[name], body.get(name)
        if value is not None:
            values[name] = field.parse(value)
        elif field.is_required:
            raise field.refuse("is required and must not be empty")
    return ImageInput(**values)


def parse_partial_input(names: Sequence[str], body: Mapping[str, Json]) -> ImageInput:
    """As ``parse_input``, of a request that is not complete yet: what is null, empty or missing takes its
    default, and a prompt may be missing."""
    given = {name: body[name] for name in names if not _is_blank(body.get(name))}
    return ImageInput(**{"prompt": ""} | {name: FIELDS[name].parse(value) for name, value in given.items()})


def _is_blank(value: Json) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def integral(value: Json) -> int | None:
    """A JSON number that is whole, 2.0 too, as an int; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not (math.isfinite(value) and value.is_integer()):
        return None
    return int(value)


def printable(text: str) -> str:
    """The text with what no database and no answer can hold replaced: it came from outside, and is quoted."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def is_storable(text: str) -> bool:
    """PostgreSQL refuses NUL, and no database takes half a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
