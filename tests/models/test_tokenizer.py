"""From a prompt to the words of the model: what belongs to what, what is not wanted, what is not known."""

import json
from random import Random

import pytest

from limner.nano.boxes import OBJECTS, TEXT_TOKENS
from limner.nano.lexicon import COUNTS, Vocabulary
from limner.nano.tokenizer import Tokenizer, Tokens
from training.kinds import NAMES
from training.page import page

VOCABULARY = Vocabulary.read(json.loads(json.dumps(page("test", {}))))
TOKENIZER = Tokenizer(VOCABULARY)


def said(prompt: str) -> str:
    return " ".join(tokens(prompt).words)


def tokens(prompt: str) -> Tokens:
    found = TOKENIZER.tokenize(prompt)
    assert tuple(VOCABULARY.words[index] for index in found.ids) == found.words
    return found


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a red apple on a wooden table", "red apple , place:table"),
        ("The STARRY night sky", "place:starry night"),  # the phrase, not its words
        ("crimson kittens", "three red cat"),
        ("two puppies", "two dog"),
        ("a T-shirt and a low-poly fox", "shirt , fox , style:low poly"),
        ("\uff52\uff45\uff44 apple", "red apple"),  # full-width letters are letters
        ("a photo of an oil painting of a cow", "cow , style:oil"),
        ("a cat in a snowy forest at dusk", "cat , place:forest , light:snowfall"),
        ("(masterpiece:1.2), best quality, (fox:1.3), forest", "fox , place:forest"),
        ("What would a robot look like in space?", "robot , place:space"),
        ("dog cat owl", "dog , cat , owl"),
        ("polar bear", "white teddy bear"),
    ],
)
def test_what_people_write_becomes_the_words_of_the_model(prompt: str, words: str) -> None:
    assert said(prompt) == words


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("an apple that is red", "red apple"),
        ("apple, red", "red apple"),
        ("The cat is black. The castle is big and grey.", "black cat , big grey castle"),
        ("a big, red balloon", "big red balloon"),
        ("a red, shiny balloon", "red balloon"),
        ("the house is blue, old car", "blue house , car"),
        ("a cat with green eyes and red fur", "red cat"),  # the eyes are not known
        ("a cat in a yellow kimono", "cat"),
        ("a mother duck with her ducklings", "duck , three duck"),
        ("a man made lake", "place:lake"),
        ("a red moped", "red motorcycle"),
        ("a red quokka on a car", "car"),  # the colour was the quokka's
        ("an orange cat and an orange", "orange cat , tangerine"),
        ("a black and white photo of a horse", "horse , style:black and white"),
        ("a rabbit, the background is pink", "rabbit , pink background"),
        ("a white background with a purple guitar", "purple guitar , white background"),
        ("a dark blue hat", "blue hat"),
    ],
)
def test_attributes_stay_with_their_thing(prompt: str, words: str) -> None:
    assert said(prompt) == words


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a dog to the left of a cat", "dog left of cat"),
        ("a dog on the right and a cat on the left", "dog right of cat"),
        ("On the left, a red car; on the right, a blue bus", "red car left of blue bus"),
        ("Behind the house, a tree", "tree behind house"),
        ("a cat between a dog and a rabbit", "cat between dog , rabbit"),
        ("a cake surrounded by strawberries", "cake surrounded by strawberry"),
        ("a cat wearing a hat", "hat on cat"),
        ("a giraffe with a bird on its back", "parrot on giraffe"),
        ("a cat on the table", "cat , place:table"),  # a place is no thing to stand on
        ("A cat and a dog. The cat is on the dog.", "cat on dog"),
    ],
)
def test_relations_are_read_however_they_are_put(prompt: str, words: str) -> None:
    assert said(prompt) == words


