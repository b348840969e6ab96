"""Whatever happens, in whatever order: money is conserved and no accepted prediction is without a place."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from limner import ledger
from limner.accounts import Level, authenticate, count_live, create_account, create_key
from limner.db.database import Database
from limner.db.tables import transfers
from limner.errors import InsufficientBalance
from limner.predictions import lifecycle, store
from limner.predictions.admission import purpose_of
from limner.predictions.lifecycle import LeaseLost
from limner.predictions.prediction import Prediction
from tests.unit.predictions.test_lifecycle import NOW, SPEC, Studio

WORKERS = st.sampled_from(["w1", "w2", "w3"])


class MoneyAndWork(RuleBasedStateMachine):
    """One account of a shared database, several workers that begin, die, lag behind and repeat themselves."""

    held = Bundle("attempts as their workers remember them")

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.accepted: dict[str, int] = {}  # what each was quoted
        self.expected_micros = 0
        self.closed: set[str] = set()

    @initialize(dollars=st.integers(0, 1))
    def open_account(self, dollars: int) -> None:
        with self.database.begin() as tx:
            count = tx.execute(select(func.count()).select_from(transfers)).scalar_one()
            account = create_account(tx, f"machine {id(self)} {count}", Level.ULTRA, NOW)
            caller = authenticate(tx, create_key(tx, account.id, NOW))
        self.studio = Studio(self.database, caller)
        if dollars:
            self.top_up(dollars * ledger.MICROS_PER_DOLLAR)

    @rule(amount=st.integers(1, 200_000))
    def top_up(self, amount: int) -> None:
        with self.database.begin() as tx:
            ledger.top_up(tx, self.studio.caller.account_id, amount, NOW)
        self.expected_micros += amount

    @rule(num_images=st.integers(1, 4))
    def submit(self, num_images: int) -> None:
        price = SPEC.price_micros * num_images
        before = self.balance().available_micros
        try:
            prediction = self.studio.submit(num_images)
        except InsufficientBalance:
            assert before < price
        else:
            assert before >= price
            self.accepted[prediction.id] = price

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
            if self.studio.find(prediction.id).is_terminal:
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
                assert count_live(tx, self.studio.caller.account_id) == live

    @invariant()
    def every_live_prediction_has_one_place(self) -> None:
        for prediction_id in self.accepted.keys() - self.closed:
            prediction = self.studio.find(prediction_id)
            entries = self.studio.queued.count((prediction_id, prediction.attempt))
            assert entries == 1  # in the queue, or taken from it by the owner
            assert (prediction_id, prediction.attempt + 1) not in self.studio.queued

    def balance(self) -> ledger.Balance:
        with self.database.read() as tx:
            return ledger.balance(tx, self.studio.caller.account_id)

    def assert_lost(self, prediction: Prediction) -> None:
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


def test_money_and_work(database: Database) -> None:
    class OnThisDatabase(MoneyAndWork):
        def __init__(self) -> None:
            super().__init__(database)

    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
