"""What a prompt wants to have written, in quotes and without them."""

import pytest

from tests.models.test_tokenizer import tokens


@pytest.mark.parametrize(
    "written",
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
def test_quoted_text_is_kept_as_written_and_gets_a_sign(written: str) -> None:
    found = tokens(f"a red hat that says {written}")
    assert (found.quoted, found.left_out) == (("Two Words",), ())
    assert " ".join(found.words) == "red hat , sign"


def test_letters_stand_on_what_is_named_for_them_before_all_other_things() -> None:
    found = tokens('six cats, three dogs, a neon poster titled "JAZZ" and "NIGHT" and "LATE" in bold letters')
    assert " ".join(found.words) == "six cat , poster , style:neon"
    assert (found.quoted, found.typefaces) == (("JAZZ", "NIGHT"), ("bold",))
    assert found.left_out == ("LATE", "three dogs")


@pytest.mark.parametrize("prompt", ["it's a hat", "it\u2019s a hat", "the hat\u2019s", "hat '' hat", 'hat "'])
def test_apostrophes_and_empty_or_single_quotes_quote_nothing(prompt: str) -> None:
    found = tokens(prompt)
    assert (found.quoted, found.words) == ((), ("hat",))


@pytest.mark.parametrize(
    ("prompt", "written", "words"),
    [
        ("a birthday card with the words Happy Birthday", "Happy Birthday", "card"),
        ("a sign that says hello world on a beach", "hello world", "sign , place:beach"),
        ("a sign saying OPEN", "OPEN", "sign"),
        ("a t-shirt that says Keep Calm", "Keep Calm", "shirt , sign"),
        ("a movie poster titled The Lord of the Rings, dragon", "The Lord of the Rings", "poster , dragon"),
        ("a label reading Olive Oil on a bottle", "Olive Oil", "label on bottle"),
        ("a board with the text: Stop! next to a tree", "Stop!", "sign , tree"),
        ("a poster that says I love you and a heart", "I love you", "poster , heart"),
        ("a sign that says please do not feed the bears", "please do not feed the bears", "sign"),
        ("a sign that says keep calm and carry on", "keep calm and carry on", "sign"),
        ("a poster titled The Cat in the Hat", "The Cat in the Hat", "poster"),
        ("A Sign Saying Hello On A Beach At Sunset", "Hello", "sign , place:beach , light:dusk"),
        ('a sign that says "Hi" and another saying BYE', "Hi", "sign"),  # quotes say what is meant
    ],
)
def test_a_text_needs_no_quotes_where_the_prompt_says_that_it_is_one(
    prompt: str, written: str, words: str
) -> None:
    found = tokens(prompt)
    assert (found.quoted, " ".join(found.words)) == ((written,), words)


@pytest.mark.parametrize(
    "prompt",
    [
        "an owl reading a book",
        "AN OWL READING A BOOK",
        "A Penguin Reading In A Library",
        "a woman reading Harry Potter",
        "a fox is reading\nStyle: watercolor",
        'a poster that says "' + "the quick brown fox " * 4 + '"',
        "a robot saying goodbye",
        "a sign that says",
        "a sign that says, a cat",
        "a sign saying " + "A" * 61,
    ],
)
def test_what_is_no_text_is_not_written(prompt: str) -> None:
    assert tokens(prompt).quoted == ()
