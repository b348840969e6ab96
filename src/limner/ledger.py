"""Money: append-only transfers between ledger accounts, in integer millionths of a dollar.

Every amount leaves one ledger account and enters another, so the sum over all of them is always zero.
The account's row carries what its transfers add up to, changed in the same transaction by a guarded
update: a submit stays one look-up, and a race cannot overdraw.

    external ── top up ──> account ── hold ──> held ── capture ──> revenue
                              └──── release ────┘

Every function writes in its caller's transaction. Knows predictions by their id alone.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    String,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
    update,
)

from limner.db.tables import accounts, transfers
from limner.errors import InsufficientBalance, InvalidInput, NotFound

MICROS_PER_DOLLAR = 1_000_000
MAX_DOLLARS = 1_000_000_000
EXTERNAL = "external"
REVENUE = "revenue"


# A top-up has no prediction, and NULL equals nothing: it is never known.
_KNOWN = exists().where(
    transfers.c.prediction_id == bindparam("prediction_id", type_=String),
    transfers.c.reason == bindparam("reason", type_=String),
)
_COLUMNS = [column for column in transfers.c if not column.primary_key]
# Made once: to make a statement anew takes longer than to run it.
_APPEND = (
    insert(transfers)
    .from_select(
        [column.name for column in _COLUMNS],
        select(*(bindparam(column.name, type_=column.type) for column in _COLUMNS)).where(~_KNOWN),
    )
    .returning(transfers.c.id)
)
_NO_PURPOSE = dict.fromkeys(("prediction_id", "model_id", "key_id", "num_images"))
_HOLD = (
    update(accounts)
    .where(
        accounts.c.id == bindparam("account"),
        accounts.c.settled_micros - accounts.c.held_micros >= bindparam("amount", type_=BigInteger),
    )
    .values(held_micros=accounts.c.held_micros + bindparam("amount", type_=BigInteger))
)


class Reason(StrEnum):
    TOP_UP = "top_up"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Balance:
    settled_micros: int
    held_micros: int

    @property
    def available_micros(self) -> int:
        return self.settled_micros - self.held_micros


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a transfer is for, as a billing record tells it when the prediction itself is gone."""

    prediction_id: str
    model_id: str
    key_id: str
    num_images: int  # that the amount pays for


@dataclass(frozen=True, slots=True)
class _Transfer:
    account_id: str
    debit: str
    credit: str
    amount_micros: int
    reason: Reason
    purpose: Purpose | None = None


def spendable_of(account_id: str) -> str:
    return f"account:{account_id}"


def held_of(account_id: str) -> str:
    return f"held:{account_id}"


def top_up(tx: Connection, account_id: str, amount_micros: int, now: datetime) -> None:
    """Credit from outside. Raises InvalidInput for less than a millionth."""
    if amount_micros <= 0:
        raise InvalidInput("a top-up must be more than nothing")
    _append(tx, _Transfer(account_id, EXTERNAL, spendable_of(account_id), amount_micros, Reason.TOP_UP), now)
    _change(tx, account_id, settled=amount_micros)


def hold(tx: Connection, account_id: str, amount_micros: int, purpose: Purpose, now: datetime) -> None:
    """Sets the price of a prediction aside. Raises InsufficientBalance; the caller rolls back."""
    own, held = spendable_of(account_id), held_of(account_id)
    if not _append(tx, _Transfer(account_id, own, held, amount_micros, Reason.HOLD, purpose), now):
        return
    granted = tx.execute(_HOLD, {"account": account_id, "amount": amount_micros})
    if granted.rowcount == 0:
        raise InsufficientBalance("Insufficient credits. Please top up your account.")


def capture(tx: Connection, account_id: str, amount_micros: int, purpose: Purpose, now: datetime) -> None:
    """Takes what was earned out of a hold. Repeated, it changes nothing."""
    held = held_of(account_id)
    if _append(tx, _Transfer(account_id, held, REVENUE, amount_micros, Reason.CAPTURE, purpose), now):
        _change(tx, account_id, settled=-amount_micros, held=-amount_micros)


def release(tx: Connection, account_id: str, amount_micros: int, purpose: Purpose, now: datetime) -> None:
    """Gives the rest of a hold back. Repeated, it changes nothing."""
    own, held = spendable_of(account_id), held_of(account_id)
    if _append(tx, _Transfer(account_id, held, own, amount_micros, Reason.RELEASE, purpose), now):
        _change(tx, account_id, held=-amount_micros)


def balance(tx: Connection, account_id: str) -> Balance:
    query = select(accounts.c.settled_micros, accounts.c.held_micros).where(accounts.c.id == account_id)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such account")
    return Balance(row.settled_micros, row.held_micros)


def sum_of_transfers(tx: Connection, account_id: str) -> Balance:
    """The balance as the transfers tell it; the account's row must say the same."""
    spendable = _net(tx, spendable_of(account_id))
    held = _net(tx, held_of(account_id))
    return Balance(spendable + held, held)


