"""Whether a prompt is worked on and a picture handed out: asks the checks, and applies the thresholds.

Checks are found by entry point. A check that breaks lets nothing through. Knows neither predictions nor
engines.
"""

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from limner.errors import BadSettings, Unavailable
from limner.safety.finding import Finding, ImageCheck, Pixels, PromptCheck
from limner.safety.options import CheckOptions
from limner.safety.wordlist import read_word_list

PROMPT_CHECKS = "limner.prompt_checks"
IMAGE_CHECKS = "limner.image_checks"
NEVER = "minors"  # filtered whatever the mode
FILTERED_TEXT = "Content is filtered due to unknown reasons"  # the product page's, word for word


class CheckFailed(Unavailable):
    """A check raised, or returned what is no finding: nobody knows what the content is."""


class Mode(StrEnum):
    FILTER = "filter"  # what is found is not made, or not handed out
    FLAG = "flag"  # it is named, and handed out
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Rules:
    """What becomes of findings; a score below its threshold counts for nothing."""

    mode: Mode = Mode.FILTER
    flag_threshold: float = 0.5
    filter_threshold: float = 0.8


@dataclass(frozen=True, slots=True)
class Judgement:
    """Empty where there is nothing to say; what is filtered is flagged too."""

    flagged_category: str = ""
    filtered_category: str = ""

    @property
    def is_flagged(self) -> bool:
        return bool(self.flagged_category)

    @property
    def is_filtered(self) -> bool:
        return bool(self.filtered_category)


class Safety:
    """One worker's checks, loaded."""

    def __init__(
        self, rules: Rules, prompt_checks: Sequence[PromptCheck], image_checks: Sequence[ImageCheck] = ()
    ) -> None:
        self._rules = rules
        self._prompt_checks = prompt_checks
        self._image_checks = image_checks

    @property
    def checks_images(self) -> bool:
        return bool(self._image_checks)

    def judge_prompt(self, prompt: str) -> Judgement:
        """Raises CheckFailed."""
        return self._judge(_findings(self._prompt_checks, prompt))

    def judge_image(self, pixels: Pixels) -> Judgement:
        """Raises CheckFailed."""
        return self._judge(_findings(self._image_checks, pixels))

    def _judge(self, findings: Sequence[Finding]) -> Judgement:
        rules = self._rules
        filtered = [
            one.category
            for one in findings
            if one.score >= rules.filter_threshold and (rules.mode is Mode.FILTER or one.category == NEVER)
        ]
        flagged = [
            one.category
            for one in findings
            if one.score >= min(rules.flag_threshold, rules.filter_threshold) and rules.mode is not Mode.OFF
        ]
        return Judgement(next(iter(filtered + flagged), ""), next(iter(filtered), ""))


def load_safety(
    rules: Rules,
    own_list: Path | None,
    prompt_checks: Sequence[str],
    image_checks: Sequence[str],
    options: CheckOptions | None = None,
) -> Safety:
    """With the checks of these names, beside the word list. Raises BadSettings, and what loading raises."""
    word_list = read_word_list(own_list)
    if rules.mode is Mode.OFF:
        return Safety(rules, [word_list])
    options = options or CheckOptions()
    further = [_load(_find(PROMPT_CHECKS, name), options) for name in prompt_checks]
    of_images = [_load(_find(IMAGE_CHECKS, name), options) for name in image_checks]
    return Safety(rules, [word_list, *further], of_images)


def require_checks(own_list: Path | None, prompt_checks: Iterable[str], image_checks: Iterable[str]) -> None:
    """Raises BadSettings for a list that cannot be read or a check that is not installed; loads none."""
    if own_list is not None:
        read_word_list(own_list)
    for group, names in ((PROMPT_CHECKS, prompt_checks), (IMAGE_CHECKS, image_checks)):
        for name in names:
            _find(group, name)


def _find(group: str, name: str) -> EntryPoint:
    found = entry_points(group=group, name=name)
    if not found:
        raise BadSettings(f"there is no check named {name!r} installed (entry points {group})")
    return next(iter(found))


def _load(found: EntryPoint, options: CheckOptions) -> Any:
    """A loader that takes an argument is handed what the operator has chosen for our own checks."""
    try:
        loader = found.load()
    except ImportError as error:
        raise BadSettings(
            f"the check {found.name!r} needs the package {error.name}: install limner[classifiers]"
        ) from error
    return loader(options) if inspect.signature(loader).parameters else loader()


def _findings(checks: Sequence[Any], content: Any) -> list[Finding]:
    findings: list[Finding] = []
    for check in checks:
        try:
            findings += [_checked(one) for one in check(content)]
        except Exception as error:  # of whatever kind: it is anybody's code
            raise CheckFailed("The safety check could not be made.") from error
    return findings


def _checked(finding: Finding) -> Finding:
    if not (0 <= finding.score <= 1 and finding.category):  # also refuses NaN
        raise ValueError(f"not a finding: {finding}")
    return finding
