"""A prompt in the forms in which its words can be found, whatever they are disguised as.

Knows no word that is looked for.
"""

import re
import unicodedata
from collections.abc import Mapping

_ACCENTS = dict.fromkeys(range(0x300, 0x370))  # combining marks; other scripts' marks belong to the letter
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_SPELLED = re.compile(r"\b\w(?: \w){2,}\b")
_TOKEN = re.compile(r"\S+")


class Wording:
    """Undoes look-alike letters and signs in place of letters, by these two tables: sign to letter."""

    def __init__(self, alike: Mapping[str, str], leet: Mapping[str, str]) -> None:
        self._alike = str.maketrans(dict(alike))
        self._leet = str.maketrans(dict(leet))
        self._signs = frozenset(leet)

    def readings(self, text: str) -> list[str]:
        """As written, with look-alikes made Latin, with signs read as letters, and with spelled words joined:
        lower case, one space between words, one at either end."""
        written = _shown(text)
        latin = written.translate(self._alike)
        leet = _TOKEN.sub(lambda token: self._letters(token[0]), latin)
        forms = [_words(form) for form in (written, latin, leet)]
        forms.append(_SPELLED.sub(lambda spelled: spelled[0].replace(" ", ""), forms[2]))
        return list(dict.fromkeys(forms))

    def _letters(self, token: str) -> str:
        is_mixed = any(letter.isalpha() for letter in token) and not self._signs.isdisjoint(token)
        return token.translate(self._leet) if is_mixed else token


def _shown(text: str) -> str:
    """Compatibility forms, case, accents and invisible characters undone."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = unicodedata.normalize("NFD", folded).translate(_ACCENTS)
    seen = (letter for letter in bare if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", "".join(seen))


def _words(text: str) -> str:
    spaced = _BETWEEN_WORDS.sub(" ", text).strip()
    return " " + _DRAWN_OUT.sub(r"\1", spaced) + " "
