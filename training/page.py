"""model.json: what a set of weights knows, and the tables by which the service reads prompts."""

from collections.abc import Mapping, Sequence
from typing import Any

from limner.nano.boxes import OBJECTS
from training.composer import CODES
from training.phrases import emoji_table, phrase_table
from training.sprites import FACE_ROOMS
from training.synonyms import NOUNS
from training.vocabulary import (
    COLOUR_NAMES,
    COLOURS,
    FACES,
    FLYING,
    LIGHTS,
    PLACE_NAMES,
    PLACES,
    STYLES,
    THINGS,
    WORDS,
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


def page(version: str, own_colours: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Everything that limner.nano reads of a set of weights beside its graphs; of the drawings it says which
    colours are the things' own."""
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
        "own_colours": own_colours,
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
        "emoji": {symbol: "|".join(meaning) for symbol, meaning in emoji_table().items()},
    }


def word_of(name: str) -> str:
    return f"place:{name}" if name in PLACE_NAMES else name
