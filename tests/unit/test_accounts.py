"""Accounts and keys: what identifies a caller, and what is never stored."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from limner.accounts import Level, authenticate, create_account, create_key, find_account, has_key, is_key_of
from limner.db.database import Database
from limner.db.tables import api_keys
from limner.errors import Conflict, InvalidInput, NotFound, Unauthorized

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def account_id(database: Database) -> str:
    with database.begin() as tx:
        return create_account(tx, "studio", Level.GOLD, NOW).id


def test_a_key_stands_for_its_account(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        assert not has_key(tx, account_id)
        key = create_key(tx, account_id, NOW)
        caller = authenticate(tx, key)
        assert has_key(tx, account_id)
        assert is_key_of(tx, account_id, key)
    assert (caller.account_id, caller.level) == (account_id, Level.GOLD)


def test_a_key_suits_every_client_and_is_not_stored(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        key = create_key(tx, account_id, NOW)
        stored = tx.execute(select(api_keys)).one()
    assert re.fullmatch(r"[A-Za-z0-9_-]{40,}", key)
    assert key not in str(stored)


@pytest.mark.parametrize("key", ["", "unknown", "x" * 10_000])
def test_an_unknown_key_is_refused(database: Database, account_id: str, key: str) -> None:
    with pytest.raises(Unauthorized, match="Invalid API key"), database.read() as tx:
        authenticate(tx, key)


def test_a_revoked_key_is_refused(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        key = create_key(tx, account_id, NOW)
        tx.execute(api_keys.update().values(revoked_at=NOW))
    with database.read() as tx:
        assert not has_key(tx, account_id)
        with pytest.raises(Unauthorized):
            authenticate(tx, key)


def test_a_key_of_ones_own(database: Database, account_id: str) -> None:
    with database.begin() as tx:
        assert create_key(tx, account_id, NOW, "my-own-secret-key") == "my-own-secret-key"
        assert authenticate(tx, "my-own-secret-key").account_id == account_id
    with pytest.raises(Conflict), database.begin() as tx:
        create_key(tx, account_id, NOW, "my-own-secret-key")


@pytest.mark.parametrize("key", ["too short", "x" * 201, "holds a space in it", "grüße-grüße-grüße"])
def test_a_key_that_headers_cannot_carry_is_refused(database: Database, account_id: str, key: str) -> None:
    with pytest.raises(InvalidInput), database.begin() as tx:
        create_key(tx, account_id, NOW, key)


def test_names_are_unique(database: Database, account_id: str) -> None:
    with pytest.raises(Conflict), database.begin() as tx:
        create_account(tx, "studio", Level.BRONZE, NOW)
    with database.read() as tx:
        assert find_account(tx, "studio").id == account_id
        with pytest.raises(NotFound, match='"nobody"'):
            find_account(tx, "nobody")
