"""A prompt in the forms in which its words can be found, whatever they are disguised as.

Knows no word that is looked for.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping

# Marks that any letter may carry, and what is drawn as nothing: controls, fillers, variation selectors, tags.
_ACCENTS = r"\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_CONTROLS = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # but those that part words
_BLANKS = r"\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\ufe00-\ufe0f\ufff0-\ufff8\U000e0000-\U000e0fff"
_UNSEEN = re.compile(f"[{_ACCENTS}{_CONTROLS}{_BLANKS}]")
_FIRST_WITH_OWN_MARKS = "\u0590"  # Hebrew; the marks of what stands before it are _ACCENTS
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_SPELLED = re.compile(r"\b\w(?: \w){2,}\b")
_SPELLED_AFTER_ONE = re.compile(r"(?<=\b\w )\w(?: \w){2,}\b")  # "a n u d e": the first may be an article
_TOKEN = re.compile(r"\S+")


class Wording:
    """Undoes look-alike letters and signs in place of letters, by these two tables: sign to letter."""

    def __init__(self, alike: Mapping[str, str], leet: Mapping[str, str]) -> None:
        self._alike = str.maketrans(dict(alike))
        self._leet = str.maketrans(dict(leet))
        self._signs = frozenset(leet)

    def readings(self, text: str) -> list[str]:
        """As written, with look-alikes made Latin, with signs read as letters, and with spelled words joined,
        the first letter among them or not: lower case, one space between words, one at either end."""
        written = _shown(text)
        latin = written.translate(self._alike)
        leet = _TOKEN.sub(lambda token: self._letters(token[0]), latin)
        forms = [_words(form) for form in (written, latin, leet)]
        joined = [spelled.sub(_joined, forms[2]) for spelled in (_SPELLED, _SPELLED_AFTER_ONE)]
        return list(dict.fromkeys(forms + joined))

    def _letters(self, token: str) -> str:
        is_mixed = any(letter.isalpha() for letter in token) and not self._signs.isdisjoint(token)
        return token.translate(self._leet) if is_mixed else token


def _shown(text: str) -> str:
    """Compatibility forms, case, accents and invisible characters undone."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    seen = "".join(_seen(_UNSEEN.sub("", plain)))
    return unicodedata.normalize("NFC", seen.casefold())  # only now: of one mark it would make a letter


def _seen(text: str) -> Iterator[str]:
    """Its characters without those of format, and without the marks of other scripts that a Latin, Greek or
    Cyrillic letter has. On a letter of their own script they belong to it."""
    before = ""
    for letter in text:
        category = unicodedata.category(letter)
        if category == "Cf" or (category[0] == "M" and before < _FIRST_WITH_OWN_MARKS):
            continue
        before = letter
        yield letter


def _joined(spelled: re.Match[str]) -> str:
    return spelled[0].replace(" ", "")


def _words(text: str) -> str:
    spaced = _BETWEEN_WORDS.sub(" ", text).strip()
    return " " + _DRAWN_OUT.sub(r"\1", spaced) + " "
