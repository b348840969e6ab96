"""The check of prompts by a classifier of texts."""

import math
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from limner.errors import BadSettings
from limner.runtime import load_safety_of
from limner.safety import checks
from limner.safety.options import CheckOptions
from limner.safety.prompt_classifier import load
from limner.settings import Settings
from tests.unit.safety.tiny_models import save_prompt_classifier

SURE = 1 / (1 + math.exp(-6))


def test_a_prompt_is_found_by_what_it_says(tmp_path: Path) -> None:
    check = load(CheckOptions(prompt_classifier=str(save_prompt_classifier(tmp_path))))
    for prompt, score in (("a lewd apple", SURE), ("a red apple", 1 - SURE)):
        (found,) = check(prompt)
        assert found.category == "sexual"
        assert found.score == pytest.approx(score, abs=1e-3)
    assert check("")[0].score < 0.5


def test_nothing_hides_at_the_end_of_a_long_prompt(tmp_path: Path) -> None:
    check = load(CheckOptions(prompt_classifier=str(save_prompt_classifier(tmp_path, positions=32))))
    assert check("red " * 400 + "lewd")[0].score > 0.99
    assert check("red " * 400)[0].score < 0.01


def test_it_is_asked_beside_the_word_list(tmp_path: Path) -> None:
    safety = load_safety_of(Settings(prompt_classifier=str(save_prompt_classifier(tmp_path))))
    assert safety.judge_prompt("a lewd apple").filtered_category == "sexual"
    assert safety.judge_prompt("a beheading of a man").filtered_category == "violence"
    assert not safety.judge_prompt("a red apple").is_flagged


def test_what_is_missing_is_said_when_it_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="needs prompt_classifier"):
        load_safety_of(Settings(prompt_checks="classifier"))
    folder = save_prompt_classifier(tmp_path)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(BadSettings, match=r"tokenizer\.json cannot be read"):
        load(CheckOptions(prompt_classifier=str(folder)))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(BadSettings, match=r"no tokenizer\.json"):
        load(CheckOptions(prompt_classifier=str(folder)))


def test_without_its_package_the_extra_is_named() -> None:
    missing = EntryPoint("classifier", "no_such_package_here:load", checks.PROMPT_CHECKS)
    with pytest.raises(BadSettings, match=r"needs the package no_such_package_here: install limner\[cl"):
        checks._load(missing, CheckOptions())
