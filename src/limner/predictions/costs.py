"""What a prediction costs of its engine's time, before it is made: steps x pixels x pictures, corrected by
what such pictures have taken of late.

Pure. Costs compare predictions of one pool; they are no money.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from limner.predictions.order import STANDARD_COST

STANDARD_STEPS = 24
STANDARD_PIXELS = 1024 * 1024
HIGHEST_COST = 10_000


class Kind(NamedTuple):
    """Of pictures that take about as long."""

    pool: str
    steps: int | None  # None: as the engine likes
    pixels: int

    @property
    def work(self) -> float:
        return (self.steps or STANDARD_STEPS) * self.pixels


@dataclass(frozen=True, slots=True)
class Speeds:
    """Seconds that a picture of each known kind takes."""

    seconds: Mapping[Kind, float] = field(default_factory=dict)

    def cost(self, kind: Kind, pictures: int) -> int:
        """In tenths of a standard picture of the same pool, at least 1."""
        standard = self.estimate(Kind(kind.pool, STANDARD_STEPS, STANDARD_PIXELS))
        cost = round(STANDARD_COST * pictures * self.estimate(kind) / standard)
        return max(1, min(cost, HIGHEST_COST))

    def estimate(self, kind: Kind) -> float:
        """Seconds of one picture; of an unknown kind by the most similar one of its pool that is known, or in
        standard pictures if none is."""
        if kind in self.seconds:
            return self.seconds[kind]
        known = [one for one in self.seconds if one.pool == kind.pool]
        if not known:
            return kind.work / (STANDARD_STEPS * STANDARD_PIXELS)
        nearest = min(known, key=lambda one: abs(math.log(one.work / kind.work)))
        return self.seconds[nearest] * kind.work / nearest.work
