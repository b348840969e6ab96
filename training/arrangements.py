"""Arrangements: how things stand in a picture, and what a person would say of how they stand.

Each takes its surroundings and the first kind, and returns the things in the order of their mention, and the
phrases of a caption. Knows nothing of places, lights and styles (training/compositions.py).
"""

import math
from dataclasses import dataclass, replace
from random import Random

from training import kinds
from training.kinds import Kind
from training.scenes import Thing
from training.sprites import Sprites
from training.vocabulary import COUNTS, FACES, FLYING, drawings_of

Phrase = list[str]
Arranged = tuple[list[Thing], list[Phrase]]


@dataclass(frozen=True)
class Surroundings:
    """What things are put into. Lengths are in base pixels."""

    width: int
    height: int
    horizon: float  # from the top
    place: int
    is_new: bool  # whether kinds are drawn that are held out from training
    sprites: Sprites
    random: Random
    choice: Random  # of drawings, apart: so a seed's scenes stay the same whatever drawings there are

    @property
    def short(self) -> int:
        return min(self.width, self.height)

    def other(self, *known: Kind) -> Kind:
        """A kind of another thing than these."""
        while True:
            kind = kinds.kind_in(self.place, self.is_new, self.random)
            if kind[0] not in [name for name, _ in known]:
                return kind

    def said(self, kind: Kind, size: str = "") -> Phrase:
        name, colour = kind
        r = self.random
        coloured = [colour] if colour != "natural" else []
        sized = [size] if size else []
        if coloured and r.random() < 0.08:
            return [*sized, name, *coloured]
        return [*coloured, *sized, name] if r.random() < 0.15 else [*sized, *coloured, name]

    def sized(self, kind: Kind, side: float) -> Thing:
        """A thing of a size, not placed yet; ``side`` is that of the drawing's square."""
        drawing = self.choice.randrange(len(drawings_of(kind[0])))
        left, top, right, bottom = self.sprites.box(kind[0], drawing)
        flipped = self.random.random() < 0.5 and kind[0] not in FACES
        return Thing(*kind, 0, 0, (right - left) * side, (bottom - top) * side, flipped, drawing)

    def at(self, thing: Thing, x: float, y: float) -> Thing:
        """Moved, and kept inside the picture."""
        half_w, half_h = thing.width / 2 + 1, thing.height / 2 + 1
        x = min(max(x, half_w), self.width - half_w) if 2 * half_w < self.width else self.width / 2
        y = min(max(y, half_h), self.height - half_h) if 2 * half_h < self.height else self.height / 2
        return replace(thing, x=x, y=y)

    def standing(self, thing: Thing, x: float) -> Thing:
        """On the ground, or in the air what flies."""
        r = self.random
        if thing.name in FLYING and r.random() < 0.75:
            return self.at(thing, x, r.uniform(0.2, 0.5) * self.height)
        ground = self.height - self.horizon
        foot = self.horizon + r.uniform(0.25, 0.85) * ground
        return self.at(thing, x, foot - thing.height / 2)


def single(s: Surroundings, first: Kind) -> Arranged:
    r = s.random
    size, low, high = r.choices([("", 0.52, 0.80), ("small", 0.26, 0.36), ("big", 0.84, 1.0)], [8, 1, 1])[0]
    thing = s.sized(first, s.short * r.uniform(low, high))
    x = s.width / 2 + r.gauss(0, 0.06) * (s.width - 0.6 * thing.width)
    return [s.standing(thing, x)], [s.said(first, size)]


def face(s: Surroundings, first: Kind) -> Arranged:
    """Something to write on, alone or with a thing beside it."""
    r = s.random
    kind = kinds.face(r)
    if r.random() < 0.5:
        tall = kind[0] in ("poster", "card") and r.random() < 0.6
        thing = s.sized(kind, s.short * (r.uniform(0.8, 0.95) if tall else r.uniform(0.55, 0.85)))
        return [s.standing(thing, s.width / 2 + r.gauss(0, 3))], [s.said(kind)]
    return beside(s, first, kind) if r.random() < 0.5 else beside(s, kind, first)


