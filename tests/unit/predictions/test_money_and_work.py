"""Whatever happens, in whatever order: money is conserved and no accepted prediction is without a place."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from limner import accounts, ledger
from limner.accounts import Level, authenticate, create_account, create_key
from limner.db.database import Database
from limner.db.tables import transfers
from limner.errors import InsufficientBalance, NotFound
from limner.inputs import ImageInput
from limner.predictions import lifecycle, removal, store, turns
from limner.predictions.admission import Limits, Submission, purpose_of, submit
from limner.predictions.idempotency import IdempotencyConflict, key_of
from limner.predictions.lifecycle import CancelRequested, LeaseLost
from limner.predictions.prediction import Prediction
from tests.unit.predictions.test_lifecycle import NOW, SPEC, Studio

WORKERS = st.sampled_from(["w1", "w2", "w3"])


class MoneyAndWork(RuleBasedStateMachine):
    """One account of a shared database, of the lowest level, so that some predictions wait; callers that
    repeat themselves, change their minds and delete; workers that begin, die, lag and repeat themselves."""

    held = Bundle("attempts as their workers remember them")

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.accepted: dict[str, int] = {}  # what each was quoted
        self.expected_micros = 0
        self.closed: set[str] = set()
        self.deleted: set[str] = set()
        self.under_key: dict[str, tuple[str, int]] = {}
        self.now = NOW

    @initialize(dollars=st.integers(0, 1))
    def open_account(self, dollars: int) -> None:
        with self.database.begin() as tx:
            count = tx.execute(select(func.count()).select_from(transfers)).scalar_one()
            account = create_account(tx, f"machine {id(self)} {count}", Level.BRONZE, NOW)
            caller = authenticate(tx, create_key(tx, account.id, NOW))
        self.studio = Studio(self.database, caller)
        if dollars:
            self.top_up(dollars * ledger.MICROS_PER_DOLLAR)

    @rule(amount=st.integers(1, 200_000))
    def top_up(self, amount: int) -> None:
        with self.database.begin() as tx:
            ledger.top_up(tx, self.studio.caller.account_id, amount, NOW)
        self.expected_micros += amount

    @rule(num_images=st.integers(1, 4), key=st.sampled_from([None, None, "k1", "k2"]))
    def submit(self, num_images: int, key: str | None) -> None:
        self.now += timedelta(minutes=1)  # the images of a minute are another test's
        price = SPEC.price_micros * num_images
        before = self.balance().available_micros
        former = self.under_key.get(key or "")
        try:
            prediction = self.send(num_images, key)
        except InsufficientBalance:
            assert before < price and former is None
        except IdempotencyConflict:
            assert former is not None and (former[0] in self.deleted or former[1] != num_images)
        else:
            if former is not None:
                assert (prediction.id, num_images) == former
                return
            assert before >= price
            self.accepted[prediction.id] = price
            if key is not None:
                self.under_key[key] = (prediction.id, num_images)

    def send(self, num_images: int, key: str | None) -> Prediction:
        submission = Submission(
            self.studio.caller,
            SPEC,
            ImageInput("a red apple", num_images=num_images),
            idempotency_key=None if key is None else key_of(key, num_images),
        )
        with self.database.begin() as tx:
            return submit(tx, submission, Limits(), self.studio, self.now)

    @precondition(lambda self: self.accepted)
    @rule(choice=st.randoms(use_true_random=False))
    def cancel(self, choice: Any) -> None:
        prediction_id = choice.choice(list(self.accepted))
        with self.database.begin() as tx:
            try:
                found = lifecycle.cancel(
                    tx, self.studio.caller.account_id, prediction_id, self.studio, self.now
                )
            except NotFound:
                assert prediction_id in self.deleted
                return
        if found.is_terminal:
            assert found.is_cancelled or prediction_id in self.closed
            self.closed.add(prediction_id)
        else:
            assert found.owner is not None

    @precondition(lambda self: self.accepted)
    @rule(choice=st.randoms(use_true_random=False))
    def delete(self, choice: Any) -> None:
        ids = choice.sample(list(self.accepted), min(2, len(self.accepted)))
        with self.database.begin() as tx:
            gone = lifecycle.delete(tx, self.studio.caller.account_id, ids, self.studio, self.now)
        assert set(gone) == set(ids) - self.deleted
        self.closed.update(gone)
        self.deleted.update(gone)

    @rule()
    def expire(self) -> None:
        """Everything that is finished, former machines' too; keys stay, for they are younger than a day."""
        with self.database.begin() as tx:
            expired = store.lock_expired(tx, NOW + timedelta(days=30), limit=1_000)
            for prediction in expired:
                removal.remove(tx, prediction, self.now)
        own = {one.id for one in expired if one.account_id == self.studio.caller.account_id}
        assert own == self.closed - self.deleted
        self.deleted |= own

    @rule(target=held, choice=st.randoms(use_true_random=False), worker=WORKERS)
    def begin(self, choice: Any, worker: str) -> Any:
        """A queue may hand out the same entry twice; the second begin comes to nothing."""
        if not self.studio.queued:
            return multiple()
        prediction_id, attempt = choice.choice(self.studio.queued)
        begun = self.studio.begin(prediction_id, attempt, worker)
        return multiple() if begun is None else begun

    @rule(prediction=held)
    def enter_engine(self, prediction: Prediction) -> None:
        try:
            self.studio.do(lifecycle.enter_engine, prediction)
        except LeaseLost:
            self.assert_lost(prediction)

    @rule(prediction=held, share=st.floats(0, 1))
    def complete(self, prediction: Prediction, share: float) -> None:
        delivered = max(1, round(share * prediction.request.num_images))
        was_closed = prediction.id in self.closed
        try:
            self.studio.complete(prediction, delivered)
        except LeaseLost:
            self.assert_lost(prediction)
        except CancelRequested:
            assert self.studio.find(prediction.id).cancel_requested_at is not None
        else:
            self.closed.add(prediction.id)
            self.expected_micros -= 0 if was_closed else SPEC.price_micros * delivered

    @rule(prediction=held)
    def fail(self, prediction: Prediction) -> None:
        try:
            self.studio.fail(prediction)
        except LeaseLost:
            self.assert_lost(prediction)
        else:
            self.closed.add(prediction.id)

    @rule(prediction=held)
    def rescue(self, prediction: Prediction) -> None:
        if self.studio.rescue(prediction.id, prediction.attempt, str(prediction.owner)):
            assert prediction.id not in self.closed
            found = self.studio.find(prediction.id)
            assert found.is_terminal or found.cancel_requested_at is None
            if found.is_terminal:
                self.closed.add(prediction.id)

    @rule(prediction=held)
    def repeat_the_settlement(self, prediction: Prediction) -> None:
        if prediction.id in self.closed:
            account_id = self.studio.caller.account_id
            before = self.balance()
            with self.database.begin() as tx:
                if ledger.open_holds(tx) & self.closed:
                    raise AssertionError("a closed prediction holds money")
                for repeat in (ledger.capture, ledger.release):
                    if self.was_written(tx, prediction.id, repeat.__name__):
                        repeat(tx, account_id, 1, purpose_of(prediction, 1), NOW)
            assert self.balance() == before

    @invariant()
    def money_is_conserved(self) -> None:
        with self.database.read() as tx:
            assert ledger.unbalanced_accounts(tx) == []
            assert sum(net for _, net in self.nets(tx)) == 0
            assert all(net >= 0 for name, net in self.nets(tx) if name != ledger.EXTERNAL)

    @invariant()
    def the_balance_is_what_was_paid_less_what_was_delivered(self) -> None:
        if hasattr(self, "studio"):
            open_micros = sum(price for one, price in self.accepted.items() if one not in self.closed)
            assert self.balance() == ledger.Balance(self.expected_micros, open_micros)

    @invariant()
    def open_holds_are_live_predictions(self) -> None:
        with self.database.read() as tx:
            assert ledger.open_holds(tx) == store.live_ids(tx)
            if hasattr(self, "studio"):
                live = len(self.accepted.keys() - self.closed)
                counts = accounts.counted(tx, self.studio.caller.account_id)
                assert counts == (live, min(live, accounts.CONCURRENT_PREDICTIONS[Level.BRONZE]))
            assert turns.miscounted(tx) == []

    @invariant()
    def every_live_prediction_has_one_place(self) -> None:
        for prediction_id in self.accepted.keys() - self.closed:
            prediction = self.studio.find(prediction_id)
            entries = self.studio.queued.count((prediction_id, prediction.attempt))
            # In the queue, or taken from it by the owner; or it waits for its account's level.
            assert entries == (0 if prediction.queue_tag is None else 1)
            assert (prediction_id, prediction.attempt + 1) not in self.studio.queued

    def balance(self) -> ledger.Balance:
        with self.database.read() as tx:
            return ledger.balance(tx, self.studio.caller.account_id)

    def assert_lost(self, prediction: Prediction) -> None:
        if prediction.id in self.deleted:
            return
        now = self.studio.find(prediction.id)
        assert now.is_terminal or now.attempt != prediction.attempt

    def nets(self, tx: Any) -> list[tuple[str, int]]:
        nets: dict[str, int] = {}
        for debit, credit, amount in tx.execute(
            select(transfers.c.debit, transfers.c.credit, transfers.c.amount_micros)
        ):
            nets[debit] = nets.get(debit, 0) - amount
            nets[credit] = nets.get(credit, 0) + amount
        return list(nets.items())

    def was_written(self, tx: Any, prediction_id: str, reason: str) -> bool:
        query = select(transfers.c.id).where(
            transfers.c.prediction_id == prediction_id, transfers.c.reason == reason
        )
        return tx.execute(query).first() is not None


@pytest.mark.timeout(180)
def test_money_and_work(database: Database) -> None:
    class OnThisDatabase(MoneyAndWork):
        def __init__(self) -> None:
            super().__init__(database)

    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
