"""The words of one set of weights, and a prompt cut into them: the longest known phrase at each place.

The tables come with the weights. A word that is not in them is never guessed. What the marks of grammar
("@the") mean is known to limner.nano.reading alone.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

LONGEST_PHRASE = 7  # words
COUNTS = ("one", "two", "three", "four", "five", "six")
ITEM = re.compile(
    r"(?P<word>[^\W_]+(?:['\u2019][^\W_]+)*(?:-[^\W_]+(?:['\u2019][^\W_]+)*)*)"
    r"|(?P<emoji>[\u2190-\u2bff\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*"
    r"(?:\u200d[\u2190-\u2bff\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*)*)"
    r"|(?P<stop>[^\w\s'\u2019-]|\n|(?<=\s)-+(?=\s))"
)
MODIFIER = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")  # of an emoji: how it is drawn, the tone of its skin
WEIGHT = re.compile(r":\s*\d+(?:\.\d+)?(?=\s*\))")  # as in "(cat:1.2)"
ATTRIBUTES = ("colour", "size", "count", "unknown", "typeface", "style")
OF_ATTRIBUTES = ("@plural", "@beyond", "@black and white", "@colourful")
SENTENCE_ENDS = ".!?\n\u3002"


@dataclass(frozen=True)
class Vocabulary:
    """The tables of one set of weights, as its page has them (model.json)."""

    words: tuple[str, ...]  # index = token id; index 0 stands for no word
    phrases: Mapping[str, tuple[str, ...]]  # what people write -> words and marks
    drawn: Mapping[str, frozenset[int]]  # names of things -> those of its drawings that are meant; else any
    nearest: frozenset[str]  # names of what is not known itself, for which the nearest thing is painted
    emoji: Mapping[str, tuple[str, ...]]
    things: tuple[str, ...]
    faces: tuple[str, ...]  # things with room for letters, the first for what has none named
    colours: tuple[str, ...]
    indoors: frozenset[str]  # places that no light reaches
    shows: Mapping[str, frozenset[str]]  # place -> words of what its picture has anyway
    weathers: Mapping[str, str]  # place -> the light that it is where another place is named too
    nouns: Mapping[str, str]  # colour -> the thing it is where nothing follows ("an orange")
    headwear: frozenset[str]
    most_things: int  # in one picture

    @classmethod
    def read(cls, page: Mapping[str, Any]) -> "Vocabulary":
        """The vocabulary of a page; raises KeyError where it has none."""
        return cls(
            words=tuple(page["words"]),
            phrases={
                phrase: tuple(filter(None, said.split("|"))) for phrase, said in page["phrases"].items()
            },
            drawn={phrase: frozenset(drawings) for phrase, drawings in page["drawn"].items()},
            nearest=frozenset(page["nearest"]),
            emoji={symbol: meaning_of(said) for symbol, said in page["emoji"].items()},
            things=tuple(page["things"]),
            faces=tuple(page["faces"]),
            colours=tuple(page["colours"]),
            indoors=frozenset(page["indoors"]),
            shows={place: frozenset(words) for place, words in page["shows"].items()},
            weathers=page["weathers"],
            nouns=page["nouns"],
            headwear=frozenset(page["headwear"]),
            most_things=page["most_things"],
        )

    @cached_property
    def index(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words) if word}

    @cached_property
    def _kinds(self) -> dict[str, str]:
        kinds = dict.fromkeys(self.things, "thing") | dict.fromkeys(self.colours, "colour")
        kinds |= dict.fromkeys(COUNTS, "count") | dict.fromkeys(("big", "small"), "size")
        return kinds | {"background": "background"}

    def kind(self, word: str) -> str:
        """What sort of word: thing, colour, count, size, background, place, light, style, typeface, mark,
        unknown, or else a relation."""
        if not word:
            return "unknown"
        if word.startswith("@"):
            return "mark"
        before, colon, _ = word.partition(":")
        return before if colon else self._kinds.get(word, "relation")


@dataclass(frozen=True)
class Piece:
    """A word or a mark, and what the prompt has for it; an unknown word is empty."""

    word: str
    text: str = ""


def meaning_of(said: str) -> tuple[str, ...]:
    return tuple(said.split("|")) if said else ()


def pieces(vocabulary: Vocabulary, prompt: str) -> Iterator[Piece]:
    """The prompt's words and marks in order. Punctuation is "@and" or, at the end of a sentence, "@end"."""
    run: list[tuple[str, int]] = []  # words, and which written word each is of
    for number, item in enumerate(items(prompt)):
        kind, written = item.lastgroup, item.group()
        if kind == "word":
            run += [(part, number) for part in written.lower().replace("\u2019", "'").split("-")]
            continue
        yield from phrases(vocabulary, run)
        run = []
        if kind == "emoji":
            yield from pictograms(vocabulary, written)
        else:
            yield Piece("@end" if written in SENTENCE_ENDS else "@and")
    yield from phrases(vocabulary, run)
    yield Piece("@end")


