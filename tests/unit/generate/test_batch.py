"""Files of prompts: what is read from them, and how the journal goes on after anything."""

from pathlib import Path

import pytest

from limner.errors import InvalidInput
from limner.generate.batch import JOURNAL, Item, Journal, read_items

DEFAULTS = {"num_images": 1, "seed": None}


def items(text: str) -> list[Item]:
    return read_items(text.splitlines(), "prompts.txt", "google/imagen4", DEFAULTS)


def test_lines_are_prompts_or_json() -> None:
    first, second = items(
        'a red fox\n\n# not this\n{"prompt": "a hut", "seed": 5, "model": "google/imagen4-fast"}\n'
    )
    assert (first.number, first.prompt, first.model_id) == (1, "a red fox", "google/imagen4")
    assert first.inputs == {"prompt": "a red fox", **DEFAULTS}
    assert (second.number, second.prompt, second.model_id) == (2, "a hut", "google/imagen4-fast")
    assert second.inputs == {"prompt": "a hut", "num_images": 1, "seed": 5}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["prompts.txt", "no prompt"]),
        ("# only this", ["no prompt"]),
        ('a fox\n{"prompt": ', ["line 2", "JSON"]),
        ('{"seed": 1}', ["line 1", "prompt"]),
        ('{"prompt": " "}', ["line 1", "prompt"]),
        ('{"prompt": 7}', ["line 1", "prompt"]),
        ('{"prompt": "a", "width": 5}', ["line 1", "width", "aspect_ratio"]),
    ],
)
def test_what_cannot_be_read_is_named(text: str, words: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        items(text)
    assert all(word in refused.value.message for word in words)


def test_the_same_line_twice_is_two_items_wherever_they_stand() -> None:
    one, two, other = items("a fox\na fox\na hut")
    assert len({one.mark, two.mark, other.mark}) == 3
    assert [item.mark for item in items("a hut\na fox\na fox")] == [other.mark, one.mark, two.mark]


def test_the_journal_knows_what_was_made(tmp_path: Path) -> None:
    one, two = items("a fox\na hut")
    picture = tmp_path / "1.png"
    picture.write_bytes(b"x")
    Journal(tmp_path).note_made(one, [picture])
    again = Journal(tmp_path)
    assert (again.made(one), again.made(two)) == ([picture], None)
    picture.unlink()
    assert Journal(tmp_path).made(one) is None


def test_one_asks_under_the_same_key_until_it_failed(tmp_path: Path) -> None:
    one, two = items("a fox\na hut")
    journal = Journal(tmp_path)
    key = journal.key_of(one)
    assert key not in (journal.key_of(two), Journal(tmp_path / "elsewhere").key_of(one))
    assert Journal(tmp_path).key_of(one) == key
    journal.note_failed(one, "no")
    assert Journal(tmp_path).key_of(one) == journal.key_of(one) != key
    assert len(key) <= 255


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    one, two = items("a fox\na hut")
    journal = Journal(tmp_path)
    journal.note_made(one, [])
    key = journal.key_of(two)
    with (tmp_path / JOURNAL).open("a") as file:
        file.write('\n{"item": "abc", "ma')
    again = Journal(tmp_path)
    assert (again.made(one), again.key_of(two)) == ([], key)
    again.note_made(two, [])
    assert Journal(tmp_path).made(two) == []
