"""GenEval's six tasks (Ghosh et al. 2023) in words of this model: what is there, how many, in which
colour, where."""

from collections.abc import Callable, Sequence
from functools import partial

from training.cases import Case, Task, scenes, shot_of
from training.judge import Finding
from training.looks import BASE
from training.scenes import Scene
from training.sprites import Sprites
from training.vocabulary import COUNTS

APART = 0.1  # of the side: how much farther left or lower a thing must be to count as that
SIDES = {"left of": (0, -1), "right of": (0, 1), "above": (1, -1), "on": (1, -1), "below": (1, 1)}
IsShown = Callable[[Scene, Sequence[Finding]], bool]


def shows_things(scene: Scene, found: Sequence[Finding]) -> bool:
    return {thing.name for thing in scene.things} <= {finding.name for finding in found}


def shows_count(scene: Scene, found: Sequence[Finding]) -> bool:
    name = scene.things[0].name
    return sum(finding.name == name for finding in found) == len(scene.things)


def shows_colours(scene: Scene, found: Sequence[Finding]) -> bool:
    seen = {(finding.name, finding.colour) for finding in found}
    return {(thing.name, thing.colour) for thing in scene.things} <= seen


def shows_position(scene: Scene, found: Sequence[Finding]) -> bool:
    """Whether the centres lie as the caption says; what stands on something is above it."""
    places = {finding.name: finding for finding in reversed(found)}
    first, second = (places.get(thing.name) for thing in scene.things)
    if first is None or second is None:
        return False
    across, down = (first.x - second.x) / BASE, (first.y - second.y) / BASE
    (relation,) = [word for word in scene.words if word in SIDES]
    axis, sign = SIDES[relation]
    return (across, down)[axis] * sign > APART


def are_coloured(scene: Scene) -> bool:
    return all(thing.colour != "natural" for thing in scene.things)


def are_two(scene: Scene) -> bool:
    return len({thing.name for thing in scene.things}) == 2


def are_related(scene: Scene) -> bool:
    return len(scene.things) == 2 and any(word in SIDES for word in scene.words)


def are_counted(scene: Scene) -> bool:
    return len(scene.things) <= 5 and any(word in COUNTS for word in scene.words)


def case_of(row: str, is_shown: IsShown, scene: Scene) -> Case:
    return Case(
        lambda look: [(row, is_shown(scene, look(shot_of(scene)).found))],
        lambda look: [(row, is_shown(scene, look(scene, "").found))],
    )


def cases_of(
    row: str,
    arrangement: str,
    wanted: Callable[[Scene], bool],
    is_shown: IsShown,
    sprites: Sprites,
    count: int,
) -> list[Case]:
    return [case_of(row, is_shown, scene) for scene in scenes(sprites, count, arrangement, wanted)]


def task(name: str, row: str, arrangement: str, wanted: Callable[[Scene], bool], is_shown: IsShown) -> Task:
    return Task(name, ("judge",), partial(cases_of, row, arrangement, wanted, is_shown))


def are_two_coloured(scene: Scene) -> bool:
    return are_two(scene) and are_coloured(scene)


COMPOSING = (
    task("single", "single object", "single", lambda scene: True, shows_things),
    task("two", "two objects", "pair", are_two, shows_things),
    task("counting", "counting (1-5)", "counted", are_counted, shows_count),
    task("colours", "colours", "single", are_coloured, shows_colours),
    task("position", "position", "pair", are_related, shows_position),
    task("binding", "colour binding, two objects", "pair", are_two_coloured, shows_colours),
)
