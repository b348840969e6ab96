"""What is around the things, and on them: places, styles, lights, and quoted words that Tesseract reads
back."""

import re
from dataclasses import replace
from random import Random

from training.cases import SEED, Case, Outcomes, Task, scenes, seed_of, shot_of
from training.looks import Look, Shot
from training.phrases import listed
from training.reading_back import is_among
from training.scenes import Scene
from training.sentences import sentence
from training.sprites import FACE_ROOMS, Sprites
from training.synonyms import LIGHT_NAMES, STYLE_NAMES
from training.vocabulary import DRAWINGS, LIGHTS, PLACE_NAMES, PLACES, STYLES

COMMON = 5  # of the phrases for a light or a style, the first are what most people write
SHORT = (
    "GO", "UP", "NO", "OK", "HI", "ART", "TEA", "WOW", "HOPE", "LOVE", "OPEN", "CLOSED", "WELCOME",
    "Saturday", "Breakfast", "Restaurant", "Celebration",
)  # fmt: skip
WORDS = tuple(sorted({*SHORT, *(name for name in DRAWINGS if name.isalpha() and len(name) <= 12)}))
WRITINGS = (str.upper, str.capitalize, str.lower)


def is_place_said(scene: Scene) -> bool:
    return any(word.startswith("place:") or word == "background" for word in scene.words)


def is_outdoors(scene: Scene) -> bool:
    return is_place_said(scene) and PLACES[scene.place].is_outdoors


# --- Style and background ---------------------------------------------------------------------------------


def style_case(scene: Scene, phrase: str) -> Case:
    def told(look: Look) -> Outcomes:
        is_place = look.seen.place == PLACE_NAMES[scene.place]
        is_style = look.seen.style == STYLES[scene.style]
        return [
            ("style and background", is_place and is_style),
            ("style", is_style),
            ("background", is_place),
        ]

    return Case(lambda look: told(look(shot_of(scene, phrase))), lambda look: told(look(scene, "")))


def style_cases(sprites: Sprites, count: int) -> list[Case]:
    """The styles by turns; "plain" is none to ask for."""
    r, cases = Random(SEED), []
    for number, scene in enumerate(scenes(sprites, count, "single", is_place_said)):
        style = 1 + number % (len(STYLES) - 1)
        phrase = r.choice(listed(STYLE_NAMES[STYLES[style]])[:COMMON])
        cases.append(style_case(replace(scene, style=style), phrase))
    return cases


# --- Light ------------------------------------------------------------------------------------------------


def light_case(scene: Scene, phrase: str) -> Case:
    def told(look: Look) -> Outcomes:
        return [("light and weather", look.seen.light == LIGHTS[scene.light])]

    return Case(lambda look: told(look(shot_of(scene, phrase))), lambda look: told(look(scene, "")))


def light_cases(sprites: Sprites, count: int) -> list[Case]:
    r, cases = Random(SEED), []
    for number, scene in enumerate(scenes(sprites, count, "single", is_outdoors)):
        light = 1 + number % (len(LIGHTS) - 1)
        phrase = r.choice(listed(LIGHT_NAMES[LIGHTS[light]])[:COMMON])
        cases.append(light_case(replace(scene, light=light), phrase))
    return cases


# --- Words ------------------------------------------------------------------------------------------------


def word_case(scene: Scene, word: str) -> Case:
    face = next(thing.name for thing in scene.things if thing.name in FACE_ROOMS)
    prompt = re.sub(rf"\b{face}\b", f'{face} that says "{word}"', sentence(scene), count=1)

    def told(look: Look) -> Outcomes:
        return [("quoted word read back", is_among(word, look.lines))]

    return Case(lambda look: told(look(Shot(prompt, seed_of(prompt)))), lambda look: told(look(scene, word)))


def word_cases(sprites: Sprites, count: int) -> list[Case]:
    """Words of 2 to 12 letters, in capitals, in small letters, and as a name."""
    r = Random(SEED)
    return [
        word_case(scene, r.choice(WRITINGS)(r.choice(WORDS)))
        for scene in scenes(sprites, count, "face", lambda scene: True)
    ]


FINISHING = (
    Task("style", ("classifier",), style_cases),
    Task("light", ("classifier",), light_cases),
    Task("word", ("reader",), word_cases),
)
