"""The life of a prediction, one transaction at a time, and who may end it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, update

from limner import ledger
from limner.accounts import Caller, Level, authenticate, count_live, create_account, create_key
from limner.catalog import build_catalog
from limner.db.database import Database
from limner.db.tables import predictions
from limner.errors import InsufficientBalance, LimnerError, NotFound, RateLimited
from limner.inputs import ImageInput
from limner.predictions import lifecycle, store
from limner.predictions.admission import Limits, Submission, submit
from limner.predictions.lifecycle import CancelRequested, LeaseLost, Made
from limner.predictions.prediction import Failure, Output, Prediction, Status

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SPEC = build_catalog({}).find("google/imagen4")
MADE = Made("gradient/1.0", ("the word “zyx” was left out",), 120)


@dataclass
class Studio:
    """An account with one dollar, a queue that only remembers, and the moves of a worker."""

    database: Database
    caller: Caller
    queued: list[tuple[str, int]] = field(default_factory=list)
    tags: dict[str, int] = field(default_factory=dict)
    announced: list[tuple[str, Status]] = field(default_factory=list)

    def enqueue(self, tx: Connection, prediction_id: str, attempt: int, pool: str, queue_tag: int) -> None:
        self.queued.append((prediction_id, attempt))
        self.tags[prediction_id] = queue_tag

    def announce(self, tx: Connection, prediction: Prediction, now: datetime) -> None:
        self.announced.append((prediction.id, prediction.status))

    def submit(self, num_images: int = 1, limits: Limits | None = None, now: datetime = NOW) -> Prediction:
        submission = Submission(self.caller, SPEC, ImageInput("a red apple", num_images=num_images))
        with self.database.begin() as tx:
            return submit(tx, submission, limits or Limits(), self, now)

    def begin(
        self, prediction_id: str, attempt: int = 1, owner: str = "w1", now: datetime = NOW
    ) -> Prediction | None:
        with self.database.begin() as tx:
            return lifecycle.begin(tx, prediction_id, attempt, owner, now)

    def begun(self, num_images: int = 1) -> Prediction:
        prediction = self.begin(self.submit(num_images).id)
        assert prediction is not None
        return prediction

    def do(self, step: Callable[..., None], *arguments: object) -> None:
        with self.database.begin() as tx:
            step(tx, *arguments)

    def complete(self, prediction: Prediction, delivered: int = 1) -> None:
        self.do(lifecycle.complete, prediction, outputs(prediction, delivered), MADE, self, NOW)

    def fail(self, prediction: Prediction) -> None:
        self.do(lifecycle.fail, prediction, Failure("The paint ran out."), self, NOW)

    def rescue(self, prediction_id: str, attempt: int = 1, owner: str = "w1", is_death: bool = True) -> bool:
        with self.database.begin() as tx:
            return lifecycle.rescue(tx, prediction_id, attempt, owner, self, NOW, is_death)

    def find(self, prediction_id: str) -> Prediction:
        with self.database.read() as tx:
            return store.find(tx, self.caller.account_id, prediction_id)

    def spent(self) -> tuple[int, int]:
        """(gone, held)"""
        with self.database.read() as tx:
            assert ledger.unbalanced_accounts(tx) == []
            balance = ledger.balance(tx, self.caller.account_id)
        return ledger.MICROS_PER_DOLLAR - balance.settled_micros, balance.held_micros


def outputs(prediction: Prediction, delivered: int) -> list[Output]:
    keys = [f"predictions/{prediction.id}/{prediction.attempt}/{n}.png" for n in range(1, delivered + 1)]
    return [Output(n, key, 7 + n, 1024, 1024, "image/png", 1000) for n, key in enumerate(keys, 1)]


@pytest.fixture
def studio(database: Database) -> Studio:
    return make_studio(database, Level.ULTRA)


def make_studio(database: Database, level: Level) -> Studio:
    with database.begin() as tx:
        account = create_account(tx, f"studio {level}", level, NOW)
        ledger.top_up(tx, account.id, ledger.MICROS_PER_DOLLAR, NOW)
        caller = authenticate(tx, create_key(tx, account.id, NOW))
    return Studio(database, caller)


def test_a_submit_holds_the_price_and_queues_the_first_attempt(studio: Studio) -> None:
    prediction = studio.submit(num_images=2)
    assert studio.find(prediction.id) == prediction
    assert (prediction.status, prediction.attempt) == (Status.CREATED, 1)
    assert studio.queued == [(prediction.id, 1)]
    assert studio.spent() == (0, 2 * 38_000)


def test_an_absent_seed_is_drawn_once_and_told(studio: Studio) -> None:
    prediction = studio.submit(num_images=3)
    assert prediction.request.seed >= 0
    assert prediction.inputs["seed"] == prediction.request.seed
    assert prediction.seeds == tuple(prediction.request.seed + k for k in range(3))
    assert studio.submit().request.seed != prediction.request.seed


def test_a_submit_without_credit_leaves_nothing(studio: Studio) -> None:
    for _ in range(6):
        studio.submit(num_images=4)
    with pytest.raises(InsufficientBalance):
        studio.submit(num_images=4)
    with studio.database.read() as tx:
        assert (store.count_live(tx), count_live(tx, studio.caller.account_id)) == (6, 6)


def test_a_full_queue_refuses(studio: Studio) -> None:
    studio.submit()
    with pytest.raises(RateLimited, match="1 predictions wait") as refused:
        studio.submit(limits=Limits(queue=1))
    assert refused.value.retry_after_seconds > 0
    with pytest.raises(RateLimited, match="of this account"):
        studio.submit(limits=Limits(account_queue=1))


def test_a_queue_has_room_again_when_something_finishes(studio: Studio) -> None:
    studio.complete(studio.begun())
    assert studio.submit(limits=Limits(queue=1, account_queue=1)).status == Status.CREATED


def test_the_level_limits_images_per_minute(database: Database) -> None:
    studio = make_studio(database, Level.BRONZE)
    for images in (4, 4):
        studio.submit(images)
    late = NOW + timedelta(seconds=50)
    with pytest.raises(RateLimited, match="10 images per minute") as refused:
        studio.submit(4, now=late)
    assert refused.value.retry_after_seconds == 10
    studio.submit(2, now=late)  # what was refused did not count
    studio.submit(4, now=NOW + timedelta(minutes=1))


def test_an_attempt_is_begun_once(studio: Studio) -> None:
    prediction = studio.submit()
    begun = studio.begin(prediction.id, owner="w1")
    assert begun is not None
    assert (begun.status, begun.owner, begun.started_at) == (Status.PROCESSING, "w1", NOW)
    assert studio.begin(prediction.id, owner="w2") is None
    assert studio.begin("no such prediction") is None


def test_completion_charges_for_what_was_delivered(studio: Studio) -> None:
    prediction = studio.begun(num_images=4)
    studio.complete(prediction, delivered=3)
    done = studio.find(prediction.id)
    assert done.status == Status.COMPLETED
    assert [output.n for output in done.outputs] == [1, 2, 3]
    assert (done.made_by, done.warnings, done.inference_ms) == (MADE.made_by, MADE.warnings, 120)
    assert studio.spent() == (3 * 38_000, 0)


def test_failure_is_free(studio: Studio) -> None:
    prediction = studio.begun(num_images=4)
    studio.fail(prediction)
    failed = studio.find(prediction.id)
    assert (failed.status, failed.failure.text) == (Status.FAILED, "The paint ran out.")
    assert studio.spent() == (0, 0)


def test_closing_twice_is_closing_once(studio: Studio) -> None:
    prediction = studio.begun()
    for _ in range(2):
        studio.complete(prediction)
    studio.fail(prediction)
    assert studio.find(prediction.id).status == Status.COMPLETED
    assert studio.spent() == (38_000, 0)


def test_a_rescue_queues_the_next_attempt_and_fences_the_former(studio: Studio) -> None:
    former = studio.begun()
    assert studio.rescue(former.id)
    assert studio.queued[-1] == (former.id, 2)
    for step in (lifecycle.enter_engine, lifecycle.leave_engine, lifecycle.look):
        with pytest.raises(LeaseLost):
            studio.do(step, former)
    with pytest.raises(LeaseLost):
        studio.complete(former)
    with pytest.raises(LeaseLost):
        studio.fail(former)
    assert studio.begin(former.id, attempt=1) is None
    present = studio.begin(former.id, attempt=2, owner="w2")
    assert present is not None
    studio.complete(present)
    with pytest.raises(LeaseLost):
        studio.complete(former)
    assert studio.spent() == (38_000, 0)


def test_only_what_the_dead_had_is_rescued_and_only_once(studio: Studio) -> None:
    prediction = studio.begun()
    assert not studio.rescue(prediction.id, owner="w2")
    assert studio.rescue(prediction.id)
    assert not studio.rescue(prediction.id)
    assert not studio.rescue("no such prediction")
    assert len(studio.queued) == 2


def test_what_was_taken_from_the_queue_but_not_begun_is_rescued_too(studio: Studio) -> None:
    prediction = studio.submit()
    assert studio.rescue(prediction.id, owner="w1")
    assert studio.find(prediction.id).status == Status.CREATED


def test_what_is_finished_is_not_rescued(studio: Studio) -> None:
    prediction = studio.begun()
    studio.complete(prediction)
    assert not studio.rescue(prediction.id)


def die(studio: Studio, prediction_id: str, attempt: int, is_in_engine: bool) -> None:
    begun = studio.begin(prediction_id, attempt)
    assert begun is not None
    studio.do(lifecycle.enter_engine, begun)
    if not is_in_engine:
        studio.do(lifecycle.leave_engine, begun)
    assert studio.rescue(prediction_id, attempt)


def test_five_deaths_in_its_engine_fail_a_prediction_free(studio: Studio) -> None:
    prediction = studio.submit()
    for attempt in range(1, 6):
        assert studio.find(prediction.id).status != Status.FAILED
        die(studio, prediction.id, attempt, is_in_engine=True)
    failed = studio.find(prediction.id)
    assert failed.status == Status.FAILED
    assert "5 times" in failed.failure.text
    assert studio.spent() == (0, 0)
    assert len(studio.queued) == 5


def test_deaths_elsewhere_do_not_count(studio: Studio) -> None:
    prediction = studio.submit()
    for attempt in range(1, 8):
        die(studio, prediction.id, attempt, is_in_engine=False)
    assert studio.find(prediction.id).engine_deaths == 0


def test_putting_back_is_no_death(studio: Studio) -> None:
    prediction = studio.begun()
    studio.do(lifecycle.enter_engine, prediction)
    assert studio.rescue(prediction.id, is_death=False)
    assert studio.find(prediction.id).engine_deaths == 0


def test_progress_is_told(studio: Studio) -> None:
    prediction = studio.begun()
    studio.do(lifecycle.record_progress, prediction, 3, 16)
    found = studio.find(prediction.id)
    assert (found.step, found.num_steps) == (3, 16)


def test_a_look_sees_the_wish_to_cancel(studio: Studio) -> None:
    prediction = studio.begun()
    studio.do(lifecycle.look, prediction)
    with studio.database.begin() as tx:
        tx.execute(update(predictions).values(cancel_requested_at=NOW))
    with pytest.raises(CancelRequested):
        studio.do(lifecycle.look, prediction)


def test_another_accounts_prediction_is_not_found(studio: Studio) -> None:
    prediction = studio.submit()
    with pytest.raises(NotFound), studio.database.read() as tx:
        store.find(tx, "somebody else", prediction.id)


def test_an_output_is_found_by_number(studio: Studio) -> None:
    prediction = studio.begun()
    studio.complete(prediction)
    with studio.database.read() as tx:
        assert store.find_output(tx, prediction.id, 1) == outputs(prediction, 1)[0]
        with pytest.raises(LimnerError, match="no such output"):
            store.find_output(tx, prediction.id, 2)
