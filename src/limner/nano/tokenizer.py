"""Prompts to tokens: what the prompt says, in the order and in the words that the composer was trained on.

Quoted text is taken out to be lettered. What the model does not know, and what one picture has no room for,
is returned as left out, so that the answer can say so. No prompt fails.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from limner.nano.boxes import TEXT_TOKENS
from limner.nano.lexicon import COUNTS, MODIFIER, Vocabulary, pieces
from limner.nano.quotations import written_in
from limner.nano.reading import Reader
from limner.nano.sayings import Named, Noun, Reading, Relation

MOST_QUOTED = 2
BARE_PLURAL = COUNTS[2]  # "apples"
OPPOSITE = {"@left": ("@right", "left of"), "@right": ("@left", "right of"), "@top": ("@bottom", "above"),
            "@bottom": ("@top", "below")}  # fmt: skip
PLAIN_PLACES = ("background", "place:studio")


@dataclass(frozen=True)
class Tokens:
    """What a prompt says, in the model's words."""

    words: tuple[str, ...]
    ids: tuple[int, ...]
    quoted: tuple[str, ...] = ()  # text to be lettered, at most MOST_QUOTED
    left_out: tuple[str, ...] = ()  # what the model does not know, and what one picture has no room for
    against: tuple[str, ...] = ()  # words of what the prompt rules out ("no hats"), "," between phrases
    typefaces: tuple[str, ...] = ()  # asked for: "handwritten", "bold", "comic"
    nearest: Mapping[str, str] = field(default_factory=dict)  # what is not known -> the thing for it
    drawings: Mapping[str, frozenset[int]] = field(default_factory=dict)  # thing -> those named; else any

    @property
    def has_light(self) -> bool:
        return any(word.startswith("light:") for word in self.words)

    @property
    def has_place(self) -> bool:
        return any(word.startswith("place:") or word == "background" for word in self.words)


