"""Open weights that Limner knows: whose licence they come under, and how each wants to be run.

Facts only, from the models' cards and from what others measured (docs/models.md says who). Knows no engine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Commercial(StrEnum):
    """Whether pictures may be sold, or made for pay, under the licence of the weights."""

    YES = "yes"
    LIMITED = "limited"  # on terms: read the licence
    NO = "no"


@dataclass(frozen=True, slots=True)
class OpenWeights:
    """``guidance`` 1.0 or less: the model is distilled, and ignores negative prompts. ``max_pixels`` is
    the largest picture that it makes well, or in a time that somebody waits for; a larger one is made
    smaller, and enlarged."""

    name: str  # on the hub
    licence: str
    commercial: Commercial
    steps: int
    guidance: float
    max_pixels: int = 0  # 0: as large as anybody asks

    @property
    def terms(self) -> str:
        """In a sentence."""
        return f"By {self.name}, licence {self.licence}; commercial use: {self.commercial}."

    @property
    def takes_negative_prompt(self) -> bool:
        return self.guidance > 1.0


KLEIN_4B = OpenWeights("black-forest-labs/FLUX.2-klein-4B", "Apache-2.0", Commercial.YES, 4, 1.0)
Z_IMAGE_TURBO = OpenWeights("Tongyi-MAI/Z-Image-Turbo", "Apache-2.0", Commercial.YES, 8, 0.0)
QWEN_IMAGE_2512 = OpenWeights(
    "Qwen/Qwen-Image-2512", "Apache-2.0", Commercial.YES, 50, 4.0, max_pixels=1328 * 1328
)

_KNOWN = (
    KLEIN_4B,
    Z_IMAGE_TURBO,
    QWEN_IMAGE_2512,
    OpenWeights("Tongyi-MAI/Z-Image", "Apache-2.0", Commercial.YES, 50, 4.0),
    OpenWeights("Qwen/Qwen-Image", "Apache-2.0", Commercial.YES, 50, 4.0, max_pixels=1328 * 1328),
    OpenWeights("black-forest-labs/FLUX.1-schnell", "Apache-2.0", Commercial.YES, 4, 0.0, 2 << 20),
    OpenWeights(
        "stabilityai/stable-diffusion-xl-base-1.0", "OpenRAIL++-M", Commercial.LIMITED, 30, 5.0, 1408 * 768
    ),
    OpenWeights("black-forest-labs/FLUX.2-klein-9B", "FLUX Non-Commercial", Commercial.NO, 4, 1.0),
    OpenWeights("Qwen/Qwen-Image-2.1", "Qwen Research", Commercial.NO, 40, 1.0),
    OpenWeights("krea/Krea-2-Turbo", "Krea 2 Community", Commercial.LIMITED, 8, 1.0),
)

KNOWN: Mapping[str, OpenWeights] = MappingProxyType({one.name: one for one in _KNOWN})
