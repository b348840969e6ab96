"""The SQL of webhooks: secrets, deliveries, attempts; no rules, those are delivery's.

Of the accounts' rows it knows the columns of the secrets alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, literal_column, select, update

from limner.db.tables import accounts, webhook_attempts, webhook_deliveries
from limner.errors import NotFound

Changes = Mapping[str, Any]  # column to value


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Event(StrEnum):
    PREDICTION = "prediction"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event to be told to one URL. ``num_attempts`` counts those begun, and fences off workers that lost
    theirs; ``next_attempt_at`` is None while one is under way and when there will be none."""

    id: str
    account_id: str
    prediction_id: str | None
    webhook_id: str
    event: Event
    url: str
    status: DeliveryStatus
    num_attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """``http_status`` is None when there was no answer; ``error`` is "" when it was delivered."""

    number: int
    started_at: datetime
    duration_ms: int
    http_status: int | None
    error: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """Of one account; empty texts where there is none."""

    current: str
    previous: str
    rotated_at: datetime | None


def find_secrets(tx: Connection, account_id: str) -> Secrets:
    """Raises NotFound when there is no such account."""
    query = select(
        accounts.c.webhook_secret, accounts.c.previous_webhook_secret, accounts.c.webhook_secret_rotated_at
    )
    row = tx.execute(query.where(accounts.c.id == account_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such account")
    return Secrets(row.webhook_secret or "", row.previous_webhook_secret or "", row.webhook_secret_rotated_at)


def set_first_secret(tx: Connection, account_id: str, secret: str) -> None:
    """Unless there is one already."""
    tx.execute(
        update(accounts)
        .where(accounts.c.id == account_id, accounts.c.webhook_secret.is_(None))
        .values(webhook_secret=secret)
    )


def replace_secret(tx: Connection, account_id: str, secret: str, now: datetime) -> None:
    """The current one becomes the previous one."""
    changes = {
        "previous_webhook_secret": accounts.c.webhook_secret,
        "webhook_secret": secret,
        "webhook_secret_rotated_at": now,
    }
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(changes))


def add(tx: Connection, delivery: Delivery) -> None:
    """Raises IntegrityError when another delivery of this prediction is pending."""
    tx.execute(insert(webhook_deliveries).values(asdict(delivery)))


def find(tx: Connection, account_id: str, delivery_id: str) -> Delivery:
    """A delivery of this account. Raises NotFound."""
    query = select(webhook_deliveries).where(
        webhook_deliveries.c.id == delivery_id, webhook_deliveries.c.account_id == account_id
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f'there is no delivery "{delivery_id}"')
    return _delivery(row)


def find_any(tx: Connection, delivery_id: str) -> Delivery | None:
    """A delivery of whichever account: for the worker."""
    row = tx.execute(select(webhook_deliveries).where(webhook_deliveries.c.id == delivery_id)).one_or_none()
    return None if row is None else _delivery(row)


def swap(
    tx: Connection, delivery_id: str, num_attempts: int, changes: Changes, *, is_under_way: bool
) -> bool:
    """Changes a pending delivery if it has had this many attempts and the last of them is, or is not, under
    way; False, and nothing changed, if not."""
    next_at = webhook_deliveries.c.next_attempt_at
    changed = tx.execute(
        update(webhook_deliveries)
        .where(
            webhook_deliveries.c.id == delivery_id,
            webhook_deliveries.c.status == DeliveryStatus.PENDING,
            webhook_deliveries.c.num_attempts == num_attempts,
            next_at.is_(None) if is_under_way else next_at.is_not(None),
        )
        .values(dict(changes))
    )
    return changed.rowcount == 1


def fail_waiting(tx: Connection, prediction_id: str, now: datetime) -> None:
    """Gives up what waits for a further attempt; one that is under way is left alone."""
    tx.execute(
        update(webhook_deliveries)
        .where(
            webhook_deliveries.c.prediction_id == prediction_id,
            webhook_deliveries.c.status == DeliveryStatus.PENDING,
            webhook_deliveries.c.next_attempt_at.is_not(None),
        )
        .values(status=DeliveryStatus.FAILED, next_attempt_at=None, finished_at=now)
    )


def due_before(tx: Connection, moment: datetime) -> list[str]:
    query = select(webhook_deliveries.c.id).where(
        webhook_deliveries.c.status == DeliveryStatus.PENDING, webhook_deliveries.c.next_attempt_at < moment
    )
    return list(tx.execute(query.order_by(webhook_deliveries.c.next_attempt_at)).scalars())


def pending(tx: Connection) -> list[Delivery]:
    """Of whichever account: for whoever looks for what is stuck."""
    query = select(webhook_deliveries).where(webhook_deliveries.c.status == DeliveryStatus.PENDING)
    return [_delivery(row) for row in tx.execute(query)]


def count_pending(tx: Connection) -> tuple[int, datetime | None]:
    """(how many there are, when the first of their next attempts is due), of whichever account."""
    query = select(func.count(), func.min(webhook_deliveries.c.next_attempt_at))
    row = tx.execute(query.where(webhook_deliveries.c.status == literal_column("'pending'"))).one()
    return row[0], row[1]


def count_pending_tests(tx: Connection, account_id: str) -> int:
    query = select(func.count()).select_from(webhook_deliveries)
    return int(
        tx.execute(
            query.where(
                webhook_deliveries.c.account_id == account_id,
                webhook_deliveries.c.status == DeliveryStatus.PENDING,
                webhook_deliveries.c.prediction_id.is_(None),
            )
        ).scalar_one()
    )


def remove_tests(tx: Connection, before: datetime, limit: int) -> int:
    """So many of them; how many there were."""
    eldest = (
        select(webhook_deliveries.c.id)
        .where(webhook_deliveries.c.prediction_id.is_(None), webhook_deliveries.c.created_at < before)
        .limit(limit)
    )
    return tx.execute(delete(webhook_deliveries).where(webhook_deliveries.c.id.in_(eldest))).rowcount


def add_attempt(tx: Connection, delivery_id: str, attempt: Attempt) -> None:
    tx.execute(insert(webhook_attempts).values(asdict(attempt) | {"delivery_id": delivery_id}))


def count_attempts(tx: Connection, delivery_id: str, without_error: str) -> int:
    """Of those recorded, all but the ones with this error."""
    query = select(func.count()).select_from(webhook_attempts)
    return int(
        tx.execute(
            query.where(
                webhook_attempts.c.delivery_id == delivery_id, webhook_attempts.c.error != without_error
            )
        ).scalar_one()
    )


def find_attempts(tx: Connection, delivery_ids: Sequence[str]) -> dict[str, list[Attempt]]:
    """The attempts of each of these deliveries, first to last."""
    query = (
        select(webhook_attempts)
        .where(webhook_attempts.c.delivery_id.in_(delivery_ids))
        .order_by(webhook_attempts.c.number)
    )
    found: dict[str, list[Attempt]] = {delivery_id: [] for delivery_id in delivery_ids}
    for row in tx.execute(query):
        known = dict(row._mapping)
        found[known.pop("delivery_id")].append(Attempt(**known))
    return found


def list_page(
    tx: Connection, account_id: str, filters: Mapping[str, str], limit: int, offset: int
) -> tuple[list[Delivery], int]:
    """(the deliveries of a page, how many there are in all), newest first. Filters: column to value."""
    conditions = [webhook_deliveries.c.account_id == account_id]
    conditions += [webhook_deliveries.c[column] == value for column, value in filters.items()]
    total = tx.execute(select(func.count()).select_from(webhook_deliveries).where(*conditions)).scalar_one()
    query = (
        select(webhook_deliveries)
        .where(*conditions)
        .order_by(webhook_deliveries.c.created_at.desc(), webhook_deliveries.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [_delivery(row) for row in tx.execute(query)], int(total)


def _delivery(row: Row[Any]) -> Delivery:
    known = dict(row._mapping)
    return Delivery(**known | {"event": Event(known["event"]), "status": DeliveryStatus(known["status"])})
