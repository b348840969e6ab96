"""Kills a fleet 200 times under load, and does worse; then counts what was lost, billed twice, left held,
not told or spoilt. There must be none.

    python -m benchmarks.chaos --database postgresql --kills 200 --seed 1 [--trial kills --trial cut ...]

The kills and where they strike follow from the seed; what the processes were doing meanwhile does not.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator

from benchmarks.chaos import trials
from benchmarks.chaos.trials import ON_POSTGRESQL, ON_SQLITE, WEATHER, Report
from benchmarks.rig.table import print_table
from tests.chaos.places import DATABASES
from tests.chaos.points import REQUIRED

SHOWN_FAULTS = 20
LEAST_HITS = 10
KILLS = 200
SEED = 20261121
KILLS_TRIAL = "kills"


def main() -> None:
    asked = _arguments()
    reports = []
    for name in asked.trial or _trials_of(asked.database):
        report = _run(name, asked)
        reports.append(report)
        _print_done(report, asked.database, asked.seed)
    columns = (
        *("trial", "predictions", "rescues", "webhooks", "seconds", "failed"),
        *("lost", "billed twice", "left held", "untold", "spoilt", "other faults"),
    )
    print_table(f"What was left, on {asked.database}", columns, [_row(report) for report in reports])
    faults = [f"{report.name}: {fault}" for report in reports for fault in _faults(report)]
    for fault in faults[:SHOWN_FAULTS]:
        print(fault)
    sys.exit(bool(faults))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--database", choices=DATABASES, default=DATABASES[0])
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--trial", action="append", choices=(KILLS_TRIAL, *WEATHER))
    return parser.parse_args()


def _trials_of(database: str) -> Iterator[str]:
    yield KILLS_TRIAL
    for name in ON_SQLITE if database == "sqlite" else ON_POSTGRESQL:
        if name == "clock" and shutil.which("cc") is None:
            print("Clocks cannot be set here: there is no C compiler.")
        else:
            yield name


def _run(name: str, asked: argparse.Namespace) -> Report:
    trial = trials.kills(asked.kills, asked.seed) if name == KILLS_TRIAL else WEATHER[name]
    return trials.run(name, trial, asked.database, asked.seed)


def _print_done(report: Report, database: str, seed: int) -> None:
    rows = [[what, str(count)] for what, count in sorted(report.done.items(), key=lambda item: -item[1])]
    rows += [[f"never came by within 20 s: {what}", str(count)] for what, count in report.missed.items()]
    title = f"Chaos on {database}: {report.name}, seed {seed}"
    print_table(title, ("what was done", "times"), [*rows, ["all", str(report.done.total())]])
    print(f"\nProcesses ended with {dict(report.exits)}; answers were {dict(report.statuses)}.")


def _row(report: Report) -> list[str]:
    found = report.findings
    figures = [found.predictions, found.rescues, found.webhooks, round(report.seconds), found.failed]
    wrong = (found.lost, found.double_billed, found.held, found.untold, found.spoilt, found.other)
    return [report.name, *map(str, figures), *(str(len(faults)) for faults in wrong)]


def _faults(report: Report) -> list[str]:
    """A trial that never hit its points has shown nothing."""
    missing = []
    if report.name == KILLS_TRIAL and report.done.total() >= KILLS:
        few = [group for group in REQUIRED if report.done[group] < LEAST_HITS]
        missing = [f"{group}: hit {report.done[group]} times only" for group in few]
    return [*report.findings.faults, *missing]


if __name__ == "__main__":
    main()
