"""Submits and polls at a fixed pace, jobs in the queue, two workers beside one, eight APIs with one limit.

    python -m benchmarks.load [sqlite|postgresql ...]

The engine sleeps or does nothing; the pictures are blank, 1024 x 1024, stored as any other. One submit comes
with four polls.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import quantiles

import httpx

from benchmarks.rig import stamp
from benchmarks.rig.load import get, post
from benchmarks.rig.pace import Kept, Pace, measure
from benchmarks.rig.table import print_table
from limner import accounts
from limner.accounts import Level
from tests.chaos.fleet import PATIENCE_SECONDS, Fleet, answers
from tests.chaos.points import API
from tests.chaos.postgres import postgres
from tests.chaos.storm import newcomer
from tests.journeys.house import Records
from tests.receiver import Receiver, receiving
from tests.server import KEY, wait_until

DATABASES = ("sqlite", "postgresql")
MODEL = "google/imagen4"
PATH = f"/api/v3/{MODEL}"
PACES = (50, 200, 500)
PACE_SECONDS = 10.0
SLEEP_SECONDS = 0.2
POLLS_PER_SUBMIT = 4
JOBS = 400
SLEEPING_JOBS = 60
NUM_APIS = 8
IMAGES_PER_MINUTE = accounts.IMAGES_PER_MINUTE[Level.SILVER]
ASKED_OF_EACH_API = 130


@dataclass(frozen=True)
class Site:
    """A fleet on one kind of database."""

    url: str
    fleet: Fleet
    records: Records

    @property
    def port(self) -> int:
        port = httpx.URL(self.fleet.origins[0]).port
        assert port is not None
        return port


@contextmanager
def site(database: str, num_apis: int, num_workers: int, seconds: float, **settings: str) -> Iterator[Site]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if database == "sqlite":
            url = f"sqlite:///{folder / 'database' / 'limner.db'}"
        else:
            url = stack.enter_context(postgres()).create_database("load")
        engine = {MODEL: f"stamp seconds={seconds}"}
        shared = {"LIMNER_DATABASE_URL": url, "LIMNER_STORAGE_URL": (folder / "objects").as_uri()}
        found_in = {"PYTHONPATH": stamp.install(folder)}
        fleet = Fleet(folder, num_apis, num_workers, engine, **(shared | found_in | settings))
        stack.callback(fleet.close)
        for member in fleet.of(API):
            member.start()
        wait_until(lambda: all(map(answers, fleet.origins)), seconds=PATIENCE_SECONDS)
        records = Records(url)
        stack.callback(records.close)
        yield Site(url, fleet, records)


def main(databases: list[str]) -> None:
    paces, jobs, workers, limits = [], [], [], []
    for database in databases:
        paces += [pace_row(database, per_second) for per_second in PACES]
        jobs += [jobs_row(database, num_workers) for num_workers in (1, 4)]
        workers.append(workers_row(database))
        limits.append(limits_row(database))
    columns = (
        "database",
        "asked/s",
        "answered/s",
        "submit p50 ms",
        "p99",
        "poll p50 ms",
        "p99",
        "unanswered",
    )
    print_table("Submit and poll, one to four, one API, an engine that sleeps", columns, paces)
    print_table(
        "Jobs through the queue, with ledger and webhook, an engine that does nothing",
        ("database", "workers", "jobs", "jobs/s", "webhooks/s", "goal"),
        jobs,
    )
    print_table(
        f"Jobs/s of one worker and of two, {SLEEP_SECONDS:g} s each",
        ("database", "one", "two", "times", "goal"),
        workers,
    )
    print_table(
        f"{NUM_APIS} APIs, {IMAGES_PER_MINUTE} images a minute",
        ("database", "asked", "accepted in the fullest minute", "refused"),
        limits,
    )


def pace_row(database: str, per_second: int) -> list[str]:
    """A fresh site for each pace, with one worker beside the API."""
    with site(database, 1, 1, SLEEP_SECONDS) as here:
        here.fleet.mend()
        body = json.dumps({"prompt": "a red apple", "seed": 7})
        with here.fleet.client() as client:
            known = [client.post(PATH, content=body).json()["data"]["id"] for _ in range(20)]
        polls = [("poll", get(f"/api/v3/predictions/{one}/result", KEY)) for one in known]
        requests: list[tuple[str, str]] = []
        for k in range(len(polls)):
            requests.append(polls[k])
            if k % POLLS_PER_SUBMIT == 0:
                requests.append(("submit", post(PATH, KEY, body)))
        kept = measure(Pace(here.port, requests, per_second, PACE_SECONDS))
    return [database, str(per_second), f"{kept.per_second:.0f}", *_figures(kept)]


def _figures(kept: Kept) -> list[str]:
    figures = []
    for kind in ("submit", "poll"):
        percentiles = quantiles([one * 1000 for one in kept.latencies[kind]], n=100)
        figures += [f"{percentiles[49]:.1f}", f"{percentiles[98]:.0f}"]
    refused = sum(kept.refused.values())
    return [*figures, f"{kept.unsent}" + (f", {refused} refused" if refused else "")]


def jobs_row(database: str, num_workers: int) -> list[str]:
    settings = {"LIMNER_POLLING_SECONDS": "0.01"}
    with site(database, 1, num_workers, 0.0, **settings) as here, receiving() as receiver:
        _submit(here, JOBS, receiver)
        per_second = _work_off(here, JOBS)
        wait_until(lambda: len(receiver.received) >= JOBS, seconds=120)
    told = _rate([one.at for one in receiver.received])
    goal = "100" if database == "postgresql" else ""
    return [database, str(num_workers), str(JOBS), f"{per_second:.0f}", f"{told:.0f}", goal]


def workers_row(database: str) -> list[str]:
    rates = []
    for num_workers in (1, 2):
        with site(database, 1, num_workers, SLEEP_SECONDS) as here:
            _submit(here, SLEEPING_JOBS)
            rates.append(_work_off(here, SLEEPING_JOBS))
    one, two = rates
    return [database, f"{one:.1f}", f"{two:.1f}", f"{two / one:.2f}", "1.9"]


def _submit(here: Site, count: int, receiver: Receiver | None = None) -> None:
    told = {} if receiver is None else {"webhook": receiver.url}
    with here.fleet.client() as client:
        for _ in range(count):
            client.post(PATH, json={"prompt": "a red apple"}, params=told).raise_for_status()


def _work_off(here: Site, count: int) -> float:
    """Starts the workers; jobs a second, once they are at work."""
    here.fleet.mend()
    ended = "SELECT completed_at FROM predictions WHERE status = 'completed'"
    wait_until(lambda: len(here.records.rows(ended)) == count, seconds=300, pause=0.2)
    return _rate([datetime.fromisoformat(str(at)).timestamp() for (at,) in here.records.rows(ended)])


def _rate(times: Sequence[float]) -> float:
    """Events a second, without the first and the last tenth: starting and ending is not what is measured."""
    ordered = sorted(times)
    cut = len(ordered) // 10
    kept = ordered[cut : len(ordered) - cut]
    return (len(kept) - 1) / (kept[-1] - kept[0])


def limits_row(database: str) -> list[str]:
    """From as many clients at once, in one minute, more than twice what is allowed."""
    with site(database, NUM_APIS, 0, 0.0) as here:
        key = newcomer(here.fleet.folder, here.url, Level.SILVER)
        time.sleep(60 - time.time() % 60 + 0.5)
        with ThreadPoolExecutor(NUM_APIS) as clients:
            statuses = [
                one for many in clients.map(lambda k: _ask(here, k, key), range(NUM_APIS)) for one in many
            ]
        created = [str(at)[:16] for (at,) in here.records.rows("SELECT created_at FROM predictions")]
    fullest = max(Counter(created).values())
    return [database, str(len(statuses)), str(fullest), str(statuses.count(429))]


def _ask(here: Site, number: int, key: str) -> list[int]:
    asked = {"prompt": "a red apple"}
    with here.fleet.client(number, key) as client:
        return [client.post(PATH, json=asked).status_code for _ in range(ASKED_OF_EACH_API)]


if __name__ == "__main__":
    main(sys.argv[1:] or list(DATABASES))
