"""The table of phrases: every one means something that is there, and one thing only."""

import json

from limner.nano.lexicon import LONGEST_PHRASE
from limner.nano.weights import BUILT_IN
from training.emoji import EMOJI
from training.names import THINGS
from training.narrow_names import DRAWN, EMOJI_DRAWN
from training.page import page
from training.phrases import (
    contradictions,
    drawn_table,
    emoji_table,
    listed,
    nearest_names,
    phrase_table,
    plural,
    unknown_words,
)
from training.synonyms import LIGHT_NAMES, PLACE_NAMES, SHADES, STYLE_NAMES
from training.vocabulary import COLOURS, DRAWINGS, FACES, LIGHTS, MORE_DRAWINGS, STYLES, WORDS, drawings_of
from training.vocabulary import PLACE_NAMES as PLACES


def test_no_phrase_has_two_meanings_and_none_has_a_word_that_is_not_there() -> None:
    assert contradictions() == {}
    assert unknown_words() == set()


def test_phrases_are_written_as_the_tokenizer_cuts_prompts() -> None:
    for phrase in phrase_table():
        assert phrase == phrase.lower().strip()
        assert "-" not in phrase
        assert len(phrase.split(" ")) <= LONGEST_PHRASE


def test_every_word_that_training_draws_can_be_said() -> None:
    assert set(THINGS) == {*FACES, *DRAWINGS}
    assert set(SHADES) == set(COLOURS)
    assert set(PLACE_NAMES) == set(PLACES)
    assert set(LIGHT_NAMES) == set(LIGHTS[1:])
    assert set(STYLE_NAMES) == set(STYLES[1:])
    meant = {word for meaning in phrase_table().values() for word in meaning}
    assert set(WORDS) - meant - {"", ","} == set()


def test_things_are_known_in_the_plural() -> None:
    table = phrase_table()
    for many, thing in (
        ("mice", "mouse"), ("wolves", "wolf"), ("strawberries", "strawberry"), ("boxes", None),
        ("buses", "bus"), ("leaves", "leaf"),
        ("geese", "swan"), ("police cars", "police car"), ("snowmen", "snowman"),
        ("policewomen", "police officer"), ("loaves", "bread"),
    ):  # fmt: skip
        assert table.get(many) == (("@plural", thing) if thing else None)
    assert plural("sheep") is None
    assert table["glasses"] == ("glasses",)
    assert table["wine glasses"] == ("@plural", "glass")


def test_an_emoji_shows_one_thing() -> None:
    symbols = [symbol for shown in EMOJI.values() for symbol in shown]
    assert len(symbols) == len(set(symbols))
    assert {word for meaning in emoji_table().values() for word in meaning} <= set(WORDS)


def test_nothing_is_nearest_to_itself() -> None:
    table = phrase_table()
    names = {name for name in nearest_names() if name not in emoji_table()}
    assert names <= set(table) and not names & set(THINGS)
    assert {"leopard", "leopards", "polar bear", "cherry pie"} <= names and "pony" not in names


def test_a_narrow_name_means_drawings_that_its_thing_has() -> None:
    assert set(DRAWN) | set(EMOJI_DRAWN) <= set(MORE_DRAWINGS)
    table, emoji = phrase_table(), emoji_table()
    for thing, drawings in DRAWN.items():
        assert len(drawings) <= len(drawings_of(thing))
        for name in listed(",".join(drawings)):
            assert table[name][-1] == thing, name
    for thing, drawings in EMOJI_DRAWN.items():
        assert len(drawings) <= len(drawings_of(thing))
        assert {emoji[symbol] for symbol in "".join(drawings)} == {(thing,)}
    assert drawn_table()["poodles"] == [1]
    assert "dog" not in drawn_table()


def test_the_shipped_page_is_what_the_tables_of_training_say() -> None:
    shipped = json.loads((BUILT_IN / "model.json").read_text())
    told = json.loads(json.dumps(page(shipped["version"], {})))
    assert {name: shipped[name] for name in told} == told  # else: training.export --words