def pair(s: Surroundings, first: Kind) -> Arranged:
    r = s.random
    second = first if r.random() < 0.04 else s.other(first)
    if second == first:
        return several(s, first, 2)
    arrange = r.choices(
        [beside, stacked_above, resting, overlapping], [5 if s.width >= s.height else 4, 2, 2, 1.5]
    )[0]
    return arrange(s, first, second)


def beside(s: Surroundings, left: Kind, right: Kind) -> Arranged:
    """``left`` stands left. What is named first stands left, unless a relation says otherwise."""
    r = s.random
    side = min(s.short * r.uniform(0.44, 0.62), s.width * 0.5)
    gap = s.width * r.uniform(0.23, 0.27)
    a = s.standing(s.sized(left, side * r.uniform(0.88, 1.05)), s.width / 2 - gap)
    b = s.standing(s.sized(right, side * r.uniform(0.88, 1.05)), s.width / 2 + gap)
    draw = r.random()
    if draw < 0.3:
        return [a, b], [[*s.said(left), "left of", *s.said(right)]]
    if draw < 0.6:
        return [b, a], [[*s.said(right), "right of", *s.said(left)]]
    return [a, b], [s.said(left), s.said(right)]


def stacked_above(s: Surroundings, upper: Kind, lower: Kind) -> Arranged:
    r = s.random
    side = min(s.width * 0.6, s.height * r.uniform(0.40, 0.47))
    x = s.width / 2 + r.gauss(0, 0.04) * s.width
    top, below = s.sized(upper, side), s.sized(lower, side * r.uniform(0.9, 1.05))
    foot = s.height * r.uniform(0.93, 0.98)
    b = s.at(below, x, foot - below.height / 2)
    a = s.at(top, x + r.gauss(0, 2), b.y - b.height / 2 - s.height * r.uniform(0.02, 0.05) - top.height / 2)
    if r.random() < 0.5:
        return [a, b], [[*s.said(upper), "above", *s.said(lower)]]
    return [b, a], [[*s.said(lower), "below", *s.said(upper)]]


def resting(s: Surroundings, upper: Kind, lower: Kind) -> Arranged:
    """The first on top of the second, touching it."""
    r = s.random
    side = min(s.width * 0.7, s.height * r.uniform(0.5, 0.58))
    below = s.sized(lower, side)
    b = s.at(below, s.width / 2 + r.gauss(0, 3), s.height * r.uniform(0.92, 0.97) - below.height / 2)
    top = s.sized(upper, min(side * r.uniform(0.6, 0.8), (b.y - b.height / 2) * 1.1))
    a = s.at(top, b.x + r.gauss(0, 2), b.y - b.height / 2 + 0.06 * b.height - top.height / 2)
    return [a, b], [[*s.said(upper), "on", *s.said(lower)]]


def overlapping(s: Surroundings, front: Kind, back: Kind) -> Arranged:
    r = s.random
    large = s.sized(back, s.short * r.uniform(0.66, 0.8))
    b = s.at(large, s.width / 2 + r.gauss(0, 4), s.height * r.uniform(0.76, 0.84) - large.height / 2)
    small = s.sized(front, s.short * r.uniform(0.4, 0.5))
    shift = r.choice((-1, 1)) * r.uniform(0.12, 0.3) * s.short
    a = s.at(small, b.x + shift, s.height * r.uniform(0.93, 0.98) - small.height / 2)
    if r.random() < 0.5:
        return [a, b], [[*s.said(front), "in front of", *s.said(back)]]
    return [b, a], [[*s.said(back), "behind", *s.said(front)]]


def row_of_three(s: Surroundings, first: Kind) -> Arranged:
    r = s.random
    second = s.other(first)
    three = [first, second, s.other(first, second)]
    if s.width < s.height:  # a column, top to bottom
        side = min(s.width * 0.75, s.height / 3.25)
        spots = [(s.width / 2, s.height * share) for share in (0.19, 0.5, 0.81)]
    else:
        side = min(s.short * 0.62, s.width / 3.1)
        spots = [(s.width * share, s.height * r.uniform(0.55, 0.7)) for share in (0.18, 0.5, 0.82)]
    things = [s.at(s.sized(k, side * r.uniform(0.9, 1)), *spot) for k, spot in zip(three, spots, strict=True)]
    if r.random() < 0.4:
        a, b, c = three
        middle = things[1], things[0], things[2]
        return list(middle), [[*s.said(b), "between", *s.said(a)], s.said(c)]
    return things, [s.said(kind) for kind in three]


