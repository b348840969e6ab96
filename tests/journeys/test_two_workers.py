"""Two workers on one database: one takes over from the dead and the silent, and nothing is paid twice."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from limner.pulse import EXIT_TAKEN_FOR_DEAD
from tests.journeys.house import (
    GATED,
    PATIENCE_SECONDS,
    House,
    check_books,
    check_delivered,
    stopped,
    worker_of,
)
from tests.server import submit, wait_until

Worker = subprocess.Popen[bytes]


def test_what_a_dead_worker_had_is_made_by_the_living_one(house: House) -> None:
    with one_of_two_inside_the_engine(house) as (accepted, worker):
        worker.kill()
        check_taken_over(house, accepted)
        assert house.records.state(accepted["id"]).engine_deaths == 1
        check_books(house.records)


def test_a_silent_worker_is_taken_for_dead_and_can_do_no_harm_when_it_wakes(house: House) -> None:
    with one_of_two_inside_the_engine(house) as (accepted, worker):
        with stopped(worker.pid):
            check_taken_over(house, accepted)
        assert worker.wait(PATIENCE_SECONDS) == EXIT_TAKEN_FOR_DEAD
        check_delivered(house.client, accepted)
        assert house.objects(accepted["id"]) == ["2/1.png", "2/2.png"]
        check_books(house.records)


@contextmanager
def one_of_two_inside_the_engine(house: House) -> Iterator[tuple[Any, Worker]]:
    """What it makes there, and the worker that does."""
    house.kill_worker()
    house.shut_gate()
    accepted = submit(house.client, GATED, num_images=2)
    with worker_of(house.server) as first, worker_of(house.server) as second:
        pids = f"({first.pid}, {second.pid})"
        wait_until(lambda: len(house.records.rows(f"SELECT 1 FROM workers WHERE pid IN {pids}")) == 2)
        house.wait_at_gate()
        owner_pid = house.records.owner_pid(accepted["id"])
        yield accepted, first if owner_pid == first.pid else second


def check_taken_over(house: House, accepted: Any) -> None:
    wait_until(lambda: house.records.state(accepted["id"]).attempt == 2)
    house.open_gate()
    check_delivered(house.client, accepted)
