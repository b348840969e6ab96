"""Whether a name means a new thing, or one that the prompt has named already.

Knows nouns and what is said of them, and not how a prompt is read (limner.nano.reading).
"""

from collections.abc import Sequence

from limner.nano.lexicon import ATTRIBUTES, COUNTS, Piece, Vocabulary
from limner.nano.sayings import Attributes, Noun, are_several


def is_adjective(pieces: Sequence[Piece], kinds: Sequence[str], k: int, vocabulary: Vocabulary) -> bool:
    """Whether a name is said of another thing, which it does not mean: "a mother duck", "a milk bottle"."""
    after = k + 1 + (pieces[k + 1].word == "@plural")
    is_named = kinds[after] in ("thing", "place", "background")
    return pieces[k].text in vocabulary.nearest and is_named and pieces[after].word != pieces[k].word


def new_noun(piece: Piece, said: Attributes) -> Noun:
    noun = Noun(piece.word, piece.text, said.count, said.size, said.colour, said.side)
    noun.is_plural, noun.is_emoji = said.is_plural and not said.count, said.is_emoji
    return noun


def renamed(
    last: Noun | None, between: Sequence[Piece], piece: Piece, said: Attributes, vocabulary: Vocabulary
) -> Noun | None:
    """The ``last`` thing, where a second name for it follows at once ("retriever puppy") or as what it holds
    ("cup of hot coffee"), with what is new about it; None where the name means another thing."""
    if last is None or last.name != piece.word or not is_run(between, vocabulary):
        return None
    last.colour = last.colour or said.colour
    last.size = last.size or said.size
    last.is_plural = last.is_plural or (said.is_plural and not last.count)
    last.text = piece.text if piece.text in vocabulary.drawn else last.text
    return last


def is_run(between: Sequence[Piece], vocabulary: Vocabulary) -> bool:
    """Whether two names are one: nothing but attributes between them after "of", or nothing at all."""
    words = [piece for piece in between if piece.word != "@plural"]
    return not words or (
        words[0].text == "of" and all(vocabulary.kind(piece.word) in ATTRIBUTES for piece in words[1:])
    )


def named_before(
    nouns: Sequence[Noun], piece: Piece, said: Attributes, vocabulary: Vocabulary
) -> Noun | None:
    """What was named already and is meant again, with what is new about it. A mother and her child are two,
    though one drawing has to do for both, and so are a cat and her kittens."""
    before = next((noun for noun in reversed(nouns) if noun.name == piece.word), None)
    if before is None:
        return None
    if said.is_emoji and before.is_emoji:
        before.count = COUNTS[min(COUNTS.index(before.count or "one") + 1, len(COUNTS) - 1)]
        return before
    has_other_name = piece.text != before.text
    is_other = (
        said.has_article
        or (has_other_name and not said.is_definite)
        or (has_other_name and piece.text in vocabulary.nearest)
        or (has_other_name and said.is_plural and not are_several(before))
        or (said.count and said.count != before.count)
        or (said.colour and before.colour and said.colour != before.colour)
    )
    if is_other and not said.is_emoji:
        return None
    before.colour = before.colour or said.colour
    before.size = before.size or said.size
    before.side = before.side or said.side
    return before
