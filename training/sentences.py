"""A scene's caption as a person would type it: the canonical words, in English that the tokenizer reads."""

from limner.nano.lexicon import COUNTS
from training.phrases import plural
from training.scenes import Scene
from training.vocabulary import COLOURS, DRAWINGS, FACES

PLACES = {
    "studio": "in a studio", "table": "on a wooden table", "sky": "under a blue sky", "meadow": "in a meadow",
    "beach": "on the beach", "sea": "at sea", "snow": "in the snow",
    "starry night": "under a starry night sky",
    "sunset": "at sunset", "forest": "in a forest", "desert": "in the desert", "street": "on a city street",
    "room": "in a living room", "mountains": "in the mountains", "garden": "in a garden", "lake": "by a lake",
    "farm": "on a farm field", "kitchen": "in a kitchen", "library": "in a library",
    "underwater": "underwater", "space": "in outer space", "cave": "in a cave", "stage": "on a stage",
    "skyline": "before a city skyline", "autumn forest": "in an autumn forest",
}  # fmt: skip
NAMES = frozenset((*DRAWINGS, *FACES))


def sentence(scene: Scene) -> str:
    """Such as "a red apple and a blue car, in a garden"."""
    said: list[str] = []
    number = ""
    for word, following in zip(scene.words, (*scene.words[1:], ""), strict=True):
        if word in COUNTS:
            number = word
            said.append(word)
        elif word in NAMES:
            said.append(named(word, number))
            number = ""
        elif word in COLOURS and following in ("background", "place:studio"):
            said.append(f"on a {word} background")
        elif word == "background" or word.startswith("place:"):
            if not said or not said[-1].endswith("background"):  # else its colour has said it already
                said.append(PLACES.get(word.removeprefix("place:"), "on a plain background"))
        else:
            said.append(word)
    return " ".join(said).replace(" ,", ",").strip(", ")


def named(name: str, number: str) -> str:
    return (plural(name) or name) if number and number != "one" else name
