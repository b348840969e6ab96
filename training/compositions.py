"""Random scenes and what people would say of them: how many things, which, where, in which words.

A caption here is what the tokenizer makes of a sentence: canonical words, "," between phrases.
"""

from random import Random

import numpy as np

from training.arrangements import ARRANGEMENTS, Phrase, Surroundings
from training.kinds import home_of, kind_in
from training.scenes import BASE_SIZES, Scene
from training.sprites import Sprites
from training.vocabulary import COLOUR_NAMES, LIGHTS, PLACE_NAMES, PLACES, STYLES

STUDIO = PLACE_NAMES.index("studio")


class SceneMaker:
    """Draws random scenes and their captions, endlessly and from one seed.

    For evaluation it draws only kinds that are held out from training.
    """

    def __init__(self, sprites: Sprites, seed: int, evaluation: bool = False) -> None:
        self._sprites = sprites
        self._random, self._choice = Random(seed), Random(f"drawings {seed}")
        self._evaluation = evaluation

    def scene(self, square: bool = False, arrangement: str | None = None) -> Scene:
        """A scene; ``arrangement`` names one, else they are drawn as often as their weights say."""
        r = self._random
        width, height = BASE_SIZES[0] if square or r.random() < 0.4 else BASE_SIZES[r.randrange(1, 5)]
        place = r.randrange(len(PLACES))
        is_said = r.random() < 0.7
        weights = [weight for weight, _ in ARRANGEMENTS.values()]
        _, arrange = ARRANGEMENTS[arrangement or r.choices(tuple(ARRANGEMENTS), weights)[0]]
        first = kind_in(place, self._evaluation, r)
        if not is_said:
            place = home_of(first, r)
            first = kind_in(place, self._evaluation, r, first[0])
        low, high = PLACES[place].horizon
        horizon = r.uniform(low, high) * height
        tint = r.choice(COLOUR_NAMES) if place == STUDIO and r.random() < 0.7 else "natural"
        around = Surroundings(width, height, horizon, place, self._evaluation, self._sprites, r, self._choice)
        things, phrases = arrange(around, first)
        light, style = self._light(place), 0 if r.random() < 0.65 else r.randrange(1, len(STYLES))
        words = self._caption(phrases, self._place(place, tint) if is_said else [], light, style)
        seed = r.getrandbits(31)
        return Scene(width, height, place, tint, horizon, seed, tuple(things), light, style, words)

    def _light(self, place: int) -> int:
        r = self._random
        return r.randrange(1, len(LIGHTS)) if PLACES[place].is_outdoors and r.random() < 0.4 else 0

    def _place(self, place: int, tint: str) -> Phrase:
        if place != STUDIO:
            return [f"place:{PLACE_NAMES[place]}"]
        named = "background" if self._random.random() < 0.7 else "place:studio"
        return [named] if tint == "natural" else [tint, named]

    def _caption(self, phrases: list[Phrase], around: Phrase, light: int, style: int) -> tuple[str, ...]:
        r = self._random
        if light:
            lit = [f"light:{LIGHTS[light]}"]
            if around and r.random() < 0.5:
                around = [*around, *lit] if r.random() < 0.5 else [*lit, *around]
            else:
                phrases = [*phrases, lit]
        if around:
            phrases = [around, *phrases] if r.random() < 0.15 else [*phrases, around]
        if style:
            said = [f"style:{STYLES[style]}"]
            phrases = [said, *phrases] if r.random() < 0.5 else [*phrases, said]
        return tuple(self._joined(phrases))

    def _joined(self, phrases: list[Phrase]) -> Phrase:
        words: Phrase = []
        for phrase in phrases:
            if words and self._random.random() < 0.5:
                words.append(",")
            words += phrase
        return words


def scene_of_either(
    makers: tuple[SceneMaker, SceneMaker], arrangement: str, share: float, rng: np.random.Generator
) -> Scene:
    """A square scene to learn to measure from: half of them by the second maker, which draws what is held out
    and asked for. ``share`` of them in this arrangement, beside those that are by chance."""
    maker = makers[int(rng.random() < 0.5)]
    return maker.scene(square=True, arrangement=arrangement if rng.random() < share else None)
