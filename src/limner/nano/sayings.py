"""What a prompt says, once it is read: things, how they stand to each other, what is around them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from limner.nano.lexicon import COUNTS, Piece


@dataclass(eq=False)
class Noun:
    """A thing that the prompt names, by identity: the same one however often it is named."""

    name: str
    text: str = ""  # as the prompt has it
    count: str = ""
    size: str = ""
    colour: str = ""
    side: str = ""  # "@left", "@right", "@top" or "@bottom" of the picture
    is_plural: bool = False  # with no number said
    is_emoji: bool = False

    @property
    def words(self) -> list[str]:
        return [word for word in (self.count, self.size, self.colour, self.name) if word]

    @property
    def is_bare_plural(self) -> bool:
        return self.is_plural and not self.count

    @property
    def written(self) -> str:
        return " ".join([*self.words[:-1], self.text or self.name])


@dataclass(frozen=True)
class Relation:
    """``first`` is left of (on, between, ...) ``second`` and, for "between", ``third``."""

    first: Noun
    word: str
    second: Noun
    third: Noun | None = None

    @property
    def nouns(self) -> tuple[Noun, ...]:
        return (self.first, self.second) if self.third is None else (self.first, self.second, self.third)


@dataclass(frozen=True)
class Named:
    """A place, light or style, as a word of the model and as the prompt has it."""

    word: str
    text: str
    tint: str = ""  # of a background


@dataclass
class Reading:
    """What a prompt says. ``against`` are words of phrases that it rules out."""

    nouns: list[Noun] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    places: list[Named] = field(default_factory=list)
    lights: list[Named] = field(default_factory=list)
    styles: list[Named] = field(default_factory=list)
    against: list[list[str]] = field(default_factory=list)
    typefaces: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def are_several(said: "Noun | Attributes") -> bool:
    """Whether more than one thing is meant, with or without a number."""
    return said.is_plural or said.count in COUNTS[1:]


def number_word(number: int) -> str:
    """Of several; one is not said."""
    return COUNTS[number - 1] if number > 1 else ""


@dataclass
class Attributes:
    """What was said of a thing before the thing itself."""

    count: str = ""
    size: str = ""
    colours: list[Piece] = field(default_factory=list)
    side: str = ""
    is_plural: bool = False
    is_emoji: bool = False
    is_definite: bool = False
    has_article: bool = False
    colourful: str = ""  # the word for it, as the prompt has it

    @property
    def colour(self) -> str:
        return self.colours[0].word if self.colours else ""

    def shared_out(self, colours: Sequence[str]) -> "list[Attributes]":
        """Of several things in several colours, what is said of each colour's share: "red, green and blue
        balloons" are three. Colourful ones are of these ``colours``, or, where they are more than those, of
        the first two alone: of three groups a composer that saw three things at most loses the third."""
        chosen = colours[: 2 if self.count in COUNTS[len(colours) :] else None] if self.colourful else ()
        shares = self.colours or [Piece(colour) for colour in chosen]
        number = COUNTS.index(self.count) + 1 if self.count else len(shares)
        if min(number, len(shares)) < 2 or not are_several(self):
            return [self]
        shares, rest = shares[:number], shares[number:]
        each, more = divmod(number, len(shares))
        one = replace(self, is_plural=False, colourful=self.colourful if self.colours else "")
        return [
            replace(one, colours=[colour, *rest], count=number_word(each + (k < more)))
            for k, colour in enumerate(shares)
        ]
