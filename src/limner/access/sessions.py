"""Browsers that are signed in. A session stands for a key and ends with it, at the latest after a month.

It is kept in the database, so every API process knows it and a restart forgets nothing. What the browser
holds, and what a one-time link holds, is drawn here and stored as a hash only: nobody can choose one.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from limner.accounts import Caller, Level
from limner.db.tables import accounts, api_keys, sessions, sign_in_tickets
from limner.errors import Forbidden, Unauthorized

SESSION_LIFETIME = timedelta(days=30)
TICKET_LIFETIME = timedelta(minutes=15)
MOST_SESSIONS_OF_A_KEY = 100


@dataclass(frozen=True, slots=True)
class Session:
    caller: Caller
    account_name: str
    key_name: str
    key_hint: str
    expires_at: datetime


def issue_ticket(tx: Connection, key_id: str, now: datetime) -> str:
    """For a one-time link that signs in with this key."""
    tx.execute(delete(sign_in_tickets).where(sign_in_tickets.c.expires_at <= now))
    ticket = secrets.token_hex(32)
    row = {"sha256": _sha256(ticket), "key_id": key_id, "expires_at": now + TICKET_LIFETIME}
    tx.execute(insert(sign_in_tickets).values(row))
    return ticket


def spend_ticket(tx: Connection, ticket: str, now: datetime) -> str:
    """The id of the key that it signs in with. Raises Unauthorized, the second time too: of two that come
    at once, one deletes the row, and only that one has it."""
    spending = delete(sign_in_tickets).where(
        sign_in_tickets.c.sha256 == _sha256(ticket), sign_in_tickets.c.expires_at > now
    )
    key_id = tx.execute(spending.returning(sign_in_tickets.c.key_id)).scalar_one_or_none()
    if key_id is None:
        raise Unauthorized("this link was used already, or has expired; limner sign-in prints another")
    return str(key_id)


def begin(tx: Connection, key_id: str, now: datetime) -> str:
    """A new session, and what the browser is to present: never anything that it brought along. Where a key
    has too many, the oldest ends."""
    tx.execute(delete(sessions).where(sessions.c.expires_at <= now))
    newest = select(sessions.c.sha256).where(sessions.c.key_id == key_id)
    kept = newest.order_by(sessions.c.created_at.desc()).limit(MOST_SESSIONS_OF_A_KEY - 1)
    tx.execute(delete(sessions).where(sessions.c.key_id == key_id, sessions.c.sha256.not_in(kept)))
    token = secrets.token_hex(32)
    row = {"sha256": _sha256(token), "key_id": key_id, "created_at": now}
    tx.execute(insert(sessions).values(row | {"expires_at": now + SESSION_LIFETIME}))
    return token


def find(tx: Connection, token: str, now: datetime) -> Session:
    """Raises Unauthorized, or Forbidden for a suspended account."""
    query = (
        select(
            *(api_keys.c.account_id, sessions.c.key_id, accounts.c.level, accounts.c.suspended_at),
            *(accounts.c.name.label("account_name"), sessions.c.expires_at),
            *(api_keys.c.name.label("key_name"), api_keys.c.hint),
        )
        .select_from(sessions.join(api_keys).join(accounts))
        .where(
            sessions.c.sha256 == _sha256(token),
            sessions.c.expires_at > now,
            api_keys.c.revoked_at.is_(None),
        )
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        raise Unauthorized("you are signed out: sign in again")
    if row.suspended_at is not None:
        raise Forbidden("this account is suspended; ask whoever runs this server")
    caller = Caller(row.account_id, row.key_id, Level(row.level))
    return Session(caller, row.account_name, row.key_name, row.hint, row.expires_at)


def end(tx: Connection, token: str) -> None:
    tx.execute(delete(sessions).where(sessions.c.sha256 == _sha256(token)))


def end_all(tx: Connection, account_id: str) -> None:
    """In every browser, whichever key of the account it signed in with."""
    keys = select(api_keys.c.id).where(api_keys.c.account_id == account_id)
    tx.execute(delete(sessions).where(sessions.c.key_id.in_(keys)))


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