@pytest.mark.parametrize(
    ("prompt", "words", "left_out"),
    [
        ("3 apples", "three apple", ()),
        ("a pair of glasses and a couple of books", "glasses , two book", ()),
        ("a dozen roses", "six rose", ("more than six",)),
        ("100000000000000000000000 cats", "six cat", ("more than six",)),
        ("2 cats, 3 dogs, 4 mice", "two cat , three dog", ("four mice",)),
        ("six cats and mice", "six cat , two mouse", ()),  # as many as there is room for
        ("\U0001f34e\U0001f34e\U0001f34e", "three apple", ()),
        ("a cat \U0001f431", "cat", ()),  # the same cat
        ("\U0001f469\u200d\U0001f680", "astronaut", ()),
        ("The apples are on a book. The apples are red.", "three red apple on book", ()),
        ("two golden retriever puppies", "two dog", ()),  # two names, and none between them
        ("a cup of hot coffee", "coffee", ("hot",)),
        ("a bouquet of red roses and a rose", "three red rose , rose", ()),
        ("red, green and blue balloons", "red balloon , green balloon , blue balloon", ()),
        ("two red, green and blue balloons", "red balloon , green balloon", ("blue",)),
        ("five colourful kites", "three red kite , two yellow kite", ()),
        ("three brightly colored red kites", "three red kite", ("brightly colored",)),
        ("a colourful kite", "kite", ("colourful",)),
    ],
)
def test_counts_and_who_is_meant_again(prompt: str, words: str, left_out: tuple[str, ...]) -> None:
    found = tokens(prompt)
    assert (" ".join(found.words), found.left_out) == (words, left_out)


@pytest.mark.parametrize(
    ("prompt", "words", "against"),
    [
        ("a street with no people and without cars", "place:street", "doctor , car"),
        ("a cat without a hat on a table", "cat , place:table", "hat"),
        ("a car, not red", "car", "red"),
        ("a cat that isn't black", "cat", "black"),
        ("apples without leaves or roses", "three apple", "leaf , rose"),
        ("an owl instead of a red dog", "owl", "red dog"),
        ("a fox, not in the snow, in the desert", "fox , place:desert", "place:snow"),
    ],
)
def test_what_is_ruled_out_is_not_added(prompt: str, words: str, against: str) -> None:
    found = tokens(prompt)
    assert (" ".join(found.words), " ".join(found.against)) == (words, against)
    assert found.left_out == ()


def test_a_negative_prompt_means_the_same_with_and_without_a_no() -> None:
    positive = tokens("a cat without a hat")
    wanted = ["hat", ",", "dog"]
    for negative in ("dog", "no dog"):
        unwanted = TOKENIZER.unwanted(positive, tokens(negative))
        assert [VOCABULARY.words[index] for index in unwanted] == wanted


@pytest.mark.parametrize(
    ("negative", "wanted", "left_out"),
    [
        ("yellow", ["yellow"], ()),
        ("Orange", ["tangerine", ",", "orange"], ()),
        ("an orange", ["tangerine"], ()),
        ("Crimson, navy blue", ["red", ",", "blue"], ()),
        ("no dogs, green, grumpy", ["dog", ",", "green"], ("grumpy",)),
        ("a red car, purple", ["red", "car", ",", "purple"], ()),
    ],
)
def test_a_colour_alone_is_ruled_out_by_a_negative_prompt(
    negative: str, wanted: list[str], left_out: tuple[str, ...]
) -> None:
    found = TOKENIZER.tokenize_negative(negative)
    unwanted = TOKENIZER.unwanted(tokens("a key in a studio"), found)
    assert [VOCABULARY.words[index] for index in unwanted] == wanted
    assert found.left_out == left_out


@pytest.mark.parametrize(
    ("prompt", "words", "left_out"),
    [
        ("the quokka on a red quux, the quux", "", ("quokka", "red", "quux")),
        ("красное apple 猫 تفاحة", "apple", ("красное", "猫", "تفاحة")),
        ("a hand-knitted shiny hat", "hat", ("hand-knitted", "shiny")),
        ("a teapot in the kitchen in the rain", "teapot , place:kitchen", ("in the rain",)),
        ("a cat on the beach in space", "cat , place:beach", ("space",)),
        ("a black and white cat", "black cat", ("white",)),
        ("\U0001f9ff", "", ("\U0001f9ff",)),
    ],
)
def test_what_the_model_does_not_know_is_named(prompt: str, words: str, left_out: tuple[str, ...]) -> None:
    found = tokens(prompt)
    assert (" ".join(found.words), found.left_out) == (words, left_out)


