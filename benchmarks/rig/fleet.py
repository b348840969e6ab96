"""A fleet in virtual time, on the real scheduling code: the order of the queue, places and limits of levels.

What is simulated is the world around it: when requests come, how long engines take, how late workers look.
It keeps in memory what ``predictions.turns`` looks up in the database, and takes the lowest tag as DBOS does.
"""

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field
from random import Random

from limner.levels import CONCURRENT_PREDICTIONS, UNFINISHED_PREDICTIONS, Level
from limner.predictions.admission import Limits
from limner.predictions.order import STANDARD_COST, Sight, tag

STANDARD_SECONDS = 1.0  # of engine time for a standard picture
QUEUE_LIMIT = Limits().queue


@dataclass(slots=True)
class Job:
    """Compared as the queue does: by tag, then by age."""

    account: int
    cost: int
    came_at: float
    number: int
    tag: int = 0
    is_done: bool = False

    def __lt__(self, other: "Job") -> bool:
        return (self.tag, self.number) < (other.tag, other.number)


@dataclass(slots=True)
class Account:
    level: Level
    live: int = 0
    active: int = 0
    waiting: deque[Job] = field(default_factory=deque)
    last_job: Job | None = None  # that was given a tag last
    begun: tuple[float, int] | None = None  # when, and of which tag
    served_cost: int = 0
    wanted_cost: int = 0  # of what was accepted
    refused: int = 0
    waits: list[float] = field(default_factory=list)


class Queue:
    """``is_fair`` off: first come, first served, to compare with."""

    def __init__(self, accounts: list[Account], is_fair: bool = True) -> None:
        self.accounts = accounts
        self.is_fair = is_fair
        self.num_live = 0
        self._numbers = itertools.count()
        self._ready: list[Job] = []
        self._at_work: list[tuple[int, int, Job]] = []  # the highest tag first; finished ones go later
        self._eldest: deque[Job] = deque()  # those with a place, by age; finished ones go later
        self._last_begun: tuple[float, int] | None = None

    def __len__(self) -> int:
        return len(self._ready)

    def submit(self, number: int, cost: int, now: float) -> None:
        account = self.accounts[number]
        if self.num_live >= QUEUE_LIMIT or account.live >= UNFINISHED_PREDICTIONS[account.level]:
            account.refused += 1
            return
        self.num_live += 1
        account.live += 1
        account.wanted_cost += cost
        job = Job(number, cost, now, next(self._numbers))
        self._eldest.append(job)
        if account.waiting or account.active >= CONCURRENT_PREDICTIONS[account.level]:
            account.waiting.append(job)
        else:
            self._enter(job)

    def begin(self, now: float) -> Job:
        job = heapq.heappop(self._ready)
        heapq.heappush(self._at_work, (-job.tag, job.number, job))
        account = self.accounts[job.account]
        account.begun = self._last_begun = (now, job.tag)
        account.waits.append(now - job.came_at)
        return job

    def finish(self, job: Job) -> None:
        account = self.accounts[job.account]
        account.served_cost += job.cost
        account.live -= 1
        account.active -= 1
        self.num_live -= 1
        job.is_done = True
        if account.waiting and account.active < CONCURRENT_PREDICTIONS[account.level]:
            self._enter(account.waiting.popleft())

    def _enter(self, job: Job) -> None:
        account = self.accounts[job.account]
        account.active += 1
        job.tag = tag(self._sight(account), job.cost) if self.is_fair else 1
        account.last_job = job
        heapq.heappush(self._ready, job)

    def _sight(self, account: Account) -> Sight:
        while self._at_work and self._at_work[0][2].is_done:
            heapq.heappop(self._at_work)
        while self._eldest and self._eldest[0].is_done:
            self._eldest.popleft()
        # As in turns: what was begun is remembered as long as somebody is here who came before.
        since = self._eldest[0].came_at if self._eldest else float("inf")
        last, own = self._last_begun, account.begun
        own_job = account.last_job
        return Sight(
            newest_at_work=-self._at_work[0][0] if self._at_work else None,
            first_waiting=self._ready[0].tag if self._ready else None,
            last_begun=last[1] if last and last[0] >= since else None,
            own_last=own_job.tag if own_job and not own_job.is_done else None,
            own_last_begun=own[1] if own and own[0] >= since else None,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A fleet and how long it is watched. Workers without work look for some every ``polling_seconds``."""

    num_workers: int
    seconds: float
    polling_seconds: float


@dataclass(frozen=True, slots=True)
class Arrival:
    at: float
    account: int
    cost: int


def simulate(plan: Plan, queue: Queue, arrivals: list[Arrival], random: Random) -> float:
    """Runs it all; returns the share of time that the workers were at work."""
    events: list[tuple[float, int, Job | None]] = []  # a worker finishes this, or looks for work
    numbers = itertools.count()
    idle, busy_seconds, upcoming = plan.num_workers, 0.0, deque(arrivals)

    def look(now: float, seconds: float) -> None:
        heapq.heappush(events, (now + seconds, next(numbers), None))

    while upcoming or events:
        if upcoming and (not events or upcoming[0].at <= events[0][0]):
            arrival = upcoming.popleft()
            now = arrival.at
            queue.submit(arrival.account, arrival.cost, now)
            if idle and len(queue) and now < plan.seconds:
                idle -= 1  # the first of those that look, each at its own time
                look(now, plan.polling_seconds / (idle + 2))
            continue
        now, _, finished = heapq.heappop(events)
        if now > plan.seconds:
            break
        if finished is not None:
            queue.finish(finished)
            look(now, random.uniform(0, plan.polling_seconds))
        elif len(queue):
            job = queue.begin(now)
            seconds = STANDARD_SECONDS * job.cost / STANDARD_COST * random.lognormvariate(0, 0.1)
            busy_seconds += min(seconds, plan.seconds - now)
            heapq.heappush(events, (now + seconds, next(numbers), job))
        else:
            idle += 1
    return busy_seconds / (plan.num_workers * plan.seconds)


def waits_by(accounts: list[Account], is_light: bool) -> list[float]:
    """Of accounts that asked for less, or for more, than those in the middle."""
    wanted = sorted(account.wanted_cost for account in accounts if account.wanted_cost)
    middle = wanted[len(wanted) // 2] if wanted else 0
    chosen = [account for account in accounts if (account.wanted_cost <= middle) == is_light]
    return [seconds for account in chosen for seconds in account.waits]
