"""The life of a delivery, transaction by transaction, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Connection, Integer, String, insert

from limner.accounts import Level, create_account
from limner.db.columns import UtcDateTime
from limner.db.database import Database
from limner.db.tables import api_keys, predictions
from limner.errors import Conflict, NotFound, RateLimited
from limner.webhooks import delivery, store
from limner.webhooks.delivery import INTERRUPTED, JITTER, MAX_PENDING_TESTS, RETRY_SECONDS, ROTATION
from limner.webhooks.sending import Outcome
from limner.webhooks.store import Delivery, DeliveryStatus, Event

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
URL = "https://example.com/hook"
PREDICTION = "a" * 32
SUCCESS = Outcome(204, "", 120)
FAILURE = Outcome(500, "answered 500", 80)


class Enqueued:
    """What was queued: (delivery id, number, account id, delay)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, str, float]] = []

    def __call__(self, tx: Connection, *call: Any) -> None:
        self.calls.append(call)

    @property
    def numbers(self) -> list[int]:
        return [number for _, number, _, _ in self.calls]


@pytest.fixture
def enqueue() -> Enqueued:
    return Enqueued()


@pytest.fixture
def account_id(database: Database) -> str:
    """Of an account with one prediction."""
    with database.begin() as tx:
        account = create_account(tx, "default", Level.ULTRA, NOW)
        key = {"id": "b" * 32, "account_id": account.id, "sha256": "c" * 64, "created_at": NOW}
        tx.execute(insert(api_keys).values(key))
        tx.execute(insert(predictions).values(prediction_row(account.id)))
    return account.id


def prediction_row(account_id: str) -> dict[str, Any]:
    """Nothing in any column that must have something."""
    nothing: Any = ((JSON, {}), (String, ""), (Boolean, False), (Integer, 0), (UtcDateTime, NOW))
    row = {
        column.name: next(value for kind, value in nothing if isinstance(column.type, kind))
        for column in predictions.c
        if not column.nullable
    }
    return row | {"id": PREDICTION, "account_id": account_id, "key_id": "b" * 32, "status": "completed"}


@pytest.fixture
def scheduled(database: Database, account_id: str, enqueue: Enqueued) -> Delivery:
    with database.begin() as tx:
        return delivery.schedule(tx, account_id, PREDICTION, URL, enqueue, NOW)


def found(database: Database, one: Delivery) -> Delivery:
    with database.read() as tx:
        return store.find(tx, one.account_id, one.id)


def attempts(database: Database, one: Delivery) -> list[store.Attempt]:
    with database.read() as tx:
        return store.find_attempts(tx, [one.id])[one.id]


def begin(database: Database, one: Delivery, number: int) -> Delivery | None:
    with database.begin() as tx:
        return delivery.begin(tx, one.id, number)


def attempt(database: Database, one: Delivery, number: int, outcome: Outcome, enqueue: Enqueued) -> None:
    begun = begin(database, one, number)
    assert begun is not None
    with database.begin() as tx:
        delivery.finish(tx, begun, outcome, enqueue, NOW)


def test_what_is_scheduled_is_queued(database: Database, scheduled: Delivery, enqueue: Enqueued) -> None:
    assert enqueue.calls == [(scheduled.id, 1, scheduled.account_id, 0.0)]
    assert found(database, scheduled) == scheduled
    assert (scheduled.event, scheduled.webhook_id) == (Event.PREDICTION, PREDICTION)
    assert (scheduled.status, scheduled.num_attempts) == (DeliveryStatus.PENDING, 0)


def test_a_success_ends_it(database: Database, scheduled: Delivery, enqueue: Enqueued) -> None:
    attempt(database, scheduled, 1, SUCCESS, enqueue)
    after = found(database, scheduled)
    assert (after.status, after.num_attempts, after.finished_at) == (DeliveryStatus.DELIVERED, 1, NOW)
    (made,) = attempts(database, scheduled)
    assert made == store.Attempt(1, NOW - timedelta(milliseconds=120), 120, 204, "")
    assert enqueue.numbers == [1]


def test_a_failure_is_retried_after_growing_delays_and_given_up(
    database: Database, scheduled: Delivery, enqueue: Enqueued
) -> None:
    for number in range(1, len(RETRY_SECONDS) + 2):
        attempt(database, scheduled, number, FAILURE, enqueue)
    delays = [delay for *_, delay in enqueue.calls[1:]]
    assert enqueue.numbers == [1, 2, 3, 4, 5, 6]
    assert all(
        least <= delay <= least * (1 + JITTER) for least, delay in zip(RETRY_SECONDS, delays, strict=True)
    )
    after = found(database, scheduled)
    assert (after.status, after.next_attempt_at, after.finished_at) == (DeliveryStatus.FAILED, None, NOW)
    assert [made.error for made in attempts(database, scheduled)] == ["answered 500"] * 6


