"""Money: what each transfer does to the balance, and what it refuses."""

from datetime import UTC, datetime

import pytest

from limner import ledger
from limner.accounts import Level, create_account
from limner.db.database import Database
from limner.errors import InsufficientBalance, InvalidInput, NotFound
from limner.ledger import Balance, Purpose

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
P1 = Purpose("p1", "google/imagen4", "k1", 1)
P2 = Purpose("p2", "google/imagen4", "k1", 1)


@pytest.fixture
def account_id(database: Database) -> str:
    with database.begin() as tx:
        account = create_account(tx, "studio", Level.ULTRA, NOW)
        ledger.top_up(tx, account.id, 100_000, NOW)
    return account.id


def balance(database: Database, account_id: str) -> Balance:
    with database.read() as tx:
        assert ledger.balance(tx, account_id) == ledger.sum_of_transfers(tx, account_id)
        return ledger.balance(tx, account_id)


def test_a_hold_takes_from_what_can_be_spent_only(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        ledger.hold(tx, account_id, 30_000, P1, NOW)
    assert balance(database, account_id) == Balance(100_000, 30_000)
    assert balance(database, account_id).available_micros == 70_000


def test_a_hold_over_the_balance_is_refused_and_leaves_nothing(database: Database, account_id: str) -> None:
    with pytest.raises(InsufficientBalance), database.begin() as tx:
        ledger.hold(tx, account_id, 100_001, P1, NOW)
    assert balance(database, account_id) == Balance(100_000, 0)
    with database.read() as tx:
        assert ledger.open_holds(tx) == set()


def test_what_is_held_cannot_be_held_twice(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        ledger.hold(tx, account_id, 60_000, P1, NOW)
    with pytest.raises(InsufficientBalance), database.begin() as tx:
        ledger.hold(tx, account_id, 60_000, P2, NOW)


def test_capture_and_release_end_a_hold(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        ledger.hold(tx, account_id, 30_000, P1, NOW)
        ledger.capture(tx, account_id, 10_000, P1, NOW)
        assert ledger.open_holds(tx) == {"p1"}
        ledger.release(tx, account_id, 20_000, P1, NOW)
        assert ledger.open_holds(tx) == set()
    assert balance(database, account_id) == Balance(90_000, 0)


def test_repetition_changes_nothing(database: Database, account_id: str) -> None:
    for _ in range(3):
        with database.begin() as tx:
            ledger.hold(tx, account_id, 30_000, P1, NOW)
    for _ in range(3):
        with database.begin() as tx:
            ledger.capture(tx, account_id, 10_000, P1, NOW)
            ledger.release(tx, account_id, 20_000, P1, NOW)
    assert balance(database, account_id) == Balance(90_000, 0)


def test_two_top_ups_are_two(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        ledger.top_up(tx, account_id, 1, NOW)
    assert balance(database, account_id).settled_micros == 100_001


def test_a_top_up_of_nothing_is_refused(database: Database, account_id: str) -> None:
    with pytest.raises(InvalidInput), database.begin() as tx:
        ledger.top_up(tx, account_id, 0, NOW)


def test_an_unknown_account_has_no_balance(database: Database) -> None:
    with pytest.raises(NotFound), database.read() as tx:
        ledger.balance(tx, "nobody")


@pytest.mark.parametrize(
    ("dollars", "micros"), [("0", 0), ("0.038", 38_000), ("1000", 1_000_000_000), ("12.000001", 12_000_001)]
)
def test_dollars_become_micros_exactly(dollars: str, micros: int) -> None:
    assert ledger.usd_to_micros(dollars) == micros
    assert ledger.micros_to_usd(micros) == float(dollars)


@pytest.mark.parametrize("dollars", ["", "ten", "-1", "0.0000001", "NaN", "Infinity", "1e30"])
def test_what_is_no_amount_is_refused(dollars: str) -> None:
    with pytest.raises(InvalidInput, match="not an amount"):
        ledger.usd_to_micros(dollars)
