"""Limner and the bare server under one load, turn by turn, so that what else the machine does hits both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from benchmarks.rig.load import Load, Outcome, measure

ROUNDS = 5


@dataclass(frozen=True)
class Versus:
    """Pairs of one round each: Limner, bare."""

    pairs: Sequence[tuple[Outcome, Outcome]]

    def rates(self) -> tuple[float, float, float]:
        """Answers a second: Limner's, the bare server's, and the first as a share of the second."""
        shares = median(ours.per_second / theirs.per_second for ours, theirs in self.pairs)
        ours, theirs = (median(pair[side].per_second for pair in self.pairs) for side in (0, 1))
        return ours, theirs, shares

    def latencies_ms(self, percent: int) -> tuple[float, float, float]:
        """A percentile: Limner's, the bare server's, and the first in multiples of the second."""
        ours, theirs = (median(pair[side].percentile_ms(percent) for pair in self.pairs) for side in (0, 1))
        multiples = [a.percentile_ms(percent) / b.percentile_ms(percent) for a, b in self.pairs]
        return ours, theirs, median(multiples)


def compare(limner: Load, bare: Load, rounds: int = ROUNDS) -> Versus:
    """After one short round each that does not count."""
    for load in (limner, bare):
        measure(replace(load, seconds=0.3))
    return Versus([(measure(limner), measure(bare)) for _ in range(rounds)])