def test_the_log_tells_when_the_next_attempt_is(
    database: Database, scheduled: Delivery, enqueue: Enqueued
) -> None:
    begin(database, scheduled, 1)
    under_way = found(database, scheduled)
    assert under_way.next_attempt_at is None
    with database.begin() as tx:
        delivery.finish(tx, under_way, FAILURE, enqueue, NOW)
    due = found(database, scheduled).next_attempt_at
    assert due == NOW + timedelta(seconds=enqueue.calls[-1][3])


def test_an_attempt_is_begun_once(database: Database, scheduled: Delivery, enqueue: Enqueued) -> None:
    assert begin(database, scheduled, 2) is None
    assert begin(database, scheduled, 1) is not None
    assert begin(database, scheduled, 1) is None
    assert begin(database, scheduled, 2) is None  # while the first is under way


def rescue(database: Database, one: Delivery, number: int, enqueue: Enqueued) -> bool:
    with database.begin() as tx:
        return delivery.rescue(tx, one.id, number, enqueue, NOW)


def test_an_attempt_whose_worker_died_is_made_again_and_does_not_count(
    database: Database, scheduled: Delivery, enqueue: Enqueued
) -> None:
    lost = begin(database, scheduled, 1)
    assert lost is not None
    assert rescue(database, scheduled, 1, enqueue)
    assert not rescue(database, scheduled, 1, enqueue)
    assert enqueue.calls[-1] == (scheduled.id, 2, scheduled.account_id, 0.0)
    with database.begin() as tx:  # it was not dead at all: too late
        delivery.finish(tx, lost, SUCCESS, enqueue, NOW)
    assert found(database, scheduled).status == DeliveryStatus.PENDING
    for number in range(2, 8):
        attempt(database, scheduled, number, FAILURE, enqueue)
    assert enqueue.numbers == [1, 2, 3, 4, 5, 6, 7]
    assert [made.error for made in attempts(database, scheduled)] == [INTERRUPTED] + ["answered 500"] * 6
    assert found(database, scheduled).status == DeliveryStatus.FAILED


def test_an_attempt_taken_from_the_queue_and_not_begun_is_rescued(
    database: Database, scheduled: Delivery, enqueue: Enqueued
) -> None:
    assert rescue(database, scheduled, 1, enqueue)
    assert begin(database, scheduled, 1) is None
    attempt(database, scheduled, 2, SUCCESS, enqueue)
    assert [made.number for made in attempts(database, scheduled)] == [2]


@pytest.mark.parametrize("outcome", [SUCCESS, FAILURE])
def test_what_was_recorded_before_its_worker_died_needs_no_rescue(
    database: Database, scheduled: Delivery, enqueue: Enqueued, outcome: Outcome
) -> None:
    attempt(database, scheduled, 1, outcome, enqueue)
    queued = list(enqueue.calls)
    assert not rescue(database, scheduled, 1, enqueue)
    assert enqueue.calls == queued


def test_what_was_deleted_with_its_prediction_is_no_longer_delivered(
    database: Database, scheduled: Delivery, enqueue: Enqueued
) -> None:
    begun = begin(database, scheduled, 1)
    assert begun is not None
    with database.begin() as tx:
        tx.execute(predictions.delete())
    with database.begin() as tx:
        delivery.finish(tx, begun, FAILURE, enqueue, NOW)
        assert not delivery.rescue(tx, scheduled.id, 1, enqueue, NOW)
        assert delivery.begin(tx, scheduled.id, 2) is None
    assert enqueue.numbers == [1]
    with pytest.raises(NotFound):
        found(database, scheduled)


def redeliver(database: Database, one: Delivery, enqueue: Enqueued) -> Delivery:
    with database.begin() as tx:
        return delivery.redeliver(tx, one.account_id, one.id, enqueue, NOW + timedelta(seconds=1))


def test_a_redelivery_is_a_new_delivery_of_the_same_event(
    database: Database, scheduled: Delivery, enqueue: Enqueued
) -> None:
    attempt(database, scheduled, 1, SUCCESS, enqueue)
    again = redeliver(database, scheduled, enqueue)
    assert (again.webhook_id, again.prediction_id, again.url) == (PREDICTION, PREDICTION, URL)
    assert again.id != scheduled.id
    assert enqueue.calls[-1] == (again.id, 1, again.account_id, 0.0)
    assert found(database, scheduled).status == DeliveryStatus.DELIVERED


