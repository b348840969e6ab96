"""A fleet of processes under load, killed at known points, with its database and its object store coming and
going: the short form of `python -m benchmarks.chaos`, see docs/chaos.md.
"""

import random

import pytest

from tests.chaos import weather
from tests.chaos.places import DATABASES, place
from tests.chaos.points import REQUIRED
from tests.chaos.storm import SMALL, schedule, storm

SEED = 20261121
KILLS = 12
MINUTE = 60  # a machine that does other things too takes its time


@pytest.mark.timeout(4 * MINUTE)
@pytest.mark.parametrize("database", DATABASES)
def test_a_fleet_killed_at_every_point_loses_nothing(database: str) -> None:
    with (
        place(database, SEED) as there,
        storm(there.folder, there.database_url, SEED, SMALL, settings=there.settings) as within,
    ):
        for kill in schedule(SEED, KILLS):
            within.kill(kill)
        assert within.come_to_rest().faults == []
        assert set(REQUIRED) <= set(within.struck)


@pytest.mark.timeout(4 * MINUTE)
def test_a_database_and_a_store_that_come_and_go_lose_nothing() -> None:
    with (
        place("postgresql", SEED) as there,
        storm(there.folder, there.database_url, SEED, SMALL, settings=there.settings) as within,
    ):
        assert there.server and there.wire and there.store, "PostgreSQL has all of them"
        weather.restart_database(within.fleet, there.server, random.Random(SEED))
        weather.cut_database(within.fleet, there.wire, seconds=2)
        weather.refuse_puts(within.fleet, there.store, share=0.2, seconds=4)
        findings = within.come_to_rest()
        assert findings.faults == []
        assert findings.predictions > 0
