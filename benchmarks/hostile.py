"""What do ten thousand hostile requests do to a server? It must refuse them in good order, tell nothing,
keep its size, and owe nothing afterwards.

    python -m benchmarks.hostile [COUNT] [SEED] [POSTGRESQL_URL]

They go to a server on the loopback that the benchmark starts, from 12 connections at a time.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.rig.table import print_table
from tests.contract.hostile.crowd import crowd
from tests.contract.hostile.siege import Siege, Tally, besieged
from tests.contract.hostile.slow import Outcome, slow_clients

COUNT = 10_000
SEED = 1
OUTCOMES = ("accepted", "refused", "unanswered", "failed")
SHOWN_FAULTS = 20
SLOW_OF_EACH = 10
CROWDS = 20
MIB = 1 << 20


def main(count: int = COUNT, seed: int = SEED, database_url: str = "") -> None:
    ground = {"LIMNER_DATABASE_URL": database_url} if database_url else {}
    with tempfile.TemporaryDirectory() as folder, besieged(Path(folder), ground) as siege:
        before = siege.resident_bytes()
        started = time.monotonic()
        tally = siege.attack(seed, count)
        seconds = time.monotonic() - started
        print_outcomes(tally)
        print_slow(slow_clients(siege.server.origin, siege.target, SLOW_OF_EACH))
        with siege.server.client(siege.target.key) as attacker:
            tally.faults += crowd(attacker, seed, CROWDS)
        print_cost(siege, tally, before, seconds)
        siege.check_aftermath()
    print("Afterwards it lives, nothing is held, nothing is lost, no key is in its files.")
    for fault in tally.faults[:SHOWN_FAULTS]:
        print(fault)
    sys.exit(bool(tally.faults))


def print_outcomes(tally: Tally) -> None:
    """ "Failed" ones are counted under what came of them too."""
    families = sorted({family for family, _ in tally.outcomes})
    rows = [[family, *_figures(tally, {family})] for family in families]
    rows.append(["all", *_figures(tally, set(families))])
    print_table("Hostile requests", ("family", "tried", *OUTCOMES), rows)


def _figures(tally: Tally, families: set[str]) -> list[str]:
    sums = [sum(tally.outcomes[family, outcome] for family in families) for outcome in OUTCOMES]
    return [str(sum(sums[:-1])), *map(str, sums)]


def print_slow(outcomes: Sequence[Outcome]) -> None:
    kinds = dict.fromkeys(outcome.kind for outcome in outcomes)
    rows = [_slow_row(kind, [one for one in outcomes if one.kind == kind]) for kind in kinds]
    print_table("Slow clients", ("kind", "tried", "out after s", "at most s", "told"), rows)


def _slow_row(kind: str, outcomes: Sequence[Outcome]) -> list[str]:
    first, last = (f"{end(outcome.seconds for outcome in outcomes):.0f}" for end in (min, max))
    statuses = {outcome.answer.partition(b" ")[2][:3].decode() or "closed" for outcome in outcomes}
    return [kind, str(len(outcomes)), first, last, ", ".join(sorted(statuses))]


def print_cost(siege: Siege, tally: Tally, before: int, seconds: float) -> None:
    after, most = siege.resident_bytes(), siege.resident_bytes("VmHWM")
    row = [
        f"{seconds:.0f}",
        f"{tally.slowest_seconds:.1f}",
        *(f"{size / MIB:.0f}" for size in (before, after, most)),
    ]
    print_table("The server", ("seconds", "slowest answer", "MiB before", "MiB after", "MiB at most"), [row])


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else COUNT, int(given[1]) if given[1:] else SEED, "".join(given[2:3]))
