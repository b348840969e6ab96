"""Words to tokens: phrases and synonyms become the one word the model knows, quoted text is taken out.

The tables come with the weights. A word that is not in them is never guessed: it is returned as left out, so
that the answer can say so.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from limner.nano.grid import TEXT_TOKENS

DOUBLE = '"\u201c\u201d\u201e\u00ab\u00bb'  # straight, English, German low, French
SINGLE = "'\u2018\u2019"  # straight, and the English pair, whose closing one is the apostrophe too
QUOTED = re.compile(
    rf"[{DOUBLE[:-1]}]([^{DOUBLE}]{{1,60}})[\"\u201c\u201d\u00bb]"
    rf"|(?<!\w)['\u2018]([^{SINGLE}]{{1,60}})['\u2019](?!\w)"
)
WORD = re.compile(r"[^\W_]+(?:[-'\u2019][^\W_]+)*")
LONGEST_PHRASE = 5  # words
SIGN = "sign"


@dataclass(frozen=True)
class Vocabulary:
    """Word tables of one set of weights."""

    words: tuple[str, ...]  # index = token id; index 0 stands for no word
    phrases: Mapping[str, str]  # what people write -> the word
    fillers: frozenset[str]
    things: tuple[str, ...]
    colours: tuple[str, ...] = ()
    most_things: int = 2  # in one picture


@dataclass(frozen=True)
class Tokens:
    """What a prompt says, in the model's words."""

    words: tuple[str, ...]
    ids: tuple[int, ...]
    quoted: tuple[str, ...] = ()  # text to be lettered
    left_out: tuple[str, ...] = ()  # what the model does not know, and what one picture has no room for


class Tokenizer:
    """Longest phrase first, left to right."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._index = {word: index for index, word in enumerate(vocabulary.words) if word}

    def tokenize(self, prompt: str) -> Tokens:
        text = unicodedata.normalize("NFKC", prompt)
        quoted = tuple(" ".join((a or b).split()) for a, b in QUOTED.findall(text))
        plain = [word.lower().replace("\u2019", "'") for word in WORD.findall(QUOTED.sub(" ", text))]
        words, left_out = self._known(plain)
        if any(quoted) and SIGN in self._index and SIGN not in words:
            words.append(SIGN)  # letters need something to stand on
        words, beyond = self._within(words, SIGN if any(quoted) else None)
        ids = tuple(self._index[word] for word in words)
        left_out = list(dict.fromkeys(left_out + beyond))
        return Tokens(tuple(words), ids, tuple(filter(None, quoted)), tuple(left_out))

    def _within(self, words: Sequence[str], first: str | None) -> tuple[list[str], list[str]]:
        """The words that one picture has room for, and the others: things too many, with their colours.

        ``first`` is a thing that is kept before all others.
        """
        kept: list[str] = []
        beyond: list[str] = []
        reserved = int(first in words)
        room = self._vocabulary.most_things - reserved
        for word in words:
            is_thing = word in self._vocabulary.things and word != first
            fits = len(kept) < TEXT_TOKENS - reserved and (room > 0 or not is_thing)
            if fits or word == first:
                kept.append(word)
                room -= is_thing
                continue
            while is_thing and kept and kept[-1] in self._vocabulary.colours:
                beyond.append(kept.pop())
            beyond.append(word)
        return kept, beyond

    def _known(self, plain: Sequence[str]) -> tuple[list[str], list[str]]:
        words: list[str] = []
        left_out: list[str] = []
        at = 0
        while at < len(plain):
            taken, word = self._longest(plain[at : at + LONGEST_PHRASE])
            if word:
                words.append(word)
            elif plain[at] not in self._vocabulary.fillers:
                left_out.append(plain[at])
            at += taken
        return words, left_out

    def _longest(self, plain: Sequence[str]) -> tuple[int, str | None]:
        """How many words the longest known phrase at the front has, and what it means; (1, None) for none."""
        for count in range(len(plain), 0, -1):
            phrase = " ".join(plain[:count])
            found = self._vocabulary.phrases.get(phrase) or (phrase if phrase in self._index else None)
            if found:
                return count, found
        return 1, None
