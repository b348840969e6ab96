"""What a look at an installation brings to light, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from limner.errors import Conflict, LimnerError


class State(StrEnum):
    OK = "ok"
    PROBLEM = "problem"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what the doctor says. ``subject`` is the id or the name of what it is about, "" for all."""

    check: str
    state: State
    text: str
    subject: str = ""


class NotFixed(Conflict):
    """It is still as it was: the message says why."""


@dataclass(frozen=True, slots=True)
class Ailment:
    """``fix`` repairs it and says what it did, or raises NotFixed; None where only a person can."""

    text: str
    subject: str = ""
    fix: Callable[[], str] | None = None

    def treat(self, check: str, may_fix: bool) -> Finding:
        if not (may_fix and self.fix):
            return Finding(check, State.PROBLEM, self.text, self.subject)
        try:
            return Finding(check, State.FIXED, f"{self.text}: {self.fix()}", self.subject)
        except LimnerError as error:
            return Finding(check, State.PROBLEM, f"{self.text}; not repaired: {error.message}", self.subject)


@dataclass(frozen=True, slots=True)
class Report:
    """Of one check: ``text`` is what it says when nothing ails."""

    text: str
    ailments: list[Ailment] = field(default_factory=list)
