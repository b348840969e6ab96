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
READS = re.compile(r"\b(?i:reading|reads|labell?ed|with text)\b:?\s+(?=[^\W\d_a-z])")  # before a capital
MOST_WORDS = {True: 6, False: 3}  # of a text that begins with a capital, and of one that does not
ENDS = frozenset({
    "a", "an", "the", "on", "in", "at", "by", "with", "under", "over", "above", "below", "near", "next",
    "beside", "behind", "before", "against", "and", "from", "into", "onto", "inside", "around", "between",
    "while", "where", "which", "that", "it", "its", "hanging", "standing",
})  # fmt: skip


def written_in(prompt: str, vocabulary: Vocabulary) -> tuple[list[str], str]:
    """The texts to be lettered, as they are written, and the prompt without them."""
    texts = [" ".join((a or b).split()) for a, b in QUOTED.findall(prompt)]
    quoted = [text for text in texts if text]
    rest = QUOTED.sub(" ", prompt)
    return (quoted, rest) if quoted else written_plainly(rest, vocabulary)


def written_plainly(prompt: str, vocabulary: Vocabulary) -> tuple[list[str], str]:
    """A text without quotes. In small letters it is one only where something to write on was named before:
    "a sign that says hello", and not "a man saying goodbye"."""
    match = SAYS.search(prompt) or READS.search(prompt)
    if match is None:
        return [], prompt
    before, after = prompt[: match.start()], prompt[match.end() :]
    is_title = not after[:1].islower()
    if not is_title and not any(piece.word in vocabulary.faces for piece in pieces(vocabulary, before)):
        return [], prompt
    run = list(run_of(after.split(), is_title))
    rest = re.sub(r"\s*".join(map(re.escape, run)), " ", after, count=1)
    text = " ".join(run).rstrip(".,;:")
    return ([text], f"{before} {rest}") if 0 < len(text) <= LONGEST else ([], prompt)


def run_of(words: Sequence[str], is_title: bool) -> Iterator[str]:
    """The words at the beginning that belong together: up to a stop, or to a small word before no capital."""
    for k, word in enumerate(words[: MOST_WORDS[is_title]]):
        is_inside = is_title and k and words[k + 1 : k + 2] and not words[k + 1][0].islower()
        if word in ENDS and not is_inside:
            return
        yield word
        if word[-1] in ".,;:!?":
            return
