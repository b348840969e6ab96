"""What accounts ask of a simulated fleet: in bursts, of heavy-tailed sizes; few ask for most of it. And how
fairly it was dealt out."""

import itertools
from collections.abc import Sequence
from random import Random

from benchmarks.rig.fleet import STANDARD_SECONDS, Account, Arrival, Plan
from limner.levels import CONCURRENT_PREDICTIONS, Level
from limner.predictions.costs import STANDARD_PIXELS, Kind, Speeds
from limner.predictions.order import STANDARD_COST

TAIL = 1.3  # of Pareto's distribution: its mean is finite, its variance is not
LARGEST_BURST = 2_000
BURST_SECONDS = 2.0  # between the requests of a burst there is a hundredth of it
LARGEST_WEIGHT = 300.0  # times the least of what accounts ask for
LEVELS = ((0.1, Level.ULTRA), (0.25, Level.GOLD), (0.6, Level.SILVER), (1.0, Level.BRONZE))
# (steps, pixels, pictures), and how often: mostly single ones of the standard effort.
REQUESTS = (
    ((24, STANDARD_PIXELS, 1), 40),
    ((12, STANDARD_PIXELS, 1), 25),
    ((24, STANDARD_PIXELS, 4), 15),
    ((48, STANDARD_PIXELS, 1), 10),
    ((24, 4 * STANDARD_PIXELS, 1), 8),
    ((48, 4 * STANDARD_PIXELS, 4), 2),
)
COSTS = [Speeds().cost(Kind("simulated", steps, pixels), n) for (steps, pixels, n), _ in REQUESTS]
WEIGHTS = [weight for _, weight in REQUESTS]
MEAN_COST = sum(cost * weight for cost, weight in zip(COSTS, WEIGHTS, strict=True)) / sum(WEIGHTS)


def weights_of(count: int, random: Random) -> list[float]:
    """How much each account asks for, the most first."""
    return sorted((min(random.paretovariate(TAIL), LARGEST_WEIGHT) for _ in range(count)), reverse=True)


def accounts_of(count: int) -> list[Account]:
    """As ``weights_of`` has them: who asks for much has paid for a high level."""
    ranks = [(number + 1) / count for number in range(count)]
    return [Account(next(level for share, level in LEVELS if rank <= share)) for rank in ranks]


def arrivals_of(plan: Plan, weights: Sequence[float], load: float, random: Random) -> list[Arrival]:
    """As many as give the workers ``load`` times what they can make in that time."""
    accumulated = list(itertools.accumulate(weights))
    wanted = load * plan.num_workers * plan.seconds / STANDARD_SECONDS * STANDARD_COST / MEAN_COST
    found: list[Arrival] = []
    while len(found) < wanted:
        (account,) = random.choices(range(len(weights)), cum_weights=accumulated)
        at = random.uniform(0, plan.seconds)
        for k in range(min(int(random.paretovariate(TAIL)), LARGEST_BURST)):
            arrived_at = at + k * BURST_SECONDS / 100
            if arrived_at < plan.seconds:
                cost = random.choices(COSTS, WEIGHTS)[0]
                found.append(Arrival(arrived_at, account, cost))
    return sorted(found, key=lambda one: one.at)


def fair_shares(wanted: Sequence[float], capacity: float) -> list[float]:
    """Max-min fair: nobody gets more than they want, and what is left is dealt out equally."""
    shares = [0.0] * len(wanted)
    left, waiting = capacity, sorted(range(len(wanted)), key=lambda one: wanted[one])
    for position, one in enumerate(waiting):
        shares[one] = min(wanted[one], left / (len(waiting) - position))
        left -= shares[one]
    return shares


def jain(values: Sequence[float]) -> float:
    """1 when all are alike, 1/n when one has everything."""
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 1.0


def fairness(accounts: list[Account], seconds: float) -> float:
    """Jain's index of what each account got against its max-min fair share of all that was made. Nobody is
    owed more than its level lets be made at once."""
    asking = [account for account in accounts if account.wanted_cost]
    made = sum(account.served_cost for account in asking)
    shares = fair_shares([_most(account, seconds) for account in asking], made)
    return jain([account.served_cost / share for account, share in zip(asking, shares, strict=True) if share])


def _most(account: Account, seconds: float) -> float:
    places = CONCURRENT_PREDICTIONS[account.level]
    return min(account.wanted_cost, places * seconds / STANDARD_SECONDS * STANDARD_COST)
