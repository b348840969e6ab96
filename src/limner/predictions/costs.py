"""What a prediction costs of its engine's time, before it is made: steps x pixels x pictures, corrected by
what such pictures have taken of late.

Pure but for its two statements at the end. Costs compare predictions of one pool; they are no money.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from limner.db.tables import engine_speeds
from limner.predictions.order import STANDARD_COST

STANDARD_STEPS = 24
STANDARD_PIXELS = 1024 * 1024
HIGHEST_COST = 10_000
LONGEST_MEMORY = 50  # pictures: an older one counts for less and less


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


class Sample(NamedTuple):
    """What an engine took for pictures of one kind."""

    kind: Kind
    seconds: float  # a picture
    pictures: int


def read_speeds(tx: Connection) -> Speeds:
    rows = tx.execute(select(engine_speeds)).all()
    return Speeds({Kind(row.pool, row.steps or None, row.pixels): row.seconds for row in rows})


def record_samples(tx: Connection, samples: Iterable[Sample], now: datetime) -> None:
    """Moves what is remembered towards these, the more the less was known. In one order for everybody."""
    for kind, seconds, pictures in sorted(samples, key=lambda one: (one.kind.pool, one.kind.work)):
        key = {"pool": kind.pool, "steps": kind.steps or 0, "pixels": kind.pixels}
        row = key | {"seconds": seconds, "num_samples": pictures, "measured_at": now}
        tx.execute(_adding(tx, row), {})


def _adding(tx: Connection, row: dict[str, Any]) -> Any:
    insert = (sqlite if tx.dialect.name == "sqlite" else postgresql).insert(engine_speeds).values(row)
    old, new = engine_speeds.c, insert.excluded
    total = old.num_samples + new.num_samples
    remembered = case((total > LONGEST_MEMORY, LONGEST_MEMORY), else_=total)
    weight = 1.0 * new.num_samples / total
    return insert.on_conflict_do_update(
        index_elements=[old.pool, old.steps, old.pixels],
        set_={
            "seconds": old.seconds + (new.seconds - old.seconds) * weight,
            "num_samples": remembered,
            "measured_at": func.coalesce(new.measured_at, old.measured_at),
        },
    )
