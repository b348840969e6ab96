"""What an evaluation is made of: tasks, their cases, and what comes out of each.

A case asks for pictures by way of a function that makes and looks at them, and says of each row of the
table that it belongs to whether the picture was right. The same is asked of exact renders, so that every
figure stands beside what the judge and the classifier make of pictures that are right for certain.
"""

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from limner.catalog import FAST, STANDARD, ULTRA
from training.compositions import SceneMaker
from training.looks import Look, Shot
from training.occlusion import are_all_seen
from training.scenes import Scene
from training.sentences import sentence
from training.sprites import Sprites

Outcome = tuple[str, bool]  # of a row
Outcomes = list[Outcome]
Looking = Callable[[Shot], Look]
LookingAtScene = Callable[[Scene, str], Look]  # the string: letters on it
SEED = 2026
EFFORTS = {"fast": FAST, "standard": STANDARD, "ultra": ULTRA}


@dataclass(frozen=True)
class Case:
    """``asked`` of the model's pictures; ``exact`` of renders, where there are such."""

    asked: Callable[[Looking], Outcomes]
    exact: Callable[[LookingAtScene], Outcomes] | None = None


@dataclass(frozen=True)
class Task:
    name: str  # by which --only asks for it
    eyes: tuple[str, ...]  # who looks: "judge", "classifier", "reader"
    cases: Callable[[Sprites, int], list[Case]]

    @property
    def is_large(self) -> bool:
        """Whether its exact renders must be of full size: the judge alone looks at small ones."""
        return self.eyes != ("judge",)


def scenes(
    sprites: Sprites, count: int, arrangement: str, wanted: Callable[[Scene], bool], seed: int = SEED
) -> list[Scene]:
    """Square, by day and in no style, of things and colours and places that training never combined, with
    nothing that is mostly hidden."""
    maker = SceneMaker(sprites, seed, evaluation=True)
    chosen: list[Scene] = []
    while len(chosen) < count:
        scene = plainly(maker.scene(square=True, arrangement=arrangement))
        if wanted(scene) and are_all_seen(scene, sprites):
            chosen.append(scene)
    return chosen


def plainly(scene: Scene) -> Scene:
    words = tuple(word for word in scene.words if not word.startswith(("light:", "style:")))
    return replace(scene, light=0, style=0, words=words)


def shot_of(scene: Scene, said: str = "") -> Shot:
    """What a person would type for a scene, and ``said`` after it."""
    prompt = ", ".join(part for part in (sentence(scene), said) if part)
    return Shot(prompt, seed_of(prompt))


def seed_of(prompt: str) -> int:
    """One seed for each prompt, so that tasks that share a prompt share its picture."""
    return zlib.crc32(prompt.encode()) & 0x7FFFFFFF


def changed(before: Sequence[bool], after: Sequence[bool]) -> str:
    """How many of the same cases were lost and won from one effort to the next, and how likely it is that
    chance parts them as unevenly or more so (McNemar's exact test)."""
    lost = sum(a and not b for a, b in zip(before, after, strict=True))
    won = sum(b and not a for a, b in zip(before, after, strict=True))
    n, fewer = lost + won, min(lost, won)
    p = min(1.0, 2 * sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n)
    return f"-{lost} +{won}, p {p:.2f}"


def interval(hits: int, count: int) -> str:
    """Share and Wilson's 95 % interval."""
    if not count:
        return "-"
    z, p = 1.96, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{p:.3f} ({middle - half:.2f}-{middle + half:.2f})"
