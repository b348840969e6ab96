"""model.json: what a set of weights knows, and the tables by which the service reads prompts."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from limner.nano.boxes import OBJECTS
from training.composer import CODES
from training.phrases import drawn_table, emoji_table, nearest_names, phrase_table
from training.sprites import FACE_ROOMS, Sprites
from training.synonyms import NOUNS
from training.vocabulary import (
    COLOUR_NAMES,
    COLOURS,
    FACES,
    FLYING,
    LIGHTS,
    MORE_DRAWINGS,
    PAINTED,
    PLACE_NAMES,
    PLACES,
    STYLES,
    THINGS,
    WORDS,
    drawings_of,
)

SHOWS = {  # place -> what its picture has anyway, so that nobody need be told that it was left out
    "sky": ("meadow", "cloud"), "meadow": ("sky",), "beach": ("sea", "sky"), "sea": ("sky",),
    "snow": ("sky", "snowflake", "pine"), "starry night": ("sky", "star", "moon"), "sunset": ("sky", "sun"),
    "forest": ("tree", "meadow"), "desert": ("sky",), "street": ("sky", "skyline", "house"),
    "mountains": ("sky", "meadow"), "garden": ("sky", "meadow", "tulip"), "lake": ("sky", "sea"),
    "farm": ("sky", "meadow"), "kitchen": ("room", "table"), "library": ("room", "book"),
    "underwater": ("sea",), "space": ("starry night", "sky", "star"), "skyline": ("sky", "street", "house"),
    "autumn forest": ("forest", "leaf", "tree"), "table": ("studio",),
}  # fmt: skip
WEATHERS = {"sunset": "dusk", "starry night": "night", "snow": "snowfall"}  # beside another place: a light
HEADWEAR = ("hat", "crown")


def page(version: str, seen: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that limner.nano reads of a set of weights beside its graphs; what is ``seen`` of the
    drawings is written with it (``seen_of``)."""
    return {
        "version": version,
        "codes": CODES,
        "words": WORDS,
        "things": THINGS,
        "faces": FACES,
        "face_rooms": FACE_ROOMS,
        "flying": sorted(FLYING),
        "colours": COLOUR_NAMES[1:],
        "colour_codes": COLOURS,
        **seen,
        "places": PLACE_NAMES,
        "lights": LIGHTS,
        "styles": STYLES,
        "indoors": [f"place:{place.name}" for place in PLACES if not place.is_outdoors],
        "shows": {f"place:{place}": [word_of(name) for name in names] for place, names in SHOWS.items()},
        "weathers": {f"place:{place}": f"light:{light}" for place, light in WEATHERS.items()},
        "nouns": NOUNS,
        "headwear": HEADWEAR,
        "most_things": OBJECTS,
        "phrases": {phrase: "|".join(meaning) for phrase, meaning in phrase_table().items()},
        "drawn": drawn_table(),
        "nearest": sorted(nearest_names()),
        "emoji": {symbol: "|".join(meaning) for symbol, meaning in emoji_table().items()},
    }


def seen_of(sprites: Sprites) -> dict[str, Any]:
    """What only the drawings tell: which colours are a thing's own, and the shapes of its other drawings."""
    return {
        "own_colours": {name: own_colours(name, sprites) for name in THINGS[1:]},
        "drawings": {name: other_drawings(name, sprites) for name in MORE_DRAWINGS},
    }


def own_colours(thing: str, sprites: Sprites) -> list[str]:
    """Those of its first drawing, then of the others."""
    of_each = (sprites.own_colours(thing, k) for k in range(len(drawings_of(thing))))
    return list(dict.fromkeys(chain.from_iterable(of_each)))


def other_drawings(thing: str, sprites: Sprites) -> list[tuple[int, float, float]]:
    """What the painter counts each as, and how many times as wide and as high as the first it is."""
    found = []
    for k in range(1, len(drawings_of(thing))):
        wide, high = sprites.stretch(thing, k)
        found.append((PAINTED.index((thing, k)), round(wide, 4), round(high, 4)))
    return found


def word_of(name: str) -> str:
    return f"place:{name}" if name in PLACE_NAMES else name
