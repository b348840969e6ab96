"""A fleet under load that may be struck in any way, and what is left of its promises once it is at rest."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from limner import accounts, ledger
from limner.accounts import Level
from limner.runtime import build_runtime
from limner.settings import Settings
from tests.chaos.audit import Findings, audit, wait_for_rest
from tests.chaos.customers import Customer, Hooks, merged
from tests.chaos.fleet import ENGINE, MODELS, Fleet
from tests.chaos.points import API, POINTS, REQUIRED, RESCUE, WORKER, Point
from tests.journeys.house import Records
from tests.receiver import Receiver, receiving
from tests.server import KEY

CREDIT_MICROS = 1_000 * ledger.MICROS_PER_DOLLAR
NO_SETTINGS: Mapping[str, str] = {}
STRIKE_SECONDS = 60
ANY_MOMENT = {API: "an API, at any moment", WORKER: "a worker, at any moment"}


class Size(NamedTuple):
    """Of a fleet, and how many customers it has."""

    apis: int
    workers: int
    customers: int


@dataclass(frozen=True, slots=True)
class Kill:
    """At a point, or after so many seconds of whoever it may hit."""

    role: str
    point: Point | None = None
    seconds: float = 0.0

    @property
    def group(self) -> str:
        return self.point.group if self.point else ANY_MOMENT[self.role]


LARGE = Size(2, 3, 5)
SMALL = Size(2, 2, 3)


def schedule(seed: int, count: int) -> list[Kill]:
    """Six in ten at the points that are asked for, evenly; the rest at the others and at any moment."""
    chance = random.Random(seed)
    required = [point for group in REQUIRED for point in POINTS if point.group == group]
    others = [point for point in POINTS if point.group not in REQUIRED]
    kills = [_at(point) for point in _evenly(required, round(0.65 * count))]
    kills += [_at(others[k % len(others)]) for k in range(round(0.2 * count))]
    while len(kills) < count:
        kills.append(Kill(chance.choice((API, WORKER)), seconds=chance.uniform(0, 1)))
    chance.shuffle(kills)
    return kills


def _at(point: Point) -> Kill:
    return Kill(point.role, point)


def _evenly(points: Sequence[Point], count: int) -> list[Point]:
    """As many of each group, and within a group of each point in turn."""
    turns = {group: [point for point in points if point.group == group] for group in REQUIRED}
    chosen = []
    for k in range(count):
        group, number = REQUIRED[k % len(REQUIRED)], k // len(REQUIRED)
        chosen.append(turns[group][number % len(turns[group])])
    return chosen


@dataclass
class Storm:
    """The fleet, its customers and their receiver."""

    fleet: Fleet
    url: str
    records: Records
    receiver: Receiver
    customers: list[Customer]
    keys: list[str]
    seed: int
    struck: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)

    def kill(self, kill: Kill) -> None:
        """One process, and starts it again."""
        if kill.point is None:
            time.sleep(kill.seconds)
            self._kill_any(kill.role)
            self.struck[kill.group] += 1
        elif self._strike(kill.point):
            self.struck[kill.group] += 1
        else:
            self.missed[kill.point.name] += 1
        self.fleet.mend()

    def _strike(self, point: Point) -> bool:
        if point.group == RESCUE:  # somebody must have died before
            self._kill_any(WORKER)
        return self.fleet.strike(point, STRIKE_SECONDS)

    def _kill_any(self, role: str) -> None:
        victim = random.Random(f"{self.seed} {self.struck.total()}").choice(self.fleet.of(role))
        victim.start_if_down()
        victim.kill()

    def come_to_rest(self) -> Findings:
        """Stops the customers, lets everything end, and looks at what is left."""
        for customer in self.customers:
            customer.stop.set()
        deadline = time.monotonic() + 90
        while any(customer.is_alive() for customer in self.customers) and time.monotonic() < deadline:
            self.fleet.mend()
            time.sleep(0.1)
        self.fleet.mend()
        self.fleet.wait_until_it_serves()
        self.records.close()
        self.records = Records(self.url)  # what it was connected to may have been restarted
        unfinished = wait_for_rest(self.records)
        secrets = [row[0] for row in self.records.rows("SELECT webhook_secret FROM accounts") if row[0]]
        notes = merged([customer.notes for customer in self.customers])
        with ExitStack() as stack:
            clients = [stack.enter_context(self.fleet.client(0, key)) for key in self.keys]
            findings = audit(self.records, notes, self.receiver, secrets, clients)
        findings.lost += unfinished
        return findings


@contextmanager
def storm(
    folder: Path,
    database_url: str,
    seed: int,
    size: Size = LARGE,
    own_settings: Sequence[dict[str, str]] = (),
    settings: Mapping[str, str] = NO_SETTINGS,
) -> Iterator[Storm]:
    """Under load, once it serves. ``settings`` are for all processes, the storage's URL among them;
    ``own_settings`` for each, the APIs first. One of the customers is of the lowest level, so that there is
    always somebody who waits for a place."""
    url = database_url or f"sqlite:///{folder / 'database' / 'limner.db'}"
    shared = {"LIMNER_STORAGE_URL": (folder / "objects").as_uri(), "LIMNER_DATABASE_URL": url} | dict(
        settings
    )
    engines = dict.fromkeys(MODELS, ENGINE)
    with ExitStack() as stack:
        fleet = Fleet(folder, size.apis, size.workers, engines, **shared)
        for member, own in zip(fleet.members, own_settings, strict=False):
            member.variables = {**member.variables, **own}
        stack.callback(fleet.close)
        fleet.mend()
        fleet.wait_until_it_serves()
        receiver = stack.enter_context(receiving(Hooks(seed)))
        keys = [newcomer(folder, url, Level.BRONZE), *[KEY] * (size.customers - 1)]
        customers = []
        for number, key in enumerate(keys):
            clients = [stack.enter_context(fleet.client(k, key)) for k in range(size.apis)]
            customers.append(Customer(clients, MODELS, receiver, seed, number))
        for customer in customers:
            customer.start()
        within = Storm(fleet, url, Records(url), receiver, customers, list(dict.fromkeys(keys)), seed)
        try:
            yield within
        finally:
            within.records.close()
            for customer in customers:
                customer.stop.set()
            for customer in customers:
                customer.join()


def newcomer(folder: Path, url: str, level: Level) -> str:
    """The key of a new account of this level."""
    settings = Settings(data_dir=folder / "administration", database_url=url)
    with closing(build_runtime(settings)) as runtime, runtime.database.begin() as tx:
        now = datetime.now(UTC)
        account = accounts.create_account(tx, f"a customer of level {level}", level, now)
        ledger.top_up(tx, account.id, CREDIT_MICROS, now)
        return accounts.create_key(tx, account.id, now)