def items(prompt: str) -> Iterator[re.Match[str]]:
    """Written words, punctuation, and runs of one emoji."""
    return ITEM.finditer(WEIGHT.sub("", unicodedata.normalize("NFKC", prompt)))


def phrases(vocabulary: Vocabulary, run: list[tuple[str, int]]) -> Iterator[Piece]:
    found = [(part, number, meaning) for part, number, meaning in longest(vocabulary, run)]
    for is_known, group in groupby(found, key=lambda entry: entry[2] is not None):
        if not is_known:
            for _, parts in groupby(group, key=lambda entry: entry[1]):
                yield Piece("", "-".join(part for part, _, _ in parts))
            continue
        for text, _, meaning in group:
            yield from meant(meaning or (), text)


def longest(
    vocabulary: Vocabulary, run: list[tuple[str, int]]
) -> Iterator[tuple[str, int, tuple[str, ...] | None]]:
    """Each phrase with what it means; None for a word that is not known."""
    at = 0
    while at < len(run):
        for count in range(min(LONGEST_PHRASE, len(run) - at), 0, -1):
            phrase = " ".join(part for part, _ in run[at : at + count])
            meaning = vocabulary.phrases.get(phrase)
            if meaning is None and count == 1:
                meaning = alone(vocabulary, phrase)
            if meaning is not None or count == 1:
                yield phrase, run[at][1], meaning
                at += count
                break


def alone(vocabulary: Vocabulary, word: str) -> tuple[str, ...] | None:
    """A number in digits, or the word without its possessive s; "a kid's cake" shows no kid."""
    if word.isdecimal() and word.isascii():
        return (COUNTS[int(word) - 1],) if 1 <= int(word[:9]) <= len(COUNTS) else ("six", "@beyond")
    owner = word.removesuffix("'s")
    return vocabulary.phrases.get(owner) if owner != word and owner not in vocabulary.nearest else None


def meant(meaning: tuple[str, ...], text: str) -> Iterator[Piece]:
    """Only the last word stands for what was written; the others came along."""
    for k, word in enumerate(meaning):
        yield Piece(word, text if k == len(meaning) - 1 else "")


def pictograms(vocabulary: Vocabulary, written: str) -> Iterator[Piece]:
    """An emoji is the thing that it shows; of one that was named already, it is the same thing."""
    meaning = vocabulary.emoji.get(MODIFIER.sub("", written))
    if meaning is None:
        yield Piece("", written) if unicodedata.category(written[0]) == "So" else Piece("@and")
        return
    yield Piece("@emoji")
    yield from meant(meaning, written)


def follows_of(pieces: Sequence[Piece], kinds: Sequence[str]) -> list[bool]:
    """For each piece, whether a thing or a background comes, it or after nothing but attributes."""
    follows = [False] * (len(pieces) + 1)
    for k in range(len(pieces) - 1, -1, -1):
        kind, word = kinds[k], pieces[k].word
        if kind in ("thing", "background"):
            follows[k] = True
        elif kind in ATTRIBUTES or word in OF_ATTRIBUTES or is_between(pieces, kinds, k):
            follows[k] = follows[k + 1]
    return follows


def is_between(pieces: Sequence[Piece], kinds: Sequence[str], k: int) -> bool:
    """Whether a comma or "and" may part two attributes of one thing: "big, red", "a red, shiny apple"."""
    before, after = kinds[max(k - 1, 0)], kinds[k + 1 : k + 2]
    is_first = before in ("colour", "size") and pieces[max(k - 2, 0)].word not in ("@is", "@it")
    return pieces[k].word == "@and" and (
        after in (["colour"], ["size"]) or (after == ["unknown"] and is_first)
    )


def is_of_unknown(pieces: Sequence[Piece], kinds: Sequence[str], k: int, has_copula: bool) -> bool:
    """Whether a colour is that of something unknown: "a woman with red hair", "a boy in a yellow kimono"."""
    copulas = [piece.text for piece in pieces[:k] if piece.word == "@is"]
    is_said = has_copula and copulas[-1] != "in"
    return not is_said and kinds[k + 1] == "unknown"
