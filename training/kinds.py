"""Kinds of things, each a thing and a colour: which are drawn for which place, and which are held out.

One in ten pairs of thing and colour, and of thing and place, is never drawn for training: evaluation asks for
those.
"""

from random import Random

from training.vocabulary import COLOUR_NAMES, DRAWINGS, FACES, PLACE_NAMES, homes_of

NAMES = tuple(DRAWINGS)
TRIES = 200
Kind = tuple[str, str]  # thing, colour


def held_out(kind: str, a: str, b: str) -> bool:
    """Whether evaluation alone may draw a pair: one in ten, so that it asks for new combinations.

    Never a thing in the studio: that is where things are put whose homes are all held out.
    """
    return b != "studio" and hash_of(f"{kind}/{a}/{b}") % 10 == 0


def hash_of(text: str) -> int:
    value = 2166136261
    for byte in text.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value >> 7


def kind_in(place: int, is_new: bool, r: Random, name: str | None = None) -> Kind:
    """A thing (the one named, if any) in a colour: held out in this place if ``is_new``, else not."""
    chosen = name or ""
    for _ in range(TRIES):
        chosen = name or r.choice(NAMES)
        colour = "natural" if r.random() < 0.35 else r.choice(COLOUR_NAMES[1:])
        is_held_out = held_out("place", chosen, PLACE_NAMES[place]) or (
            colour != "natural" and held_out("colour", chosen, colour)
        )
        if is_held_out == is_new:
            return chosen, colour
    return chosen, "natural"


def face(r: Random) -> Kind:
    """Something to write on."""
    return r.choice(FACES), "natural" if r.random() < 0.5 else r.choice(COLOUR_NAMES[1:])


def home_of(kind: Kind, r: Random) -> int:
    """A place where a thing is at home, of those where training may put it."""
    known = [home for home in homes_of(kind[0]) if not held_out("place", kind[0], home)]
    return PLACE_NAMES.index(r.choice(known or ["studio"]))
