"""Idempotency keys: one prediction and one charge, however often and however concurrently it is asked for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from limner.accounts import Level, count_live
from limner.db.database import Database
from limner.errors import Conflict, InsufficientBalance, InvalidInput
from limner.inputs import ImageInput
from limner.predictions import idempotency, lifecycle
from limner.predictions.admission import Limits, Submission, submit
from limner.predictions.idempotency import IdempotencyConflict, key_of
from limner.predictions.prediction import Prediction
from tests.unit.predictions.test_lifecycle import NOW, SPEC, Studio, make_studio

DAY = timedelta(hours=24)


@dataclass
class Desk(Studio):
    """Submits under keys, again and again."""

    def send(
        self, key: str = "k", prompt: str = "a red apple", now: datetime = NOW, num_images: int = 1
    ) -> Prediction:
        request = ImageInput(prompt, num_images=num_images)
        key_and_content = key_of(key, ["google/imagen4", {"prompt": prompt, "num_images": num_images}])
        submission = Submission(self.caller, SPEC, request, idempotency_key=key_and_content)
        with self.database.begin() as tx:
            return submit(tx, submission, Limits(), self, now)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, make_studio(database, Level.ULTRA).caller)


def test_the_same_request_again_is_the_same_prediction(desk: Desk) -> None:
    first = desk.send()
    assert desk.send() == first
    assert len(desk.queued) == 1
    assert desk.spent() == (0, 38_000)


def test_a_repetition_sees_what_has_become_of_it(desk: Desk) -> None:
    begun = desk.begin(desk.send().id)
    assert begun is not None
    desk.complete(begun)
    again = desk.send(now=NOW + timedelta(hours=23))
    assert (again.id, len(again.outputs)) == (begun.id, 1)
    assert desk.spent() == (38_000, 0)


def test_sent_at_once_it_is_made_once(desk: Desk) -> None:
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: desk.send().id, range(8)))
    assert len(set(sent)) == 1
    assert len(desk.queued) == 1
    assert desk.spent() == (0, 38_000)


def test_another_request_under_the_same_key_is_refused(desk: Desk) -> None:
    desk.send()
    with pytest.raises(IdempotencyConflict, match="another request"):
        desk.send(prompt="a green pear")
    assert desk.send("k2", prompt="a green pear").request.prompt == "a green pear"


def test_a_key_is_its_accounts_own(desk: Desk, database: Database) -> None:
    other = Desk(database, make_studio(database, Level.BRONZE).caller)
    assert desk.send().id != other.send().id


def test_after_a_day_a_key_is_new(desk: Desk) -> None:
    first = desk.send()
    assert desk.send(now=NOW + DAY - timedelta(seconds=1)) == first
    second = desk.send(prompt="a green pear", now=NOW + DAY)
    assert second.id != first.id
    assert desk.send(prompt="a green pear", now=NOW + DAY + timedelta(hours=1)) == second


def test_what_was_refused_leaves_its_key_free(desk: Desk) -> None:
    for n in range(6):
        desk.send(f"k{n}", num_images=4)
    with pytest.raises(InsufficientBalance):
        desk.send("late", num_images=4)
    assert desk.send("late", prompt="a green pear").request.prompt == "a green pear"


def test_a_repetition_counts_toward_no_limit(database: Database) -> None:
    desk = Desk(database, make_studio(database, Level.BRONZE).caller)
    for _ in range(12):
        desk.send()
    with database.read() as tx:
        assert count_live(tx, desk.caller.account_id) == 1


def test_a_deleted_prediction_is_not_made_again_by_a_late_repetition(desk: Desk) -> None:
    prediction = desk.send()
    with desk.database.begin() as tx:
        lifecycle.delete(tx, desk.caller.account_id, [prediction.id], desk, NOW)
    with pytest.raises(Conflict, match="deleted"):
        desk.send()
    assert desk.spent() == (0, 0)


def test_old_keys_are_dropped(desk: Desk) -> None:
    desk.send()
    with desk.database.begin() as tx:
        idempotency.expire(tx, NOW + DAY, limit=10)
        assert idempotency.find(tx, desk.caller.account_id, key_of("k", {}), NOW) is None


def test_the_way_a_body_is_written_does_not_matter() -> None:
    assert key_of("k", {"a": 1, "b": "ü"}) == key_of("k", {"b": "ü", "a": 1})
    assert key_of("k", {"a": 1}) != key_of("k", {"a": 2})


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "grüße", "new\nline"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match="Idempotency-Key must be 1 to 255"):
        key_of(key, {})
