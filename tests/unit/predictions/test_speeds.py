"""What is remembered of how long pictures take, by many workers at once."""

from datetime import UTC, datetime

import pytest

from limner.db.database import Database
from limner.predictions.costs import STANDARD_PIXELS, Kind
from limner.predictions.speeds import LONGEST_MEMORY, RememberedSpeeds, Sample, read_speeds, record_samples

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STANDARD, OF_ITS_OWN = Kind("nano", 24, STANDARD_PIXELS), Kind("gemini", None, STANDARD_PIXELS)


def record(database: Database, *samples: Sample) -> None:
    with database.begin() as tx:
        record_samples(tx, samples, NOW)


def test_the_first_sample_is_believed_and_later_ones_move_it(database: Database) -> None:
    record(database, Sample(STANDARD, 2.0, 1), Sample(OF_ITS_OWN, 5.0, 4))
    record(database, Sample(STANDARD, 4.0, 1))
    with database.read() as tx:
        assert read_speeds(tx).seconds == {STANDARD: 3.0, OF_ITS_OWN: 5.0}


def test_what_is_old_counts_for_less_and_less(database: Database) -> None:
    record(database, Sample(STANDARD, 100.0, 1_000))
    for _ in range(4 * LONGEST_MEMORY):
        record(database, Sample(STANDARD, 1.0, 1))
    with database.read() as tx:
        (seconds,) = read_speeds(tx).seconds.values()
    assert seconds == pytest.approx(1.0, abs=4.0)


def test_what_workers_measure_is_what_others_reckon_with(database: Database) -> None:
    large = Kind("nano", 24, 4 * STANDARD_PIXELS)
    record(database, Sample(STANDARD, 2.0, 1), Sample(large, 3.0, 1))
    assert RememberedSpeeds(database).latest().cost(large, 1) == 15


def test_without_a_database_the_last_is_good_enough(database: Database) -> None:
    speeds = RememberedSpeeds(database)
    database.close()
    assert speeds.latest().cost(STANDARD, 1) == 10