def test_a_redelivery_takes_the_place_of_what_waits(
    database: Database, scheduled: Delivery, enqueue: Enqueued
) -> None:
    attempt(database, scheduled, 1, FAILURE, enqueue)
    again = redeliver(database, scheduled, enqueue)
    assert found(database, scheduled).status == DeliveryStatus.FAILED
    assert begin(database, scheduled, 2) is None  # although it is still queued
    attempt(database, again, 1, SUCCESS, enqueue)
    assert found(database, again).status == DeliveryStatus.DELIVERED


def test_there_is_never_more_than_one_attempt_under_way_for_a_prediction(
    database: Database, scheduled: Delivery, enqueue: Enqueued
) -> None:
    begun = begin(database, scheduled, 1)
    assert begun is not None
    with pytest.raises(Conflict, match="right now"):
        redeliver(database, scheduled, enqueue)
    with database.begin() as tx:
        delivery.finish(tx, begun, SUCCESS, enqueue, NOW)
    assert found(database, scheduled).status == DeliveryStatus.DELIVERED


def test_another_accounts_delivery_is_not_there(
    database: Database, scheduled: Delivery, enqueue: Enqueued
) -> None:
    with database.begin() as tx, pytest.raises(NotFound):
        delivery.redeliver(tx, "f" * 32, scheduled.id, enqueue, NOW)


def test_a_test_event_has_one_attempt(database: Database, account_id: str, enqueue: Enqueued) -> None:
    with database.begin() as tx:
        test = delivery.schedule_test(tx, account_id, URL, enqueue, NOW)
    assert (test.event, test.prediction_id) == (Event.TEST, None)
    attempt(database, test, 1, FAILURE, enqueue)
    assert found(database, test).status == DeliveryStatus.FAILED
    assert enqueue.numbers == [1]
    again = redeliver(database, test, enqueue)
    assert (again.event, again.url) == (Event.TEST, URL)


def test_test_events_do_not_pile_up(database: Database, account_id: str, enqueue: Enqueued) -> None:
    with database.begin() as tx:
        tests = [delivery.schedule_test(tx, account_id, URL, enqueue, NOW) for _ in range(MAX_PENDING_TESTS)]
    with database.begin() as tx, pytest.raises(RateLimited):
        delivery.schedule_test(tx, account_id, URL, enqueue, NOW)
    attempt(database, tests[0], 1, SUCCESS, enqueue)
    with database.begin() as tx:
        delivery.schedule_test(tx, account_id, URL, enqueue, NOW)


def test_test_events_are_kept_as_long_as_predictions(
    database: Database, scheduled: Delivery, enqueue: Enqueued
) -> None:
    with database.begin() as tx:
        old = delivery.schedule_test(tx, scheduled.account_id, URL, enqueue, NOW)
        young = delivery.schedule_test(tx, scheduled.account_id, URL, enqueue, NOW + timedelta(seconds=1))
        delivery.expire_tests(tx, NOW + timedelta(seconds=1))
    with pytest.raises(NotFound):
        found(database, old)
    assert found(database, young) == young
    assert found(database, scheduled) == scheduled  # which goes with its prediction


def test_what_nobody_sends_is_found(database: Database, scheduled: Delivery, enqueue: Enqueued) -> None:
    soon, later = NOW + timedelta(minutes=9), NOW + timedelta(minutes=11)
    with database.begin() as tx:
        assert (delivery.overdue(tx, soon), delivery.overdue(tx, later)) == ([], [scheduled.id])
    attempt(database, scheduled, 1, SUCCESS, enqueue)
    with database.begin() as tx:
        assert delivery.overdue(tx, later) == []


def test_a_secret_is_made_once_and_stays(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        first = delivery.secret_of(tx, account_id)
        assert delivery.secret_of(tx, account_id) == first
        assert delivery.valid_secrets(tx, account_id, NOW) == [first]
        other = create_account(tx, "other", Level.ULTRA, NOW)
        assert delivery.secret_of(tx, other.id) != first


def test_a_replaced_secret_signs_for_a_day(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        first = delivery.secret_of(tx, account_id)
        second = delivery.rotate_secret(tx, account_id, NOW)
        assert first != second
        almost = NOW + ROTATION - timedelta(seconds=1)
        for now in (NOW, almost):
            assert delivery.valid_secrets(tx, account_id, now) == [second, first]
            assert delivery.previous_valid_until(tx, account_id, now) == NOW + ROTATION
        assert delivery.valid_secrets(tx, account_id, NOW + ROTATION) == [second]
        assert delivery.previous_valid_until(tx, account_id, NOW + ROTATION) is None
        third = delivery.rotate_secret(tx, account_id, almost)
        assert delivery.valid_secrets(tx, account_id, almost) == [third, second]


def test_a_rotation_comes_before_any_secret_was_asked_for(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        secret = delivery.rotate_secret(tx, account_id, NOW)
        current, previous = delivery.valid_secrets(tx, account_id, NOW)
    assert (current, len(previous)) == (secret, len(secret))
