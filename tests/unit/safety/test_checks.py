"""What becomes of findings: the modes, the thresholds, and checks that break."""

import numpy as np
import pytest

from limner.errors import BadSettings
from limner.runtime import build_runtime, load_safety_of
from limner.safety.checks import CheckFailed, Judgement, Mode, Rules, Safety
from limner.safety.finding import Finding
from limner.settings import Settings

PIXELS = np.zeros((8, 8, 3), np.uint8)
NOTHING = Judgement()


def judge(mode: Mode, *findings: Finding) -> Judgement:
    return Safety(Rules(mode), [lambda prompt: findings]).judge_prompt("x")


@pytest.mark.parametrize(
    ("mode", "finding", "judgement"),
    [
        (Mode.FILTER, Finding("hate"), Judgement("hate", "hate")),
        (Mode.FILTER, Finding("hate", 0.8), Judgement("hate", "hate")),
        (Mode.FILTER, Finding("hate", 0.79), Judgement("hate")),
        (Mode.FILTER, Finding("hate", 0.49), NOTHING),
        (Mode.FLAG, Finding("hate"), Judgement("hate")),
        (Mode.OFF, Finding("hate"), NOTHING),
        (Mode.FLAG, Finding("minors"), Judgement("minors", "minors")),
        (Mode.OFF, Finding("minors"), Judgement("minors", "minors")),
    ],
)
def test_mode_and_threshold_decide(mode: Mode, finding: Finding, judgement: Judgement) -> None:
    assert judge(mode, finding) == judgement


def test_what_is_filtered_is_named_before_what_is_flagged() -> None:
    findings = (Finding("violence", 0.6), Finding("hate", 0.9))
    assert judge(Mode.FILTER, *findings) == Judgement("hate", "hate")


def test_nothing_is_checked_of_pictures_by_default() -> None:
    assert load_safety_of(Settings()).judge_image(PIXELS) == NOTHING


def test_further_checks_are_found_by_name() -> None:
    safety = load_safety_of(Settings(prompt_checks="shouting", image_checks="red"))
    assert safety.judge_prompt("A RED APPLE").filtered_category == "shouting"
    assert safety.judge_prompt("a nude woman").filtered_category == "sexual"
    assert safety.judge_prompt("a red apple") == NOTHING
    assert safety.judge_image(PIXELS) == NOTHING
    assert safety.judge_image(PIXELS + np.uint8(255)).filtered_category == "red"


@pytest.mark.parametrize("name", ["broken", "nonsense"])
def test_a_check_that_breaks_lets_nothing_through(name: str) -> None:
    with pytest.raises(CheckFailed):
        load_safety_of(Settings(prompt_checks=name)).judge_prompt("a red apple")


def test_off_loads_no_further_checks() -> None:
    safety = load_safety_of(Settings(safety="off", prompt_checks="broken", image_checks="broken"))
    assert safety.judge_prompt("a nude woman") == NOTHING
    assert safety.judge_image(PIXELS) == NOTHING
    assert safety.judge_prompt("a nude child").filtered_category == "minors"


@pytest.mark.parametrize("setting", ["prompt_checks", "image_checks"])
def test_a_check_that_is_not_installed_is_a_bad_setting(setting: str) -> None:
    with pytest.raises(BadSettings, match="nobody"):
        build_runtime(Settings.model_validate({setting: "nobody"}))
