"""Ties things to each other while a prompt is read: a relation waits until both its things are named."""

from dataclasses import replace

from limner.nano.sayings import Noun, Relation

WEARING, AND = "wearing", "and"


class Ties:
    """The relation that waits, at most one. What is tied goes into ``relations``."""

    def __init__(self, relations: list[Relation], headwear: frozenset[str]) -> None:
        self._relations = relations
        self._headwear = headwear
        self._link: tuple[str, Noun] | None = None  # waits for its second thing
        self._inverted = ""  # came before both its things ("behind the house, a tree")
        self._second: tuple[str, Noun] | None = None  # such a one, and the first thing that was named

    def wait(self, word: str, subject: Noun | None) -> None:
        if subject:
            self._link = (word, subject)
        else:
            self._inverted = word

    def tie(self, noun: Noun) -> None:
        """A thing is named: what waited for it has it now."""
        if self._second:
            word, other = self._second
            self._relations.append(Relation(noun, word, other))
            self._second = None
        elif self._link:
            (word, first), self._link = self._link, None
            self._link_to(noun, word, first)
        elif self._inverted:
            self._second, self._inverted = (self._inverted, noun), ""

    def _link_to(self, noun: Noun, word: str, first: Noun) -> None:
        if word == AND:
            self._relations[-1] = replace(self._relations[-1], third=noun)
        elif word != WEARING:
            self._relations.append(Relation(first, word, noun))
        elif noun.name in self._headwear:
            self.put_on(noun, first)

    def put_on(self, upper: Noun, lower: Noun) -> None:
        self._relations.append(Relation(upper, "on", lower))

    def phrase(self, has_noun: bool) -> None:
        """A phrase ends; "between a dog" waits for another."""
        last = self._relations[-1] if self._relations else None
        is_between = last is not None and last.word == "between" and last.third is None
        self._link = (AND, last.first) if last and is_between and has_noun else None

    def part(self) -> None:
        """What waited got a thing that nobody knows."""
        self._link = None

    def drop(self) -> None:
        """The sentence ends, or a place came where a thing was awaited."""
        self._link, self._inverted, self._second = None, "", None
