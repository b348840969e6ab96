"""Wishes beyond one caption: what must not appear, a seed that keeps its subject, and prompts of many
sentences."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from random import Random

from training.cases import SEED, Case, Looking, LookingAtScene, Outcomes, Task, scenes, seed_of, shot_of
from training.composing_tasks import are_coloured
from training.finish_tasks import is_place_said
from training.judge import Finding
from training.likeness import is_alike
from training.long_prompts import LONG_PROMPTS
from training.looks import BASE, Look, Shot
from training.phrases import listed
from training.scenes import Scene
from training.sentences import PLACES as IN_PLACES
from training.sentences import sentence
from training.sprites import Sprites
from training.synonyms import PLACE_NAMES as NAMES_OF_PLACES
from training.vocabulary import COLOURS, COUNTS, PLACE_NAMES, PLACES, THINGS

OBEYED, KEPT, FOUND = (
    "negative prompt obeyed",
    "same seed, another place: same subject",
    "long prompts: parts found",
)
STRAYS = 0.08  # of the side: how far a subject's centre may move
KINDS = ("thing", "colour", "place")


def named(look: Look, name: str) -> Finding | None:
    return next((finding for finding in look.found if finding.name == name), None)


# --- Negative prompts -------------------------------------------------------------------------------------


def unwanted(kind: str, scene: Scene, look: Look, own_colour: str) -> tuple[str, str]:
    """Something that a picture shows though nobody asked for it: as the model calls it and as people do;
    empty where there is nothing of the kind. A thing whose colour nobody names has its drawing's own, of
    which the judge knows nothing: it has learned colours from things that were given one."""
    if kind == "thing":
        name = look.found[0].name if look.found else ""
        return name, name
    seen = named(look, scene.things[0].name)
    if seen is None:
        return "", ""
    if kind == "colour":
        return own_colour, own_colour
    return look.seen.place, listed(NAMES_OF_PLACES[look.seen.place])[0]


def is_there(kind: str, what: str, scene: Scene, look: Look) -> bool:
    if kind == "thing":
        return what in look.names
    if kind == "place":
        return look.seen.place == what
    return any(finding.name == scene.things[0].name and finding.colour == what for finding in look.found)


def prompt_without(kind: str, scene: Scene) -> str:
    """A prompt that leaves this open: no thing, no colour or no place is named."""
    if kind == "thing":
        return f"a picture {IN_PLACES[PLACE_NAMES[scene.place]]}"
    hidden = {"colour": set(COLOURS), "place": {"background", *(f"place:{name}" for name in PLACE_NAMES)}}[
        kind
    ]
    colours = {thing.colour for thing in scene.things}
    words = tuple(word for word in scene.words if word not in hidden)
    if kind == "place" and scene.tint != "natural":  # the colour of the background goes with it
        words = tuple(word for word in words if word not in COLOURS or word in colours)
    return sentence(replace(scene, words=words))


def negative_case(kind: str, scene: Scene, own_colour: str) -> Case:
    """The same seed without and with the negative prompt: what came by itself must not come again, and
    what was asked for must still be there."""

    def asked(look: Looking) -> Outcomes:
        prompt = prompt_without(kind, scene)
        shot = Shot(prompt, seed_of(prompt))
        what, said = unwanted(kind, scene, look(shot), own_colour)
        if not what:
            return []
        after = look(replace(shot, negative=said))
        is_kept = kind == "thing" or scene.things[0].name in after.names
        is_obeyed = is_kept and not is_there(kind, what, scene, after)
        return [(OBEYED, is_obeyed), (f"negative prompt: a {kind}", is_obeyed)]

    def exact(look: LookingAtScene) -> Outcomes:
        """Whether the judge sees what is there; it would not miss it then in a picture that shows it."""
        thing = scene.things[0]
        what = {"thing": thing.name, "colour": thing.colour, "place": PLACE_NAMES[scene.place]}[kind]
        right = is_there(kind, what, scene, look(scene, ""))
        return [(OBEYED, right), (f"negative prompt: a {kind}", right)]

    return Case(asked, exact)


def negative_cases(sprites: Sprites, count: int) -> list[Case]:
    def is_fit(scene: Scene) -> bool:
        return is_place_said(scene) and scene.things[0].colour != "natural" and len(scene.things) == 1

    chosen = scenes(sprites, count, "single", is_fit)
    return [
        negative_case(KINDS[number % len(KINDS)], scene, sprites.own_colours(scene.things[0].name)[0])
        for number, scene in enumerate(chosen)
    ]


# --- A fixed seed -----------------------------------------------------------------------------------------


def keeping_case(scene: Scene, other: Scene) -> Case:
    name = scene.things[0].name

    def told(before: Look, after: Look) -> Outcomes:
        a, b = named(before, name), named(after, name)
        is_same = a is not None and b is not None and a.colour == b.colour
        is_near = a is not None and b is not None and max(abs(a.x - b.x), abs(a.y - b.y)) < STRAYS * BASE
        is_posed = (
            a is not None and b is not None and is_alike(before.small, (a.x, a.y), after.small, (b.x, b.y))
        )
        return [
            (KEPT, is_same and is_near and is_posed),
            ("same seed: thing and colour", is_same),
            ("same seed: where it is", is_near),
            ("same seed: facing and size", is_posed),
        ]

    def asked(look: Looking) -> Outcomes:
        first, second = shot_of(scene), shot_of(other)
        return told(look(first), look(replace(second, seed=first.seed)))

    return Case(asked, lambda look: told(look(scene, ""), look(other, "")))


def keeping_cases(sprites: Sprites, count: int) -> list[Case]:
    """Single things in a colour and a place that are said, each beside itself in another place."""

    def is_fit(scene: Scene) -> bool:
        return are_coloured(scene) and f"place:{PLACE_NAMES[scene.place]}" in scene.words

    r = Random(SEED)
    cases = []
    for scene in scenes(sprites, count, "single", is_fit):
        place = r.choice([k for k in range(1, len(PLACES)) if k != scene.place])
        words = tuple(f"place:{PLACE_NAMES[place]}" if w.startswith("place:") else w for w in scene.words)
        cases.append(keeping_case(scene, replace(scene, place=place, tint="natural", words=words)))
    return cases


# --- Long prompts -----------------------------------------------------------------------------------------


def parts(listed_words: str) -> list[Callable[[Look], bool]]:
    """A test for each part of a long prompt that can be seen: things, their colours and numbers, place,
    light, style. Relations and sizes are left to the tasks that ask for nothing else."""
    tests: list[Callable[[Look], bool]] = []
    colour = number = ""
    for word in listed_words.split(", "):
        kind, _, name = word.partition(":")
        if word in COLOURS:
            colour = word
        elif word in COUNTS:
            number = word
        elif name or word == "background":
            tests.append(partial(is_around, kind, name or "studio"))
            colour = ""
        elif word in THINGS:
            tests += tests_of(word, colour, number)
            colour = number = ""
    return tests


def is_around(kind: str, name: str, look: Look) -> bool:
    return bool(
        {"place": look.seen.place, "light": look.seen.light, "style": look.seen.style}.get(
            kind, look.seen.place
        )
        == name
    )


def tests_of(name: str, colour: str, number: str) -> list[Callable[[Look], bool]]:
    tests: list[Callable[[Look], bool]] = [lambda look: name in look.names]
    if colour:
        tests.append(lambda look: (name, colour) in {(found.name, found.colour) for found in look.found})
    if number:
        tests.append(lambda look: count_of(name, look.found) == COUNTS.index(number) + 1)
    return tests


def count_of(name: str, found: Sequence[Finding]) -> int:
    return sum(finding.name == name for finding in found)


def long_case(prompt: str, words: str, seed: int) -> Case:
    return Case(lambda look: [(FOUND, test(look(Shot(prompt, seed)))) for test in parts(words)])


def long_cases(sprites: Sprites, count: int) -> list[Case]:
    """Every prompt as often as the count has room for, with other seeds; there are no renders of them."""
    seeds = max(1, -(-count // len(LONG_PROMPTS)))
    return [long_case(prompt, words, seed) for seed in range(seeds) for prompt, words in LONG_PROMPTS]


WISHING = (
    Task("negative", ("judge", "classifier"), negative_cases),
    Task("seed", ("judge",), keeping_cases),
    Task("long", ("judge", "classifier"), long_cases),
)