@pytest.mark.parametrize("prompt", ["", "   ", ".", "_ _", "\u202e", "the of a", "no", "on on on", "between"])
def test_a_prompt_without_words_says_nothing(prompt: str) -> None:
    assert tokens(prompt) == Tokens((), ())


@pytest.mark.parametrize(
    ("prompt", "nearest"),
    [
        ("two leopards and a tiger", {"leopards": "tiger"}),
        ("a woman on a pony", {"woman": "doctor"}),  # a pony is a horse
        ("a cherry pie, \U0001f994", {"cherry pie": "cake"}),
        ("\U0001f406", {"\U0001f406": "tiger"}),
        ("a kid's cake", {}),  # nobody asked for a kid
        ("no leopards", {}),
        ("a mother and her child", {"mother": "doctor", "child": "doctor"}),  # who are two
        ("a milk bottle", {}),
        ("six cats, six leopards", {}),  # there was no room for them
    ],
)
def test_what_is_painted_as_the_nearest_thing_is_named(prompt: str, nearest: dict[str, str]) -> None:
    assert tokens(prompt).nearest == nearest


def test_however_much_is_said_it_fits_and_the_rest_is_named() -> None:
    colours = VOCABULARY.colours
    many = [f"a small {colours[k % len(colours)]} {name}" for k, name in enumerate(NAMES)]
    found = tokens(" on ".join(many) + ", in the forest in the fog, pencil sketch")
    assert len(found.words) <= TEXT_TOKENS
    assert found.words[-5:] == ("place:forest", ",", "light:fog", ",", "style:pencil")
    assert len([word for word in found.words if word in VOCABULARY.things]) <= OBJECTS
    assert len(found.left_out) > len(NAMES) / 2


@pytest.mark.parametrize("name", [*VOCABULARY.things[1:], *VOCABULARY.colours])
def test_each_word_of_the_model_stands_for_itself(name: str) -> None:
    expected = (name,) if name in VOCABULARY.things else (name, "hat")
    assert tokens(f"the {' '.join(expected)}").words == expected


def test_no_prompt_fails() -> None:
    r = Random(4)
    known = [*VOCABULARY.phrases, *VOCABULARY.emoji]
    odd = [
        ",",
        ".",
        "\n",
        '"',
        "'",
        "-",
        "(cat:1.2)",
        "0",
        "7",
        "quux",
        "\u00bd",
        "\u202e",
        "\x00",
        "\ud83d",
        "no",
        "red",
    ]
    for _ in range(150):
        prompt = " ".join(r.choice(r.choice((known, odd))) for _ in range(r.randrange(50)))
        found = tokens(prompt)
        assert len(found.ids) <= TEXT_TOKENS
        assert len(TOKENIZER.unwanted(found, found)) <= TEXT_TOKENS


@pytest.mark.parametrize("word", ["red ", '"a" ', "\U0001f34e", "x-"])
def test_a_prompt_of_any_length_is_read(word: str) -> None:
    assert len(tokens(word * 1000).ids) <= TEXT_TOKENS


def test_counts_are_the_vocabularys() -> None:
    assert [word for word in VOCABULARY.words if word in COUNTS] == list(COUNTS)


@pytest.mark.parametrize(
    ("prompt", "drawings"),
    [
        ("a poodle", {"dog": {1}}),
        ("two poodles and a cat", {"dog": {1}}),
        ("a dog", {}),
        ("a poodle and a dog", {}),  # which of the two is which nobody can tell: any will do
        ("a jeep next to a racing car", {"car": {1, 3}}),
        ("a policeman", {"police officer": {0, 2}}),
        ("\U0001f3ce\ufe0f on a street", {"car": {3}}),  # an emoji, with the sign that it is to be coloured
    ],
)
def test_a_narrow_name_says_which_drawing_is_meant(prompt: str, drawings: dict[str, set[int]]) -> None:
    assert tokens(prompt).drawings == drawings
