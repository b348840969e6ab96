"""What the shipped list finds, and above all what it leaves alone."""

import time
import tomllib
from pathlib import Path

import pytest

from limner.errors import BadSettings
from limner.safety.wordlist import WordList, read_word_list

PROMPTS = tomllib.loads(Path(__file__).with_name("prompts.toml").read_text(encoding="utf-8"))
INNOCENT = PROMPTS["innocent"].strip().splitlines()
FOUND = PROMPTS["found"]


@pytest.fixture(scope="module")
def word_list() -> WordList:
    return read_word_list(None)


def categories(word_list: WordList, prompt: str) -> list[str]:
    return [finding.category for finding in word_list(prompt)]


@pytest.mark.parametrize("prompt", INNOCENT)
def test_an_innocent_prompt_passes(word_list: WordList, prompt: str) -> None:
    assert categories(word_list, prompt) == []


@pytest.mark.parametrize(
    ("category", "prompt"),
    [(category, prompt) for category, prompts in FOUND.items() for prompt in prompts.strip().splitlines()],
)
def test_an_unmistakable_prompt_is_found(word_list: WordList, category: str, prompt: str) -> None:
    assert categories(word_list, prompt)[0] == category


@pytest.mark.parametrize(
    "part", ["nude ", "naked a b c ", "n u d e ", "0a1", "little ", "gore-", "\u0301", "裸", "😀 ", "a"]
)
def test_the_longest_prompt_takes_no_time(word_list: WordList, part: str) -> None:
    prompt = (part * 10_000)[:10_000]
    started = time.process_time()
    word_list(prompt)
    assert time.process_time() - started < 0.5


def test_an_operator_can_add_words_categories_and_exceptions(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'innocent = ["gory details"]\n[brands]\nwords = ["Acme Corp"]\n[violence]\nwords = ["duel"]\n'
    )
    word_list = read_word_list(own)
    assert categories(word_list, "gory details of the acme-corp merger") == ["brands"]
    assert categories(word_list, "a duel at dawn, gory") == ["violence"]


@pytest.mark.parametrize(
    "content", ["[a", '[a]\nwords = "b"\nnonsense = 1', '[a]\npatterns = ["("]', "a = 1", "terms = 3", "\xff"]
)
def test_a_bad_list_is_refused_with_its_name(tmp_path: Path, content: str) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes(content.encode("latin-1"))
    with pytest.raises(BadSettings, match=r"own\.toml"):
        read_word_list(own)


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="nowhere"):
        read_word_list(tmp_path / "nowhere.toml")
