"""The trials: each does one thing to a fleet under load, again and again, and tells what is left of its
promises.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from limner.pulse import EXIT_TAKEN_FOR_DEAD
from tests.chaos import weather
from tests.chaos.audit import Findings
from tests.chaos.places import Place, place
from tests.chaos.storm import Storm, schedule, storm

RESTARTS = 20
CUTS, CUT_SECONDS = 2, 10.0
REFUSALS_SECONDS, REFUSED_SHARE = 30.0, 0.2
FREEZES = 3
FULL_DISKS, FULL_SECONDS = 3, 6.0
JUMPS, JUMP_SECONDS = 8, 120.0  # what was to be tried again when a clock was ahead is tried that much later


@dataclass
class Report:
    """What was done, how often, and what came of it."""

    name: str
    findings: Findings
    seconds: float
    done: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    exits: Counter[int] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)


Trial = Callable[[Storm, Place, random.Random], None]


def run(name: str, trial: Trial, database: str, seed: int) -> Report:
    """In a place of its own."""
    with place(database, seed, is_small=trial is full_disk) as there:
        library = weather.build_clock(there.folder) if trial is clock_jumps else None
        own = []
        if library is not None:
            own = [weather.clock_variables(library, there.folder / f"clock-{k}") for k in range(5)]
            for k in range(5):
                weather.set_clock(there.folder / f"clock-{k}", 0)
        with storm(
            there.folder, there.database_url, seed, own_settings=own, settings=there.settings
        ) as fleet_in:
            trial(fleet_in, there, random.Random(seed))
            findings = fleet_in.come_to_rest()
            return _report(name, fleet_in, findings)


def _report(name: str, within: Storm, findings: Findings) -> Report:
    seconds = time.monotonic() - within.started
    exits = Counter(code for member in within.fleet.members for code in member.exit_codes)
    statuses: Counter[int] = Counter()
    for customer in within.customers:
        statuses += customer.notes.statuses
    return Report(name, findings, seconds, within.struck, within.missed, exits, statuses)


def kills(count: int, seed: int) -> Trial:
    def trial(within: Storm, there: Place, chance: random.Random) -> None:
        for one in schedule(seed, count):
            within.kill(one)

    return trial


def restarts_of_the_database(within: Storm, there: Place, chance: random.Random) -> None:
    assert there.server is not None, "SQLite has no server"
    for _ in range(RESTARTS):
        weather.restart_database(within.fleet, there.server, chance)
        within.struck["restarts of PostgreSQL"] += 1


def cut_connections(within: Storm, there: Place, chance: random.Random) -> None:
    assert there.wire is not None, "SQLite has no connection"
    for _ in range(CUTS):
        weather.last(within.fleet, chance.uniform(2, 4))
        weather.cut_database(within.fleet, there.wire, CUT_SECONDS)
        within.struck[f"cuts of {CUT_SECONDS:g} s"] += 1


def refused_puts(within: Storm, there: Place, chance: random.Random) -> None:
    assert there.store is not None, "a disk refuses nothing by chance"
    weather.refuse_puts(within.fleet, there.store, REFUSED_SHARE, REFUSALS_SECONDS)
    within.struck["puts refused"] = there.store.refused
    within.struck["requests let through"] = there.store.passed


def frozen_workers(within: Storm, there: Place, chance: random.Random) -> None:
    for _ in range(FREEZES):
        code = weather.freeze(within.fleet, within.records)
        within.struck["freezes longer than the lease"] += 1
        within.struck["of these ended as taken for dead"] += int(code == EXIT_TAKEN_FOR_DEAD)


def full_disk(within: Storm, there: Place, chance: random.Random) -> None:
    for _ in range(FULL_DISKS):
        weather.last(within.fleet, chance.uniform(2, 4))
        weather.fill_disk(within.fleet, there.folder, FULL_SECONDS)
        within.struck[f"{FULL_SECONDS:g} s without room"] += 1


def clock_jumps(within: Storm, there: Place, chance: random.Random) -> None:
    """On SQLite all processes are on one host, and have one clock; on PostgreSQL each has its own."""
    clocks = sorted(there.folder.glob("clock-*"))
    assert clocks, "this needs a compiler"
    for _ in range(JUMPS):
        together = chance.uniform(-JUMP_SECONDS, JUMP_SECONDS)
        for clock in clocks:
            ahead = chance.uniform(-JUMP_SECONDS, JUMP_SECONDS) if there.server else together
            weather.set_clock(clock, ahead)
        within.struck["jumps of up to 2 minutes, either way"] += 1
        weather.last(within.fleet, chance.uniform(2, 4))
    for clock in clocks:
        weather.set_clock(clock, 0)


WEATHER: dict[str, Trial] = {
    "restarts": restarts_of_the_database,
    "cut": cut_connections,
    "puts": refused_puts,
    "freeze": frozen_workers,
    "disk": full_disk,
    "clock": clock_jumps,
}
ON_SQLITE = ("freeze", "disk", "clock")
ON_POSTGRESQL = ("restarts", "cut", "puts", "freeze", "clock")
