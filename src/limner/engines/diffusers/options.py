"""What an operator can say of a pipeline in limner.toml: each option once, checked when the engine is
loaded."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from limner.engines.engine import Options
from limner.errors import BadSettings
from limner.open_weights import KNOWN, OpenWeights

DTYPES = ("auto", "bfloat16", "float16", "float32")
SWITCH = ("auto", "on", "off")
OFFLOADS = ("none", "model", "sequential")
QUANTIZATIONS = ("none", "int8", "fp8", "nf4")
_GIB = 1 << 30

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lora:
    """Further weights to be added: a folder, a file or a hub name; ``file`` where there are several."""

    name: str
    file: str | None = None
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """None: left to the weights, or to the pipeline's own default."""

    weights: str
    revision: str | None = None
    variant: str | None = None
    steps: int | None = None
    guidance: float | None = None
    max_pixels: int | None = None
    dtype: str = "auto"
    device: str = "auto"
    memory_bytes: int | None = None  # of the device, that pipelines may take; None: all that is free
    offload: str = "none"
    quantization: str = "none"
    attention: str = "auto"
    compiling: str = "auto"
    warm_up: str = "auto"
    tiling: str = "auto"
    loras: tuple[Lora, ...] = ()
    scheduler: Mapping[str, Any] | None = None  # laid over the scheduler's own settings


def read_options(options: Options) -> PipelineOptions:
    """Raises BadSettings that names the option."""
    for name in options:
        if name not in _READERS:
            known = ", ".join(sorted(_READERS))
            raise BadSettings(f'the engine diffusers has no option "{name}"; known are: {known}')
    if not options.get("weights"):
        raise BadSettings("the engine diffusers needs weights: a folder, or a name on the hub")
    read = {_FIELDS.get(name, name): _READERS[name].read(name, text) for name, text in options.items()}
    return PipelineOptions(**_defaults(KNOWN.get(options["weights"])) | read)


def _defaults(known: OpenWeights | None) -> dict[str, Any]:
    if known is None:
        return {}
    return {"steps": known.steps, "guidance": known.guidance, "max_pixels": known.max_pixels or None}


@dataclass(frozen=True, slots=True)
class Reader(Generic[T]):
    """Of one kind of option: how its text is read, and what to say of one that cannot be."""

    parse: Callable[[str], T]
    wanted: str

    def read(self, name: str, text: str) -> T:
        try:
            return self.parse(text)
        except ValueError as error:
            raise BadSettings(
                f'option {name} of the engine diffusers: {self.wanted}, not "{text}"'
            ) from error


def _one_of(choices: tuple[str, ...]) -> Reader[str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return Reader(parse, f"must be one of {', '.join(choices)}")


def _at_least(least: float, parse: Callable[[str], float]) -> Callable[[str], float]:
    def checked(text: str) -> float:
        if not (number := parse(text)) >= least:
            raise ValueError(text)
        return number

    return checked


def _parse_loras(text: str) -> tuple[Lora, ...]:
    return tuple(_parse_lora(one.strip()) for one in text.split(",") if one.strip())


def _parse_lora(text: str) -> Lora:
    name, star, scale = text.partition("*")
    name, _, file = name.partition(":")
    return Lora(name, file or None, float(scale) if star else 1.0)


def _parse_object(text: str) -> dict[str, Any]:
    read = json.loads(text)  # JSONDecodeError is a ValueError
    if not isinstance(read, dict):
        raise ValueError(text)
    return read


_TEXT = Reader(str, "must be a text")
_READERS: Mapping[str, Reader[Any]] = {
    "weights": _TEXT,
    "revision": _TEXT,
    "variant": _TEXT,
    "steps": Reader(_at_least(1, int), "must be a whole number from 1"),
    "guidance": Reader(_at_least(0, float), "must be a number from 0"),
    "max_pixels": Reader(_at_least(4096, int), "must be a whole number from 4096"),
    "dtype": _one_of(DTYPES),
    "device": _TEXT,
    "memory_gib": Reader(lambda text: int(_at_least(0, float)(text) * _GIB), "must be a number from 0"),
    "offload": _one_of(OFFLOADS),
    "quantization": _one_of(QUANTIZATIONS),
    "attention": _TEXT,
    "compile": _one_of(SWITCH),
    "warm_up": _one_of(SWITCH),
    "tiling": _one_of(SWITCH),
    "lora": Reader(_parse_loras, "must be name[:file][*scale], and so on"),
    "scheduler": Reader(_parse_object, "must be a JSON object"),
}
_FIELDS = {"memory_gib": "memory_bytes", "compile": "compiling", "lora": "loras"}

assert {_FIELDS.get(name, name) for name in _READERS} == {one.name for one in fields(PipelineOptions)}
