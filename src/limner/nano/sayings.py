"""What a prompt says, once it is read: things, how they stand to each other, what is around them."""

from dataclasses import dataclass, field

from limner.nano.lexicon import Piece


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
