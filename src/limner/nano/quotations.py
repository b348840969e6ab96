"""What a prompt wants to have written: what stands in quotes, or else what follows on "that says".

Knows which words end a text without quotes, and not what the rest of the prompt means.
"""

import re
from collections.abc import Iterator, Sequence

from limner.nano.lexicon import Vocabulary, pieces

LONGEST = 60  # characters, in quotes or not
DOUBLE = '"\u201c\u201d\u201e\u00ab\u00bb'  # straight, English, German low, French
SINGLE = "'\u2018\u2019"  # straight, and the English pair, whose closing one is the apostrophe too
QUOTED = re.compile(
    rf"[{DOUBLE[:-1]}]([^{DOUBLE}]{{1,{LONGEST}}})[\"\u201c\u201d\u00bb]"
    rf"|(?<!\w)['\u2018]([^{SINGLE}]{{1,{LONGEST}}})['\u2019](?!\w)"
)
SAYS = re.compile(
    r"\b(?:(?:that|which) (?:says|reads)|saying|says|spelling|titled"
    r"|with the (?:words?|text|title|letters|message|slogan|inscription))\b:?\s+",
    re.IGNORECASE,
)
READS = re.compile(r"\b(?:reading|reads|labell?ed|with text)\b:?[ \t]+(?=[^\W\d_a-z])")  # before a capital
MOST_WORDS = 8
STOPS = ".,;:!?"
ENDS = frozenset({  # of a text, where a thing or a place comes after them
    "on", "in", "at", "by", "with", "under", "over", "above", "below", "near", "next", "beside", "behind",
    "before", "against", "and", "inside", "around", "between", "while", "where", "hanging", "standing",
})  # fmt: skip
PAINTED = ("thing", "place", "background")
ARTICLES = ("a", "an", "the")


def written_in(prompt: str, vocabulary: Vocabulary) -> tuple[list[str], str]:
    """The texts to be lettered, as they are written, and the prompt without them."""
    texts = [" ".join((a or b).split()) for a, b in QUOTED.findall(prompt)]
    quoted = [text for text in texts if text]
    rest = QUOTED.sub(" ", prompt)
    return (quoted, rest) if quoted else written_plainly(rest, vocabulary)


def written_plainly(prompt: str, vocabulary: Vocabulary) -> tuple[list[str], str]:
    """A text without quotes. Only capitals after a small "that says" are certain to be one; any other must
    have something to be written on before it: "a sign that says hello", and not "a man saying goodbye"."""
    said = SAYS.search(prompt)
    match = said or READS.search(prompt)
    if match is None or prompt[match.end() :][:1] in (*DOUBLE, *SINGLE):  # of too long a quotation
        return [], prompt
    before, after = prompt[: match.start()], prompt[match.end() :]
    is_title = match[0].islower() and not after[:1].islower()
    is_certain = said is not None and is_title
    if not is_certain and not any(piece.word in vocabulary.faces for piece in pieces(vocabulary, before)):
        return [], prompt
    words = list(re.finditer(r"\S+", after))
    run = list(run_of([word[0] for word in words], is_title, vocabulary))
    text = " ".join(run).rstrip(".,;:")
    return ([text], f"{before} {after[words[len(run) - 1].end() :]}") if text else ([], prompt)


def run_of(words: Sequence[str], is_title: bool, vocabulary: Vocabulary) -> Iterator[str]:
    """The words at the beginning that belong together: up to a stop, or to where the scene goes on."""
    room = LONGEST + 1
    for k, word in enumerate(words[:MOST_WORDS]):
        room -= len(word) + 1
        is_small = word in ENDS or (not is_title and word.lower() in ENDS)
        if room < 0 or (is_small and is_scene(words[k + 1 :], is_title, vocabulary)):
            return
        yield word
        if word[-1] in STOPS:
            return


def is_scene(words: Sequence[str], is_title: bool, vocabulary: Vocabulary) -> bool:
    """Whether what follows a small word, up to the next stop, is to be painted: "on a beach", and neither
    "and carry on" nor, in capitals, "in the Hat"."""
    named = next((word for word in words if word.lower() not in ARTICLES), "")
    if is_title and not named[:1].islower():
        return False
    (phrase, *_) = re.split(f"[{STOPS}]", " ".join(words), maxsplit=1)
    return any(vocabulary.kind(piece.word) in PAINTED for piece in pieces(vocabulary, phrase))