def unbalanced_accounts(tx: Connection) -> list[str]:
    """Accounts whose row differs from the sum of their transfers; there must be none. One statement, so that
    nothing moves while it looks."""
    spendable, held = _sum_for("account:"), _sum_for("held:")
    sums = select(transfers.c.account_id, spendable.label("spendable"), held.label("held"))
    found = sums.group_by(transfers.c.account_id).subquery()
    available = accounts.c.settled_micros - accounts.c.held_micros
    is_wrong = (available != func.coalesce(found.c.spendable, 0)) | (
        accounts.c.held_micros != func.coalesce(found.c.held, 0)
    )
    query = select(accounts.c.id).outerjoin_from(accounts, found, accounts.c.id == found.c.account_id)
    return list(tx.execute(query.where(is_wrong).order_by(accounts.c.id)).scalars())


def overdrawn_accounts(tx: Connection) -> list[str]:
    """Accounts that have held more than they have; there must be none."""
    query = select(accounts.c.id).where(accounts.c.settled_micros < accounts.c.held_micros)
    return list(tx.execute(query.order_by(accounts.c.id)).scalars())


def restore_row(tx: Connection, account_id: str) -> Balance:
    """Makes an account's row what its transfers say, which are the truth. Returns that."""
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(held_micros=accounts.c.held_micros))
    truth = sum_of_transfers(tx, account_id)  # nobody else moves it now: its row is locked
    values = {"settled_micros": truth.settled_micros, "held_micros": truth.held_micros}
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(values))
    return truth


def release_rest(tx: Connection, prediction_id: str, now: datetime) -> int:
    """Gives back what is still held for a prediction that is no more; how much. 0 when there is nothing, or
    when part of it was given back before: that is nobody's to guess."""
    rows = tx.execute(select(transfers).where(transfers.c.prediction_id == prediction_id)).all()
    found = {row.reason: row for row in rows}
    held, captured = found.get(Reason.HOLD), found.get(Reason.CAPTURE)
    if held is None or Reason.RELEASE in found:
        return 0
    rest: int = held.amount_micros - (captured.amount_micros if captured else 0)
    purpose = Purpose(prediction_id, held.model_id, held.key_id, held.num_images)
    release(tx, held.account_id, rest, purpose, now)
    return rest


def is_captured(tx: Connection, prediction_id: str) -> bool:
    query = select(transfers.c.id).where(
        transfers.c.prediction_id == prediction_id, transfers.c.reason == Reason.CAPTURE
    )
    return tx.execute(query).first() is not None


def open_holds(tx: Connection) -> set[str]:
    """Predictions whose hold is neither captured nor released in full."""
    entered = case((transfers.c.reason == Reason.HOLD, transfers.c.amount_micros), else_=0)
    left = case(
        (transfers.c.reason.in_([Reason.CAPTURE, Reason.RELEASE]), transfers.c.amount_micros), else_=0
    )
    query = (
        select(transfers.c.prediction_id)
        .where(transfers.c.prediction_id.is_not(None))
        .group_by(transfers.c.prediction_id)
        .having(func.sum(entered) > func.sum(left))
    )
    return set(tx.execute(query).scalars())


def usd_to_micros(dollars: str | Decimal) -> int:
    """Raises InvalidInput for what is not a sum of dollars of at most six decimals."""
    try:
        micros = Decimal(dollars) * MICROS_PER_DOLLAR
        if not 0 <= micros <= MAX_DOLLARS * MICROS_PER_DOLLAR or micros != int(micros):
            raise InvalidInput(f"{dollars} is not an amount of dollars")
    except InvalidOperation as error:
        raise InvalidInput(f"{dollars} is not an amount of dollars") from error
    return int(micros)


def micros_to_usd(amount_micros: int) -> float:
    return amount_micros / MICROS_PER_DOLLAR


def _append(tx: Connection, transfer: _Transfer, now: datetime) -> bool:
    """Whether there was something to write, and it was not written before. The table's unique
    (prediction, reason) stands behind it, should two transactions come to this at once."""
    if transfer.amount_micros <= 0:
        return False
    row = _NO_PURPOSE | asdict(transfer) | {"created_at": now}
    row |= row.pop("purpose") or {}
    # PostgreSQL's driver counts no rows here, so the row itself must say that it was written.
    return tx.execute(_APPEND, row).first() is not None


def _change(tx: Connection, account_id: str, settled: int = 0, held: int = 0) -> None:
    tx.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(settled_micros=accounts.c.settled_micros + settled, held_micros=accounts.c.held_micros + held)
    )


def _sum_for(prefix: str) -> ColumnElement[int]:
    """What of an account's transfers went in, less what went out, at its ledger account of this prefix."""
    own = prefix + transfers.c.account_id
    moved = case((transfers.c.credit == own, transfers.c.amount_micros), else_=0)
    return func.sum(moved - case((transfers.c.debit == own, transfers.c.amount_micros), else_=0))


def _net(tx: Connection, ledger_account: str) -> int:
    received = _total(tx, transfers.c.credit == ledger_account)
    return received - _total(tx, transfers.c.debit == ledger_account)


def _total(tx: Connection, condition: ColumnElement[bool]) -> int:
    return int(tx.execute(select(func.sum(transfers.c.amount_micros)).where(condition)).scalar() or 0)
