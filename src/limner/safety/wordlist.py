"""The prompt check that comes with Limner: words and patterns by category, from a list that can be read.

Knows no account and no model. A list finds words, not meanings: docs/safety.md says what that misses.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from limner.errors import BadSettings
from limner.safety.finding import Finding
from limner.safety.wording import Wording

_TABLES = ("innocent", "terms", "alike", "leet")  # the rest are categories
_KINDS = {"words", "patterns", "anywhere", "together"}
_NESTED = 3  # a term may name terms, so deep


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    alternatives: re.Pattern[str] | None
    together: tuple[re.Pattern[str], ...]

    def is_found_in(self, reading: str) -> bool:
        if self.alternatives is not None and self.alternatives.search(reading):
            return True
        return bool(self.together) and all(one.search(reading) for one in self.together)


class WordList:
    """The shipped list, and an operator's own beside it."""

    def __init__(self, shipped: Mapping[str, Any], own: Mapping[str, Any]) -> None:
        terms: dict[str, str] = {**shipped["terms"], **own.get("terms", {})}
        alike = {sign: letter for letter, signs in shipped["alike"].items() for sign in signs}
        self._wording = Wording(alike, shipped["leet"])
        innocent = [*shipped["innocent"], *own.get("innocent", [])]
        self._innocent = _at_word_edges(innocent, terms)
        self._categories = [*self._read(shipped, terms), *self._read(own, terms)]
        # Sexual content with minors is sexual content too, and is to be called by its name.
        self._categories.sort(key=lambda category: category.name != "minors")

    def __call__(self, prompt: str) -> Sequence[Finding]:
        """Every category that is found, each once."""
        readings = [self._innocent.sub(" ", reading) for reading in self._wording.readings(prompt)]
        found = (one.name for one in self._categories if any(map(one.is_found_in, readings)))
        return [Finding(name) for name in dict.fromkeys(found)]

    def _read(self, source: Mapping[str, Any], terms: Mapping[str, str]) -> Iterator[Category]:
        for name, category in source.items():
            if name in _TABLES:
                continue
            if unknown := set(category) - _KINDS:
                raise ValueError(
                    f"[{name}] has {', '.join(sorted(unknown))}; known are {', '.join(sorted(_KINDS))}"
                )
            words = (self._wording.readings(word)[0].strip() for word in category.get("words", []))
            patterns = [*words, *category.get("patterns", [])]
            edged = [_at_word_edges(patterns, terms).pattern] if patterns else []
            alternatives = "|".join([*edged, *map(re.escape, category.get("anywhere", []))])
            together = tuple(_at_word_edges([one], terms) for one in category.get("together", []))
            yield Category(name, re.compile(alternatives) if alternatives else None, together)


def read_word_list(own_list: Path | None) -> WordList:
    """The shipped list, with that in this file, if there is one, added. Raises BadSettings."""
    shipped = tomllib.loads(files("limner.safety").joinpath("words.toml").read_text(encoding="utf-8"))
    try:
        own = {} if own_list is None else tomllib.loads(own_list.read_text(encoding="utf-8"))
        return WordList(shipped, own)
    except (OSError, ValueError, TypeError, AttributeError, re.error) as error:
        raise BadSettings(f"safety_list {own_list} cannot be used: {error}") from error


def _at_word_edges(patterns: Sequence[str], terms: Mapping[str, str]) -> re.Pattern[str]:
    text = "|".join(patterns)
    for _ in range(_NESTED):
        for name, term in terms.items():
            text = text.replace(f"{{{name}}}", term)
    return re.compile(rf"\b(?:{text})\b")
