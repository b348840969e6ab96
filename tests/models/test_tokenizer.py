"""From a prompt to the words of the model, and to the list of those it does not know."""

import numpy as np
import pytest

from limner.nano.grid import TEXT_TOKENS
from limner.nano.sampler import text
from limner.nano.tokenizer import LONGEST_PHRASE, Tokenizer, Vocabulary
from training.export import page
from training.vocabulary import FILLERS

KNOWN = Vocabulary(
    words=("", "red", "apple", "hat", "sky", "night", "table", "left-of", "sign"),
    phrases={
        "crimson": "red",
        "apples": "apple",
        "top hat": "hat",
        "night sky": "night",
        "wooden table": "table",
        "to the left of": "left-of",
    },
    fillers=frozenset({"a", "an", "and", "at", "on", "the", "that", "says", "it's"}),
    things=("nothing", "sign", "apple", "hat"),
    colours=("natural", "red"),
)
TOKENIZER = Tokenizer(KNOWN)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a red apple on a wooden table", ("red", "apple", "table")),
        ("The NIGHT sky", ("night",)),  # the phrase, not the two words
        ("night, sky", ("night",)),  # a comma parts nothing
        ("sky night", ("sky", "night")),
        ("a hat to the left of crimson apples", ("hat", "left-of", "red", "apple")),
        ("\uff52\uff45\uff44 apple", ("red", "apple")),  # full-width letters are letters
    ],
)
def test_phrases_and_synonyms_become_the_words_of_the_model(prompt: str, words: tuple[str, ...]) -> None:
    tokens = TOKENIZER.tokenize(prompt)
    assert tokens.words == words
    assert tuple(KNOWN.words[index] for index in tokens.ids) == words
    assert tokens.left_out == ()


def test_fillers_are_silent_and_unknown_words_are_listed_once_in_their_order() -> None:
    tokens = TOKENIZER.tokenize("the zebra on a red moped, the moped on a quokka")
    assert tokens.words == ("red",)
    assert tokens.left_out == ("zebra", "moped", "quokka")


def test_words_of_other_scripts_are_named_too() -> None:
    assert TOKENIZER.tokenize("красное apple 猫 تفاحة").left_out == ("красное", "猫", "تفاحة")


@pytest.mark.parametrize("prompt", ["", "   ", ".", "\U0001f34e", "_ _", "\u202e"])
def test_a_prompt_without_words_says_nothing(prompt: str) -> None:
    tokens = TOKENIZER.tokenize(prompt)
    assert (tokens.words, tokens.quoted, tokens.left_out) == ((), (), ())


@pytest.mark.parametrize(
    "said",
    [
        '"Two Words"',
        "'Two Words'",
        "\u201cTwo Words\u201d",
        "\u2018Two Words\u2019",
        "\u201eTwo Words\u201c",
        "\u00abTwo Words\u00bb",
        '"Two   Words"',
    ],
)
def test_quoted_text_is_kept_as_written_and_gets_a_sign(said: str) -> None:
    tokens = TOKENIZER.tokenize(f"a red hat that says {said}")
    assert tokens.quoted == ("Two Words",)
    assert tokens.words == ("red", "hat", "sign")
    assert tokens.left_out == ()


def test_a_sign_that_is_there_gets_no_second_one() -> None:
    tokens = TOKENIZER.tokenize('a sign "ONE" a hat "TWO"')
    assert (tokens.words, tokens.quoted) == (("sign", "hat"), ("ONE", "TWO"))


@pytest.mark.parametrize("prompt", ["it's a hat", "it\u2019s a hat", "the hat\u2019s", "hat '' hat", '"'])
def test_apostrophes_and_empty_or_single_quotes_quote_nothing(prompt: str) -> None:
    assert TOKENIZER.tokenize(prompt).quoted == ()


def test_a_very_long_prompt_fills_the_text_and_no_more() -> None:
    ids = tuple([1, 2] * 100)
    assert text(ids).tolist() == [1, 2] * (TEXT_TOKENS // 2)
    assert np.array_equal(text(()), np.zeros(TEXT_TOKENS, np.int64))


def test_the_tables_that_are_exported_agree_with_each_other() -> None:
    tables = page("test")
    phrases, words = tables["phrases"], tables["words"]
    assert isinstance(phrases, dict)
    assert isinstance(words, list)
    assert {meaning for meaning in phrases.values() if meaning not in words} == set()
    assert {phrase for phrase in phrases if phrase.count(" ") >= LONGEST_PHRASE} == set()
    assert {word for word in words if word in FILLERS} == set()
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("prompt", "words", "left_out"),
    [
        ("a hat, an apple and a red hat at night", ("hat", "apple", "night"), ("red", "hat")),
        ("a hat and a red apple", ("hat", "red", "apple"), ()),
        ('a hat, an apple, and a sign that says "NO"', ("hat", "sign"), ("apple",)),
    ],
)
def test_what_one_picture_has_no_room_for_is_left_out(
    prompt: str, words: tuple[str, ...], left_out: tuple[str, ...]
) -> None:
    tokens = TOKENIZER.tokenize(prompt)
    assert (tokens.words, tokens.left_out) == (words, left_out)


def test_words_beyond_the_longest_text_are_left_out() -> None:
    tokens = TOKENIZER.tokenize("red " * TEXT_TOKENS + "sky")
    assert (len(tokens.words), tokens.left_out) == (TEXT_TOKENS, ("sky",))