def counted(s: Surroundings, first: Kind) -> Arranged:
    return several(s, first, s.random.choices((1, 2, 3, 4, 5, 6), (1, 3, 4, 4, 4, 3))[0])


def several(s: Surroundings, kind: Kind, count: int) -> Arranged:
    """Equal things in rows, in reading order."""
    r = s.random
    rows = rows_of(count, s.width / s.height, r)
    high = s.height / len(rows)
    side = min(high * 0.9, s.width / max(rows) * 0.9, s.short * 0.75) * r.uniform(0.88, 1)
    things = []
    for k, columns in enumerate(rows):
        for j in range(columns):
            x = s.width * (j + 0.5) / columns if columns > 1 else s.width / 2
            x = s.width / 2 + (x - s.width / 2) * r.uniform(0.94, 1.0)
            thing = s.sized(kind, side * r.uniform(0.94, 1.0))
            y = (k + 0.5) * high if len(rows) > 1 else s.height * r.uniform(0.55, 0.68)
            things.append(s.at(thing, x + r.gauss(0, 0.8), y + r.gauss(0, 0.8)))
    return things, [[COUNTS[count - 1], *s.said(kind)]]


def rows_of(count: int, ratio: float, r: Random) -> list[int]:
    """How many stand in each row, so that each has about a square."""
    rows = max(1, min(count, round(math.sqrt(count / ratio) + r.uniform(-0.2, 0.2))))
    base, extra = divmod(count, rows)
    return [base + (1 if k < extra else 0) for k in range(rows)]


def two_counts(s: Surroundings, first: Kind) -> Arranged:
    """A few of one thing on the left and a few of another on the right (in a tall picture above, below)."""
    r = s.random
    second = s.other(first)
    counts = r.choice(((1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (2, 3), (3, 2)))
    things: list[Thing] = []
    phrases = []
    is_tall = s.height > s.width
    for half, (kind, count) in enumerate(zip((first, second), counts, strict=True)):
        part = (s.width, s.height / 2) if is_tall else (s.width / 2, s.height)
        rows = rows_of(count, part[0] / part[1], r)
        side = min(part[1] / len(rows), part[0] / max(rows), s.short * 0.6) * 0.9
        for k, columns in enumerate(rows):
            for j in range(columns):
                x = (j + 0.5) / columns * part[0] + (0 if is_tall else half * part[0])
                y = (k + 0.5) / len(rows) * part[1] + (half * part[1] if is_tall else 0)
                things.append(s.at(s.sized(kind, side * r.uniform(0.94, 1)), x, y + r.gauss(0, 0.8)))
        phrases.append([*([] if count == 1 else [COUNTS[count - 1]]), *s.said(kind)])
    return things, phrases


def surrounded(s: Surroundings, first: Kind) -> Arranged:
    r = s.random
    others = s.other(first)
    count = r.choice((4, 5, 6))
    centre = s.at(s.sized(first, s.short * r.uniform(0.4, 0.46)), s.width / 2, s.height / 2)
    things = [centre]
    for k in range(count):
        angle = 2 * math.pi * (k + 0.5) / count - math.pi / 2
        thing = s.sized(others, s.short * 0.29)
        things.append(
            s.at(
                thing,
                s.width / 2 + 0.36 * s.width * math.cos(angle),
                s.height / 2 + 0.36 * s.height * math.sin(angle),
            )
        )
    number = [COUNTS[count - 1]] if r.random() < 0.5 else []
    return things, [[*s.said(first), "surrounded by", *number, *s.said(others)]]


ARRANGEMENTS = {  # name -> (how often, the arrangement)
    "single": (26.0, single),
    "pair": (32.0, pair),
    "counted": (20.0, counted),
    "three": (9.0, row_of_three),
    "two counts": (4.0, two_counts),
    "surrounded": (3.0, surrounded),
    "face": (6.0, face),
}
