"""A prompt's words as a person means them: which colour belongs to which thing, what stands where, what is
not wanted.

A small grammar, not a guess. The phrase table turns words without a meaning of their own into marks, which
are read here: "@the" and "@a" (determiners), "@it", "@is" (a colour after it belongs to what was named
before), "@and" (a phrase ends), "@or", "@end" (a sentence ends), "@joint" (any other small word), "@no",
"@wearing", "@on it", "@left" "@right" "@top" "@bottom" (of the picture), "@plural", "@emoji", "@beyond"
(more than can be counted), "@black and white", "@colourful".
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from limner.nano.lexicon import Piece, Vocabulary, follows_of, is_between, is_of_unknown
from limner.nano.mentions import is_adjective, named_before, new_noun, renamed
from limner.nano.sayings import Attributes, Named, Noun, Reading
from limner.nano.ties import WEARING, Ties

SIDES = ("@left", "@right", "@top", "@bottom")
MORE_THAN_SIX = "more than six"
BLACK_AND_WHITE = "@black and white"


class Reader:
    """Reads once, from left to right, looking ahead only to tell whether a thing follows its attributes."""

    def __init__(self, vocabulary: Vocabulary, pieces: Iterable[Piece]) -> None:
        self._vocabulary = vocabulary
        self._pieces = [piece for piece in pieces if piece.word or piece.text]
        self._kinds = [vocabulary.kind(piece.word) for piece in self._pieces]
        self._last: Noun | None = None  # the thing that was named last
        self._last_at = 0  # its piece
        self._follows = follows_of(self._pieces, self._kinds)
        self._at = 0
        self._reading = Reading()
        self._said = Attributes()
        self._ties = Ties(self._reading.relations, vocabulary.headwear)
        self._ruled_out = ""  # "": no; "next": what comes next; "done": what came, until the phrase ends
        self._is_fresh, self._has_noun, self._has_subject = True, False, False
        self._has_copula, self._saw_unknown, self._after_background = False, False, False

    def read(self) -> Reading:
        handlers: dict[str, Callable[[Piece], None]] = {
            "thing": self._thing, "colour": self._colour, "size": self._size, "count": self._count,
            "background": self._background, "place": self._place, "light": self._light, "style": self._style,
            "typeface": self._typeface, "relation": self._relation, "unknown": self._unknown,
            "mark": self._mark,
        }  # fmt: skip
        for at, piece in enumerate(self._pieces):
            self._at = at
            handlers[self._kinds[at]](piece)
            if piece.word not in ("@and", "@end", "@plural", "@emoji"):
                self._is_fresh = False
        return self._reading

    # --- Things -----------------------------------------------------------------------------------------

    def _thing(self, piece: Piece) -> None:
        if is_adjective(self._pieces, self._kinds, self._at, self._vocabulary):
            self._leave_out(piece.text)
            return
        said, self._said = self._said, Attributes()
        if self._ruled_out:
            self._rule_out(*filter(None, (said.colour, piece.word)))
            return
        shares = said.shared_out(self._vocabulary.colours[:6:2])  # red, yellow, blue
        noun = self._known(piece, said) if len(shares) == 1 else None
        for share in shares:
            self._leave_out(*(colour.text for colour in share.colours[1:]), share.colourful)
            self._last = noun or self._new(piece, share)
            self._ties.tie(self._last)
        self._last_at = self._at
        self._has_noun = self._has_subject = True
        self._has_copula = self._saw_unknown = self._after_background = False

    def _new(self, piece: Piece, said: Attributes) -> Noun:
        self._reading.nouns.append(new_noun(piece, said))
        return self._reading.nouns[-1]

    def _known(self, piece: Piece, said: Attributes) -> Noun | None:
        between = self._pieces[self._last_at + 1 : self._at]
        again = renamed(self._last, between, piece, said, self._vocabulary)
        return again or named_before(self._reading.nouns, piece, said, self._vocabulary)

    # --- What is said of things -------------------------------------------------------------------------

    def _noun_follows(self) -> bool:
        """Whether the attribute at hand belongs to a thing that comes after it."""
        return self._follows[self._at + 1]

    @property
    def _is_afterthought(self) -> bool:
        """Whether the colour at hand is that of the thing before it: "apple red, green pear"."""
        if self._last is None or self._last.colour or self._kinds[self._at - 1 : self._at] != ["thing"]:
            return False
        return self._kinds[self._at + 1] in ("colour", "count") or self._pieces[self._at + 1].word == "@and"

    @property
    def _subject(self) -> Noun | None:
        return self._last if self._has_subject else None

    @property
    def _described(self) -> Noun | None:
        """The thing that an attribute after it is said of ("apples that are red"; "apple, red")."""
        is_said = self._has_copula or not self._said.has_article
        return self._last if is_said and not self._after_background else None

    def _colour(self, piece: Piece) -> None:
        noun, thing = self._described, self._vocabulary.nouns.get(piece.word)
        if self._noun_follows() and not self._is_afterthought:
            self._said.colours.append(piece)
        elif self._ruled_out:
            self._rule_out(piece.word)
        elif self._has_copula and self._after_background:
            self._tint(piece)
        elif thing and not self._has_copula and (self._is_fresh or self._said != Attributes()):
            self._thing(Piece(thing, piece.text))
        elif not noun or noun.colour or is_of_unknown(self._pieces, self._kinds, self._at, self._has_copula):
            self._leave_out(piece.text)
        else:
            noun.colour = piece.word

    def _tint(self, piece: Piece) -> None:
        """ "The background is blue"; the sky cannot be helped."""
        place = self._reading.places[-1]
        if place.word != "background" or place.tint:
            self._leave_out(piece.text)
            return
        self._reading.places[-1] = replace(place, tint=piece.word)

    def _size(self, piece: Piece) -> None:
        noun = self._described
        if self._noun_follows():
            self._said.size = self._said.size or piece.word
        elif noun and not noun.size and not self._ruled_out:
            noun.size = piece.word
        elif not self._ruled_out:
            self._leave_out(piece.text)

    def _count(self, piece: Piece) -> None:
        if self._noun_follows():
            self._said.count = piece.word
        elif piece.word != "one":  # "the red one"
            self._leave_out(piece.text)

    def _beyond(self) -> None:
        self._leave_out(MORE_THAN_SIX if self._said.count else "")

    def _colourful(self, text: str) -> None:
        if self._noun_follows():
            self._said.colourful = text
        else:
            self._leave_out(text)

    def _black_and_white(self) -> None:
        noun = self._described if self._has_copula else None
        if self._noun_follows():
            self._said.colours.append(Piece("black", "black"))
            self._leave_out("white")
        elif noun and not noun.colour:
            noun.colour = "black"
            self._leave_out("white")
        else:
            self._style(Piece("style:black and white", "black and white"))

    # --- What is around them ----------------------------------------------------------------------------

    def _place(self, piece: Piece) -> None:
        self._around(self._reading.places, Named(piece.word, piece.text))
        self._ties.drop()
        self._has_copula, self._after_background = False, bool(self._reading.places)

    def _background(self, piece: Piece) -> None:
        tint = self._said.colour
        self._said = Attributes()
        if self._ruled_out:
            self._rule_out(*filter(None, (tint, piece.word)))
            return
        if tint or self._kinds[max(self._at - 1, 0)] != "place":  # "forest background" is a forest
            self._reading.places.append(Named(piece.word, piece.text, tint))
        self._ties.drop()
        self._has_copula, self._after_background = False, True

    def _light(self, piece: Piece) -> None:
        self._around(self._reading.lights, Named(piece.word, piece.text))

    def _style(self, piece: Piece) -> None:
        self._around(self._reading.styles, Named(piece.word, piece.text))

    def _around(self, where: list[Named], named: Named) -> None:
        self._rule_out(named.word) if self._ruled_out else where.append(named)

    def _typeface(self, piece: Piece) -> None:
        self._reading.typefaces.append(piece.word.partition(":")[2])

    def _relation(self, piece: Piece) -> None:
        self._part()
        if not self._ruled_out:
            self._ties.wait(piece.word, self._subject)

    def _unknown(self, piece: Piece) -> None:
        if self._ruled_out:  # what is not known is not painted: there is nothing to rule out
            self._ruled_out = "done"
            return
        self._saw_unknown = True
        self._leave_out(piece.text)

    # --- Marks ------------------------------------------------------------------------------------------

    def _mark(self, piece: Piece) -> None:
        mark = piece.word
        if mark in SIDES:
            self._side(mark)
        elif mark == "@plural":
            self._said.is_plural = True
        elif mark == "@emoji":
            self._said.is_emoji = True
        elif mark == "@colourful":
            self._colourful(piece.text)
        else:
            {
                "@a": self._article, "@the": self._definite, "@it": self._pronoun, "@is": self._copula,
                "@and": self._and, "@or": self._or, "@end": self._end, "@joint": self._part, "@no": self._no,
                "@wearing": self._wearing, "@on it": self._on_it, "@beyond": self._beyond,
                BLACK_AND_WHITE: self._black_and_white,
            }[mark]()  # fmt: skip

    def _side(self, mark: str) -> None:
        if self._last and self._has_noun:
            self._last.side = self._last.side or mark
        else:
            self._said.side = mark

    def _article(self) -> None:
        self._part()
        self._said.has_article = True

    def _definite(self) -> None:
        self._part()
        self._said.is_definite = True

    def _pronoun(self) -> None:
        self._part()
        self._has_subject = True

    def _copula(self) -> None:
        self._part()
        self._has_copula = self._has_subject = True

    def _part(self) -> None:
        """A small word: what an unknown noun had before it was not meant for the next thing."""
        if self._ruled_out == "done":
            self._ruled_out = ""
        if self._saw_unknown:
            self._ties.part()
            self._saw_unknown = False
            self._said = Attributes(side=self._said.side)

    def _and(self) -> None:
        self._part()
        if is_between(self._pieces, self._kinds, self._at) and (self._said.size or self._said.colour):
            return  # between two attributes
        self._ties.phrase(self._has_noun)
        self._said = Attributes(side=self._said.side)
        self._is_fresh, self._has_noun = True, False

    def _or(self) -> None:
        if self._ruled_out == "done":
            self._ruled_out = "next"
        else:
            self._and()

    def _end(self) -> None:
        self._ties.drop()
        self._said, self._ruled_out = Attributes(), ""
        self._is_fresh, self._has_noun, self._has_subject = True, False, False
        self._has_copula = self._saw_unknown = False

    def _no(self) -> None:
        self._part()
        self._ruled_out = "next"

    def _wearing(self) -> None:
        self._part()
        if self._subject:
            self._ties.wait(WEARING, self._subject)

    def _on_it(self) -> None:
        nouns = self._reading.nouns
        if len(nouns) > 1 and self._last is nouns[-1]:
            self._ties.put_on(nouns[-1], nouns[-2])

    def _rule_out(self, *words: str) -> None:
        self._reading.against.append(list(words))
        self._said, self._ruled_out = Attributes(), "done"

    def _leave_out(self, *texts: str) -> None:
        self._reading.left_out += [text for text in texts if text]
