"""How does a fleet of up to 1 000 workers deal out its time, and when is one database too small for it?

In virtual time, on the real scheduling code. Draws docs/pictures/fleet-*.png beside its tables.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import quantiles

from benchmarks.rig.demand import accounts_of, arrivals_of, fairness, weights_of
from benchmarks.rig.fleet import Plan, Queue, simulate, waits_by
from benchmarks.rig.fleet_graphs import draw_database, draw_fairness, draw_waits
from benchmarks.rig.statements import Statements, count_statements
from benchmarks.rig.table import ROOT, print_table
from limner.queueing import POLLING_SECONDS

WORKERS = (1, 10, 100, 1_000)
ACCOUNTS = (10, 100, 1_000, 10_000)
LOADS = (0.8, 1.3)
MOST_JOBS = 30_000
SECONDS = (240.0, 3_600.0)  # that a fleet is watched, at least and at most
SHORTEST_POLLING, POLLS_PER_SECOND = 0.05, 2_000  # of all workers together
HEARTBEAT_SECONDS = 2.0
BUSY_LOOK_STATEMENTS = 2  # the lookout's own, and how many may be taken: none while one is being made
WEBHOOK_LOOK_STATEMENTS = 2  # how often to look, and for whom there is anything
DATABASE_LIMIT = 30_000.0  # short indexed statements a second of one PostgreSQL on a 16-core host: assumed
SEED = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    plan: Plan
    num_accounts: int
    load: float
    utilisation: float
    made_per_second: float
    refused: float
    jain: float
    jain_unfair: float  # first come, first served
    light: tuple[float, float, float]  # waiting in seconds, of the lighter half: median, 99 %, longest
    heavy: tuple[float, float, float]
    light_unfair: tuple[float, float, float]


def main() -> None:
    outcomes = [run(*size) for size in sizes()]
    print_table("A fleet under load, on the real order of the queue", COLUMNS, [row(one) for one in outcomes])
    statements = count_statements()
    print_database(statements)
    pictures = ROOT / "docs" / "pictures"
    draw_all(outcomes, statements, pictures)
    print(f"\nDrawn into {pictures}", file=sys.stderr)


def sizes() -> list[tuple[int, int, float]]:
    return [(workers, accounts, load) for load in LOADS for workers in WORKERS for accounts in ACCOUNTS]


def plan_of(num_workers: int) -> Plan:
    seconds = max(SECONDS[0], min(SECONDS[1], MOST_JOBS / num_workers))
    return Plan(num_workers, seconds, max(SHORTEST_POLLING, num_workers / POLLS_PER_SECOND))


def run(num_workers: int, num_accounts: int, load: float) -> Outcome:
    """The same requests twice: as the queue orders them, and first come, first served."""
    plan, random = plan_of(num_workers), Random(SEED)
    arrivals = arrivals_of(plan, weights_of(num_accounts, random), load, random)
    queues = [Queue(accounts_of(num_accounts), is_fair) for is_fair in (True, False)]
    used = [simulate(plan, queue, arrivals, Random(SEED)) for queue in queues]
    fair, unfair = (queue.accounts for queue in queues)
    made = sum(len(account.waits) for account in fair)
    outcome = Outcome(
        plan,
        num_accounts,
        load,
        used[0],
        made / plan.seconds,
        sum(account.refused for account in fair) / len(arrivals),
        fairness(fair, plan.seconds),
        fairness(unfair, plan.seconds),
        tail(waits_by(fair, is_light=True)),
        tail(waits_by(fair, is_light=False)),
        tail(waits_by(unfair, is_light=True)),
    )
    print(f"{num_workers} workers, {num_accounts} accounts, load {load}: done", file=sys.stderr)
    return outcome


def tail(seconds: list[float]) -> tuple[float, float, float]:
    if len(seconds) < 2:
        return (0.0, 0.0, 0.0)
    cuts = quantiles(seconds, n=100)
    return cuts[49], cuts[98], max(seconds)


COLUMNS = (
    *("load", "workers", "accounts", "minutes", "at work", "predictions/s", "refused", "Jain", "Jain, FIFO"),
    *("light p50/p99/max s", "light, FIFO", "heavy p50/p99/max s"),
)


def row(one: Outcome) -> list[str]:
    return [
        f"{one.load:g}",
        f"{one.plan.num_workers}",
        f"{one.num_accounts}",
        f"{one.plan.seconds / 60:.0f}",
        f"{one.utilisation:.0%}",
        f"{one.made_per_second:.1f}",
        f"{one.refused:.0%}",
        f"{one.jain:.3f}",
        f"{one.jain_unfair:.3f}",
        *(" / ".join(f"{value:.1f}" for value in each) for each in (one.light, one.light_unfair, one.heavy)),
    ]


def statements_per_second(statements: Statements, num_workers: int, job_seconds: float) -> float:
    """Of a fleet whose workers are always at work: predictions, looks for work, heartbeats."""
    polling_seconds = plan_of(num_workers).polling_seconds
    jobs = num_workers / (job_seconds + polling_seconds / 2)
    each = statements.submit + statements.make
    return (
        jobs * each
        + num_workers * BUSY_LOOK_STATEMENTS / polling_seconds
        + num_workers * WEBHOOK_LOOK_STATEMENTS / POLLING_SECONDS
        + num_workers / HEARTBEAT_SECONDS * statements.upkeep
    )


def print_database(statements: Statements) -> None:
    counted = [
        ["a submit", f"{statements.submit:.1f}"],
        ["a prediction made, eight steps, from beginning to end", f"{statements.make:.1f}"],
        ["a look for work that finds none", f"{statements.look:.1f}"],
        ["a heartbeat with its look after the dead", f"{statements.upkeep:.1f}"],
    ]
    print_table("Statements, counted on the real code", ("for", "statements"), counted)
    rows = [
        [f"{workers}", *(f"{statements_per_second(statements, workers, each):,.0f}" for each in JOB_SECONDS)]
        for workers in (*WORKERS, 2_000, 5_000)
    ]
    columns = ("workers", *(f"predictions of {each:g} s" for each in JOB_SECONDS))
    print_table("Statements a second of a busy fleet, by arithmetic", columns, rows)


JOB_SECONDS = (0.5, 1.0, 3.0, 10.0)


def draw_all(outcomes: list[Outcome], statements: Statements, folder: Path) -> None:
    crowded = [one for one in outcomes if one.load > 1]
    sizes = [f"{one.plan.num_workers} / {one.num_accounts}" for one in crowded]
    draw_fairness(sizes, [one.jain for one in crowded], [one.jain_unfair for one in crowded], folder)
    draw_waits(
        sizes,
        {
            "lighter half, as the queue orders them": [one.light[1] for one in crowded],
            "lighter half, first come first served": [one.light_unfair[1] for one in crowded],
            "heavier half, as the queue orders them": [one.heavy[1] for one in crowded],
        },
        folder,
    )
    fleet = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000]
    lines = {
        f"predictions of {each:g} s": [statements_per_second(statements, one, each) for one in fleet]
        for each in JOB_SECONDS
    }
    draw_database(fleet, lines, DATABASE_LIMIT, folder)


if __name__ == "__main__":
    main()
