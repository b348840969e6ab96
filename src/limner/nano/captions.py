"""Captions in the words of a user's own pictures: the same in training and at run time.

A word is what captions of the training pictures had; in scripts that put no spaces between words, a letter.
What they never had is returned as left out, never guessed."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from limner.nano.boxes import TEXT_TOKENS

WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+(?:['\u2019][^\W_]+)*")
UNSAID = frozenset(("a", "an", "the", "of", "and", "with", "in", "on", "at", "is", "are", "to", "by", "from"))


def words_of(caption: str) -> list[str]:
    return WORD.findall(unicodedata.normalize("NFKC", caption).lower())


def commonest(captions: Iterable[str], most: int) -> tuple[str, ...]:
    """At most ``most`` words, the commonest first; before them the empty one, which stands for none."""
    counts = Counter(word for caption in captions for word in words_of(caption))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return ("", *ranked[: most - 1])


@dataclass(frozen=True)
class Said:
    """A prompt in the words of the captions."""

    ids: tuple[int, ...]
    left_out: tuple[str, ...]


class Captions:
    """Reads prompts in one set of words."""

    def __init__(self, words: Sequence[str]) -> None:
        self._index = {word: number for number, word in enumerate(words) if word}

    def read(self, prompt: str) -> Said:
        """The first TEXT_TOKENS words that are known; what is not, and what there is no room for."""
        words = words_of(prompt)
        known = [word for word in words if word in self._index]
        unknown = [word for word in words if word not in self._index and word not in UNSAID]
        ids = tuple(self._index[word] for word in known[:TEXT_TOKENS])
        return Said(ids, tuple(dict.fromkeys([*unknown, *known[TEXT_TOKENS:]])))
