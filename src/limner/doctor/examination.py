"""All checks in their order, each by itself: one that cannot be made says so, and the next one is."""

from collections.abc import Callable, Iterator

from sqlalchemy.exc import DBAPIError

from limner.doctor import books, storage, surroundings, work
from limner.doctor.finding import Finding, Report, State
from limner.errors import LimnerError
from limner.runtime import Runtime

Check = tuple[str, Callable[[Runtime], Report]]


def _check_database(runtime: Runtime) -> Report:
    runtime.database.check()
    return Report(f"{runtime.database.engine.dialect.name} answers")


GROUND: tuple[Check, ...] = (("database", _check_database), ("schema", surroundings.check_schema))
"""Without these there is nothing to look at."""

IN_THE_DATABASE: tuple[Check, ...] = (
    ("accounts", books.check_rows),
    ("holds", books.check_holds),
    ("predictions", work.check_predictions),
    ("queue", work.check_queue),
    ("webhooks", work.check_deliveries),
)
"""What must be so at any time, whatever was killed: money and work that add up."""

AROUND: tuple[Check, ...] = (
    ("clock", surroundings.check_clock),
    ("storage", storage.check_probe),
    ("objects", storage.check_objects),
    ("engines", surroundings.check_engines),
)

# The dead are rescued first: most of what is stuck is theirs.
ALL: tuple[Check, ...] = (("workers", surroundings.check_workers), *IN_THE_DATABASE, *AROUND)


def examine(runtime: Runtime, may_fix: bool = False, checks: tuple[Check, ...] = ALL) -> Iterator[Finding]:
    """What the checks find, as they find it; with ``may_fix``, what could be repaired is."""
    for name, look in GROUND:
        findings = _findings(runtime, name, look, may_fix)
        yield from findings
        if any(one.state == State.PROBLEM for one in findings):
            return
    for name, look in checks:
        yield from _findings(runtime, name, look, may_fix)


def find_problems(runtime: Runtime) -> list[Finding]:
    """What of money and work does not add up. Repairs nothing."""
    return [one for one in examine(runtime, checks=IN_THE_DATABASE) if one.state == State.PROBLEM]


def _findings(runtime: Runtime, name: str, look: Callable[[Runtime], Report], may_fix: bool) -> list[Finding]:
    try:
        report = look(runtime)
    except LimnerError as error:
        return [Finding(name, State.PROBLEM, error.message)]
    except DBAPIError as error:
        first_line = (str(error.orig).splitlines() or [type(error).__name__])[0]
        return [Finding(name, State.PROBLEM, f"the database refuses: {first_line}")]
    if not report.ailments:
        return [Finding(name, State.OK, report.text)]
    return [ailment.treat(name, may_fix) for ailment in report.ailments]
