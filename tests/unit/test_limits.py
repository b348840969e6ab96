"""The limits of an account are exact, however many processes accept its work, whatever their clocks say."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from limner import accounts, ledger
from limner.accounts import Caller, authenticate, create_account, create_key
from limner.catalog import build_catalog
from limner.db.database import Database, open_database
from limner.errors import RateLimited
from limner.inputs import ImageInput
from limner.levels import CONCURRENT_PREDICTIONS, IMAGES_PER_MINUTE, UNFINISHED_PREDICTIONS, Level
from limner.predictions import turns
from limner.predictions.admission import Limits, Submission, submit
from tests.unit.predictions.test_lifecycle import Studio

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
SPEC = build_catalog({}).find("google/imagen4")
PROCESSES = 8


@pytest.fixture
def caller(database: Database) -> Caller:
    return make_caller(database, Level.BRONZE)


def make_caller(database: Database, level: Level) -> Caller:
    with database.begin() as tx:
        account = create_account(tx, f"of {level}", level, NOW)
        ledger.top_up(tx, account.id, 1_000 * ledger.MICROS_PER_DOLLAR, NOW)
        return authenticate(tx, create_key(tx, account.id, NOW))


def set_unfinished(database: Database, caller: Caller, count: int) -> None:
    with database.begin() as tx:
        accounts.set_counts(tx, caller.account_id, live=count, active=count)


def test_the_minute_and_the_places_are_exact_for_eight_processes(database: Database, caller: Caller) -> None:
    """Each with an engine and connections of its own, as processes have; all of them at once."""
    submission = Submission(caller, SPEC, ImageInput("a red apple"))
    url = database.engine.url.render_as_string(hide_password=False)
    queued: list[str] = []

    def accept(number: int) -> int:
        own = open_database(url, pool_size=1)
        outbox = Studio(own, caller)
        accepted = 0
        for second in range(3):
            now = NOW + timedelta(seconds=second, milliseconds=number)
            try:
                with own.begin() as tx:
                    submit(tx, submission, Limits(), outbox, now)
                accepted += 1
            except RateLimited:
                pass
        own.close()
        queued.extend(one for one, _ in outbox.queued)
        return accepted

    with ThreadPoolExecutor(PROCESSES) as pool:
        accepted = sum(pool.map(accept, range(PROCESSES)))
    assert accepted == IMAGES_PER_MINUTE[Level.BRONZE]
    with database.read() as tx:
        counted = accounts.counted(tx, caller.account_id)
        assert turns.miscounted(tx) == []
    assert counted == (accepted, CONCURRENT_PREDICTIONS[Level.BRONZE])
    assert len(queued) == CONCURRENT_PREDICTIONS[Level.BRONZE]


def test_who_is_late_does_not_open_the_minute_again(database: Database, caller: Caller) -> None:
    limit, late = IMAGES_PER_MINUTE[Level.BRONZE], NOW - timedelta(milliseconds=5)
    with database.begin() as tx:
        accounts.admit(tx, caller, limit - 1, 100, NOW)
        accounts.admit(tx, caller, 1, 100, late)  # counts towards the minute that has begun
        for moment in (late, NOW, late, NOW):
            with pytest.raises(RateLimited):
                accounts.admit(tx, caller, 1, 100, moment)
        assert accounts.allowance(tx, caller.account_id, late).remaining_images == 0
        accounts.admit(tx, caller, limit, 100, NOW + accounts.WINDOW)


def test_a_clock_that_was_wrong_for_a_while_locks_nobody_out(database: Database, caller: Caller) -> None:
    limit = IMAGES_PER_MINUTE[Level.BRONZE]
    with database.begin() as tx:
        accounts.admit(tx, caller, limit, 100, NOW + timedelta(days=30))
        accounts.admit(tx, caller, limit, 100, NOW)
        with pytest.raises(RateLimited):
            accounts.admit(tx, caller, 1, 100, NOW)


@pytest.mark.parametrize("level", list(Level))
def test_no_account_fills_the_queue_alone(database: Database, level: Level) -> None:
    limit = UNFINISHED_PREDICTIONS[level]
    assert CONCURRENT_PREDICTIONS[level] <= limit <= Limits().queue / 2
    caller = make_caller(database, level)
    set_unfinished(database, caller, limit - 1)
    with database.begin() as tx:
        accounts.admit(tx, caller, 1, Limits().account_queue, NOW)
        with pytest.raises(RateLimited, match=f"{limit} predictions of this account") as refused:
            accounts.admit(tx, caller, 1, Limits().account_queue, NOW)
    assert refused.value.retry_after_seconds > 0


def test_a_long_queue_refuses_who_waits_in_it_already(database: Database, caller: Caller) -> None:
    expected_wait = timedelta(hours=7)
    submission = Submission(caller, SPEC, ImageInput("a red apple"), expected_wait=expected_wait)
    outbox = Studio(database, caller)
    with database.begin() as tx:
        submit(tx, submission, Limits(), outbox, NOW)  # who has nothing there comes before the others' second
    with pytest.raises(RateLimited, match="more than 6 hours") as refused, database.begin() as tx:
        submit(tx, submission, Limits(), outbox, NOW)
    assert refused.value.retry_after_seconds == 600
    with database.begin() as tx:
        submit(tx, submission, Limits(longest_wait=timedelta(hours=8)), outbox, NOW)
