"""Named choices of engines for all models: one for each size of GPU, with what fits on it.

What fits is told by the memory that others measured, and by the weights' sizes (docs/models.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from limner.catalog import DEFAULT_MODELS, EngineChoice
from limner.errors import BadSettings
from limner.open_weights import KLEIN_4B, QWEN_IMAGE_2512, Z_IMAGE_TURBO, OpenWeights

ENGINE = "diffusers"
NANO = "nano"


@dataclass(frozen=True, slots=True)
class Preset:
    """One choice for each level of effort."""

    fast: EngineChoice
    standard: EngineChoice
    ultra: EngineChoice

    def choice_for(self, model_id: str) -> EngineChoice:
        """By the ending of the model's name."""
        return {"fast": self.fast, "ultra": self.ultra}.get(model_id.rpartition("-")[2], self.standard)


def _run(weights: OpenWeights, **options: str) -> EngineChoice:
    return EngineChoice(ENGINE, tuple(sorted({"weights": weights.name, **options}.items())))


# Offloaded, a pipeline has one of its parts on the GPU at a time: the encoder, and then the network.
_KLEIN, _SMALL_KLEIN = _run(KLEIN_4B), _run(KLEIN_4B, offload="model")
_Z_IMAGE, _SMALL_Z_IMAGE = _run(Z_IMAGE_TURBO), _run(Z_IMAGE_TURBO, offload="model")

_PRESETS: Mapping[str, Preset | None] = MappingProxyType(
    {
        NANO: None,
        "gpu-16": Preset(_SMALL_KLEIN, _SMALL_KLEIN, _SMALL_KLEIN),
        "gpu-24": Preset(_KLEIN, _SMALL_Z_IMAGE, _SMALL_Z_IMAGE),
        "gpu-80": Preset(_KLEIN, _Z_IMAGE, _run(QWEN_IMAGE_2512)),
    }
)
NAMES = tuple(_PRESETS)


def choices_of(name: str) -> dict[str, EngineChoice]:
    """By model; empty where the models stay on the built-in engine. Raises BadSettings."""
    if name and name not in _PRESETS:
        raise BadSettings(f'there is no preset "{name}"; known are: {", ".join(_PRESETS)}')
    preset = _PRESETS[name] if name else None
    return {spec.model_id: preset.choice_for(spec.model_id) for spec in DEFAULT_MODELS} if preset else {}


def weights_of(name: str) -> list[str]:
    """All that a preset uses. Raises BadSettings."""
    choices = choices_of(name).values()
    return sorted({dict(choice.options)["weights"] for choice in choices})