class Tokenizer:
    """Reads prompts in the words of one set of weights."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def tokenize(self, prompt: str) -> Tokens:
        text = unicodedata.normalize("NFKC", prompt)
        quoted, rest = written_in(text, self._vocabulary)
        reading = Reader(self._vocabulary, pieces(self._vocabulary, rest)).read()
        reading.left_out += quoted[MOST_QUOTED:]
        words = self._words(reading, bool(quoted))
        return Tokens(
            tuple(words),
            tuple(self._vocabulary.index[word] for word in words),
            tuple(quoted[:MOST_QUOTED]),
            tuple(dict.fromkeys(reading.left_out)),
            tuple(joined(reading.against)),
            tuple(dict.fromkeys(reading.typefaces)),
            {noun.text: noun.name for noun in reading.nouns if self._is_nearest(noun) and noun.name in words},
            self._drawings(reading.nouns),
        )

    def _is_nearest(self, noun: Noun) -> bool:
        return MODIFIER.sub("", noun.text) in self._vocabulary.nearest

    def _drawings(self, nouns: list[Noun]) -> dict[str, frozenset[int]]:
        """Of things that are called by narrow names alone ("a poodle"), the drawings that those mean."""
        named: dict[str, list[frozenset[int]]] = {}
        for noun in nouns:
            meant = self._vocabulary.drawn.get(MODIFIER.sub("", noun.text), frozenset())
            named.setdefault(noun.name, []).append(meant)
        return {name: frozenset().union(*meant) for name, meant in named.items() if all(meant)}

    def tokenize_negative(self, prompt: str) -> Tokens:
        """A negative prompt, in which a colour alone rules out all that has it."""
        found = self.tokenize(prompt)
        meanings = {written: self._vocabulary.phrases.get(written.lower(), ()) for written in found.left_out}
        alone = {
            written: words
            for written, words in meanings.items()
            if words and all(self._vocabulary.kind(word) == "colour" for word in words)
        }
        items = {" ".join(item.split()).lower() for item in re.split(r"[,;.\n]", prompt)}
        also = [[colour] for colour in self._vocabulary.nouns if colour in items]  # "orange": all of it
        against = joined([list(found.against), *map(list, alone.values()), *also])
        left_out = tuple(written for written in found.left_out if written not in alone)
        return replace(found, against=tuple(against), left_out=left_out)

    def unwanted(self, prompt: Tokens, negative: Tokens) -> tuple[int, ...]:
        """Ids of all that a picture shall not have: what the prompt rules out, and the negative prompt, where
        "no hats" means no hats too."""
        phrases = [list(words) for words in (prompt.against, negative.words, negative.against) if words]
        return tuple(self._vocabulary.index[word] for word in joined(phrases)[:TEXT_TOKENS])

    def _words(self, reading: Reading, has_letters: bool) -> list[str]:
        faces = self._vocabulary.faces
        if has_letters and faces and not any(noun.name in faces for noun in reading.nouns):
            reading.nouns.append(Noun(faces[0]))  # letters need something to stand on
        place = self._place(reading)
        around = [[*filter(None, (place.tint, place.word))]] if place else []
        light, style = self._light(reading, place), self._style(reading)
        around += [[named.word] for named in (light, style) if named]
        phrases = self._arranged(reading, place, has_letters)
        room = TEXT_TOKENS - len(joined(around)) - 1
        kept: list[list[str]] = []
        for phrase in phrases:
            if len(joined([*kept, phrase])) <= room:
                kept.append(phrase)
            else:
                reading.left_out += [word for word in phrase if word != ","]
        return joined([*kept, *around])

    # --- Things -----------------------------------------------------------------------------------------

    def _arranged(self, reading: Reading, place: Named | None, has_letters: bool) -> list[list[str]]:
        """Phrases of one or two or three things each, in the order of their mention, as many as fit."""
        related = relations_of(reading)
        nouns = self._seen(reading, place)
        tied = {noun: relation for relation in related for noun in relation.nouns}
        groups: list[tuple[Noun, ...]] = []
        phrases: list[list[str]] = []
        for noun in nouns:
            relation = tied.get(noun)
            if relation is None:
                groups.append((noun,))
                phrases.append(said(noun))
            elif relation.nouns not in groups:
                groups.append(relation.nouns)
                phrases.append(said_together(relation))
        return self._within(groups, phrases, reading, has_letters)

    def _within(
        self, groups: list[tuple[Noun, ...]], phrases: list[list[str]], reading: Reading, has_letters: bool
    ) -> list[list[str]]:
        """What one picture has room for; of letters, what they stand on comes first."""
        room = self._vocabulary.most_things
        is_first = [has_letters and any(n.name in self._vocabulary.faces for n in group) for group in groups]
        kept: dict[int, list[str]] = {}
        for k in sorted(range(len(groups)), key=lambda k: not is_first[k]):
            size = sum(number_of(noun) for noun in groups[k])
            if size > room >= 1 and groups[k][0].is_bare_plural and len(groups[k]) == 1:  # some, then
                kept[k] = [*([COUNTS[room - 1]] if room > 1 else []), *groups[k][0].words]
                room = 0
            elif size <= room:
                kept[k] = phrases[k]
                room -= size
            else:
                reading.left_out += [noun.written for noun in groups[k]]
        return [kept[k] for k in sorted(kept)]

    def _seen(self, reading: Reading, place: Named | None) -> list[Noun]:
        """The things, without those that the place shows anyway ("a library with books")."""
        shown = self._vocabulary.shows.get(place.word, frozenset()) if place else frozenset()
        tied = {noun for relation in reading.relations for noun in relation.nouns}
        kept = [
            noun
            for noun in reading.nouns
            if noun in tied or not noun.is_plural or noun.colour or noun.name not in shown
        ]
        return kept or reading.nouns

    # --- Around them ------------------------------------------------------------------------------------

    def _place(self, reading: Reading) -> Named | None:
        """The one place of a picture. Of two, the one that shows the other; a sunset elsewhere is a light."""
        if not reading.places:
            return None
        chosen = reading.places[0]
        for other in reading.places[1:]:
            chosen = self._place_of_two(reading, chosen, other)
        return chosen

    def _place_of_two(self, reading: Reading, first: Named, second: Named) -> Named:
        v = self._vocabulary
        if second.word == first.word or second.word in v.shows.get(first.word, ()):
            return first if first.tint or not second.tint else second
        if first.word in v.shows.get(second.word, ()):
            return second
        for one, other in ((first, second), (second, first)):
            if one.word in PLAIN_PLACES and not one.tint:
                return other
        for one, other in ((first, second), (second, first)):
            if one.word in v.weathers:
                reading.lights.append(Named(v.weathers[one.word], one.text))
                return other
        reading.left_out.append(second.text)
        return first

    def _light(self, reading: Reading, place: Named | None) -> Named | None:
        """The first light; none reaches indoors, and a starry night is night anyway."""
        where = place.word if place else ""
        if where in self._vocabulary.indoors:
            shown = self._vocabulary.weathers.get(where)
            reading.left_out += [light.text for light in reading.lights if light.word != shown]
            return None
        lights = reading.lights
        reading.left_out += [light.text for light in lights if light.word != lights[0].word]
        return lights[0] if lights else None

    def _style(self, reading: Reading) -> Named | None:
        """The first style; a photo gives way to any other ("a photo of an oil painting")."""
        styles = sorted(reading.styles, key=lambda style: style.word == "style:photo")
        reading.left_out += [s.text for s in styles[1:] if s.word not in (styles[0].word, "style:photo")]
        return styles[0] if styles else None


def relations_of(reading: Reading) -> list[Relation]:
    """The relations, each thing in one at most; others are left out. Sides of the picture make relations."""
    kept: list[Relation] = []
    tied: set[Noun] = set()
    for relation in [*reading.relations, *sides_of(reading.nouns)]:
        nouns = set(relation.nouns)
        if len(nouns) == len(relation.nouns) and not nouns & tied:
            kept.append(relation)
            tied |= nouns
        elif relation in reading.relations:
            reading.left_out.append(relation.word)
    return kept


def sides_of(nouns: list[Noun]) -> list[Relation]:
    """ "A cat on the right, a dog on the left": the cat is right of the dog."""
    for first in nouns:
        if not first.side:
            continue
        opposite, word = OPPOSITE[first.side]
        others = [noun for noun in nouns if noun is not first]
        facing = [noun for noun in others if noun.side == opposite] or [n for n in others if not n.side]
        return [Relation(first, word, facing[0])] if facing else []
    return []


def number_of(noun: Noun) -> int:
    count = noun.count or (BARE_PLURAL if noun.is_bare_plural else "one")
    return COUNTS.index(count) + 1


def said(noun: Noun) -> list[str]:
    return [BARE_PLURAL, *noun.words] if noun.is_bare_plural else noun.words


def said_together(relation: Relation) -> list[str]:
    first, second, third = relation.first, relation.second, relation.third
    other = second.words if relation.word == "surrounded by" else said(second)
    return [*said(first), relation.word, *other, *([",", *said(third)] if third else [])]


def joined(phrases: Iterable[list[str]]) -> list[str]:
    words: list[str] = []
    for phrase in phrases:
        if words and phrase:
            words.append(",")
        words += phrase
    return words
