"""The table that the tokenizer reads: every phrase that people write, and what it means.

What a phrase means is a list: words of training/vocabulary.py, marks of grammar, or nothing, where a word
changes nothing in a picture.
"""

from collections.abc import Iterator, Mapping

from training.emoji import EMOJI, NEAREST_EMOJI, PEOPLE, PROFESSIONS
from training.names import DISHES, FLAVOURS, INHERENT, IRREGULAR, OTHER_PLURALS, SAME, THINGS, WHOLE
from training.narrow_names import DRAWN, EMOJI_DRAWN
from training.synonyms import (
    BEYOND,
    COUNTED,
    FILLERS,
    LIGHT_NAMES,
    MARKS,
    PLACE_NAMES,
    RELATION_NAMES,
    SHADES,
    SIZE_NAMES,
    STYLE_NAMES,
    TINGES,
    TYPEFACES,
    WEATHERS,
)
from training.vocabulary import COLOURS, COUNTS, DRAWINGS, FACES, PLACES, RELATIONS, WORDS

Meaning = tuple[str, ...]
NEAREST = "~"  # before a name: not that thing, but nothing known is nearer


def listed(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def plural(name: str) -> str | None:
    """The plural of a name, that of its last word; None where it has none."""
    if name in WHOLE:
        return WHOLE[name]
    if name in SAME or name in INHERENT or " of " in name:
        return None
    *lead, last = name.split(" ")
    if last in SAME or last in INHERENT:
        return None
    return " ".join([*lead, IRREGULAR.get(last) or regular_plural(last)])


def regular_plural(word: str) -> str:
    if word.endswith("man"):
        return word[:-2] + "en"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def split_name(name: str) -> tuple[str, Meaning]:
    """A name, and the colour that it brings along: "~[white] polar bear"."""
    name = name.removeprefix(NEAREST)
    if not name.startswith("["):
        return name, ()
    colour, _, rest = name[1:].partition("] ")
    return rest, (colour,)


def things() -> Iterator[tuple[str, Meaning]]:
    """Names of things and their plurals; a thing that has a name of its own keeps it."""
    for thing in (*FACES, *DRAWINGS):
        for name in (thing, *listed(THINGS[thing])):
            phrase, colour = split_name(name)
            if phrase != thing and phrase in THINGS:
                continue
            yield phrase, (*colour, thing)
            if phrase.startswith("pair of "):
                yield f"a {phrase}", (*colour, thing)  # longer than "a pair of"
            many = plural(phrase)
            if many and many not in THINGS and many != "autumn leaves":  # those are a place
                yield many, ("@plural", *colour, thing)
    for flavour in FLAVOURS:
        for dish, thing in DISHES.items():
            yield f"{flavour} {dish}", (thing,)
            yield f"{flavour} {plural(dish) or dish}", ("@plural", thing) if plural(dish) else (thing,)
    yield from ((also, ("@plural", thing)) for also, thing in OTHER_PLURALS.items())


def colours() -> Iterator[tuple[str, Meaning]]:
    for colour in COLOURS:
        for shade in (colour, *listed(SHADES[colour])):
            yield shade, (colour,)
            if " " not in shade:
                yield from ((f"{tinge} {shade}", (colour,)) for tinge in TINGES)
                yield f"{shade} coloured", (colour,)
                yield f"{shade} colored", (colour,)
    yield "dark background", ("black", "background")
    yield "light background", ("white", "background")


def places() -> Iterator[tuple[str, Meaning]]:
    named = {name for names in PLACE_NAMES.values() for name in listed(names)}
    for place in PLACES:
        word = f"place:{place.name}"
        for name in dict.fromkeys((place.name, *listed(PLACE_NAMES[place.name]))):
            yield name, (word,)
            if place.is_outdoors and place.name not in ("snow", "sky") and len(name.split()) < 3:
                composed = {f"{adjective} {name}": light for adjective, light in WEATHERS.items()}
                yield from (
                    (said, (word, f"light:{composed[said]}")) for said in composed if said not in named
                )
    yield from ((name, ("background",)) for name in ("background", "backdrop", "wallpaper background"))


def finishes() -> Iterator[tuple[str, Meaning]]:
    for kind, names in (("light", LIGHT_NAMES), ("style", STYLE_NAMES), ("typeface", TYPEFACES)):
        for what, phrases in names.items():
            yield from ((phrase, (f"{kind}:{what}",)) for phrase in listed(phrases))
    yield "neon sign", ("style:neon", "sign")


def grammar() -> Iterator[tuple[str, Meaning]]:
    for names in (RELATION_NAMES, SIZE_NAMES, COUNTED, MARKS):
        for word, phrases in names.items():
            yield from ((phrase, (word,)) for phrase in listed(phrases))
    yield from ((word, (word,)) for word in (*COUNTS, *RELATIONS, *SIZE_NAMES))
    yield from ((phrase, ("six", "@beyond")) for phrase in listed(BEYOND))
    yield from ((phrase, ("@black and white",)) for phrase in ("black and white", "white and black"))
    yield from ((phrase, ()) for phrase in listed(FILLERS))


def phrase_table() -> dict[str, Meaning]:
    """Every phrase and what it means."""
    table: dict[str, Meaning] = {}
    for source in (things(), finishes(), places(), colours(), grammar()):
        for phrase, meaning in source:
            table.setdefault(phrase, meaning)
    return table


def nearest_names() -> set[str]:
    """Names, plurals and emoji of what the model does not know, and paints the nearest thing for."""
    called = (name for names in THINGS.values() for name in listed(names) if name.startswith(NEAREST))
    names = {split_name(name)[0] for name in called}
    names |= {f"{flavour} {dish}" for flavour in FLAVOURS for dish in DISHES if dish in names}
    return names | {many for name in names if (many := plural(name))} | set(NEAREST_EMOJI)


def drawn_table() -> dict[str, list[int]]:
    """Names of things, their plurals, and emoji that mean some of a thing's drawings and not any -> which."""
    table: dict[str, list[int]] = {}
    for drawings in DRAWN.values():
        for drawing, names in enumerate(drawings):
            for name in listed(names):
                for phrase in filter(None, (name, plural(name))):
                    table.setdefault(phrase, []).append(drawing)
    for shown in EMOJI_DRAWN.values():
        table |= {symbol: [drawing] for drawing, symbols in enumerate(shown) for symbol in symbols}
    return table


def emoji_table() -> dict[str, Meaning]:
    """Emoji without their variation selectors -> meaning."""
    table: dict[str, Meaning] = {symbol: (word,) for word, symbols in EMOJI.items() for symbol in symbols}
    table |= {f"{person}\u200d{sign}": (who,) for person in PEOPLE for sign, who in PROFESSIONS.items()}
    return table


def contradictions() -> Mapping[str, set[Meaning]]:
    """Phrases that the tables above give two meanings to; there should be none."""
    found: dict[str, set[Meaning]] = {}
    for source in (things(), finishes(), places(), colours(), grammar()):
        for phrase, meaning in source:
            found.setdefault(phrase, set()).add(meaning)
    return {phrase: meanings for phrase, meanings in found.items() if len(meanings) > 1}


def unknown_words() -> set[str]:
    """Words of meanings that the vocabulary lacks; there should be none."""
    said = {word for meaning in phrase_table().values() for word in meaning}
    return {word for word in said if word not in WORDS and not word.startswith(("@", "typeface:"))}
