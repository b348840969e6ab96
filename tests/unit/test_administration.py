"""The commands that keep accounts, in this process: what they do to the database, what they print."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from limner import accounts, ledger
from limner.accounts import Level, authenticate
from limner.administration import sign_in_link
from limner.cli import app
from limner.db.tables import sign_in_tickets
from limner.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized
from limner.runtime import Runtime, build_runtime
from limner.settings import read_settings
from tests.unit.test_tidying import LATER, LateClock


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_DATA_DIR", str(tmp_path))


def run(*arguments: str) -> str:
    """What it prints; raises what it raises."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout.strip()


def opened() -> "closing[Runtime]":
    return closing(build_runtime(read_settings()))


def test_an_account_is_created_topped_up_and_given_another_level() -> None:
    key = run("account", "create", "studio", "--credit", "2.5", "--level", "bronze")
    assert run("account", "top-up", "studio", "0.25") == "2.750000"
    run("account", "level", "studio", "gold")
    with opened() as runtime, runtime.database.read() as tx:
        caller = authenticate(tx, key)
        assert caller.level == Level.GOLD
        assert ledger.balance(tx, caller.account_id).available_micros == 2_750_000


def test_a_suspended_account_is_refused_until_it_is_resumed() -> None:
    key = run("account", "create", "studio")
    run("account", "suspend", "studio")
    with opened() as runtime, runtime.database.read() as tx, pytest.raises(Forbidden):
        authenticate(tx, key)
    run("account", "resume", "studio")
    with opened() as runtime, runtime.database.read() as tx:
        assert authenticate(tx, key).account_id == accounts.find_account(tx, "studio").id


def test_another_key_opens_the_same_account() -> None:
    first = run("account", "create", "studio")
    second = run("key", "create", "--account", "studio")
    with opened() as runtime, runtime.database.read() as tx:
        assert authenticate(tx, first).account_id == authenticate(tx, second).account_id


def test_keys_are_listed_and_revoked_and_the_last_one_only_on_purpose() -> None:
    first, second = (
        run("account", "create", "studio"),
        run("key", "create", "--account", "studio", "--name", "ci"),
    )
    newest, eldest = run("key", "list", "--account", "studio").splitlines()
    assert newest.endswith(f"…{second[-4:]}  ci")
    run("key", "revoke", eldest.split()[0], "--account", "studio")
    with opened() as runtime, runtime.database.read() as tx:
        with pytest.raises(Unauthorized):
            authenticate(tx, first)
        authenticate(tx, second)
    assert "revoked" in run("key", "list", "--account", "studio").splitlines()[1]
    with pytest.raises(Conflict, match="last valid key"):
        run("key", "revoke", newest.split()[0], "--account", "studio")
    run("key", "revoke", newest.split()[0], "--account", "studio", "--last")
    with opened() as runtime, runtime.database.read() as tx, pytest.raises(Unauthorized):
        authenticate(tx, second)


def test_a_key_of_another_account_is_not_revoked() -> None:
    run("account", "create", "studio")
    run("account", "create", "other")
    (line,) = run("key", "list", "--account", "other").splitlines()
    with pytest.raises(NotFound):
        run("key", "revoke", line.split()[0], "--account", "studio")


def test_accounts_are_listed_with_what_they_have() -> None:
    run("account", "create", "studio", "--credit", "2.5", "--level", "gold")
    run("account", "create", "atelier")
    run("account", "suspend", "atelier")
    atelier, studio = run("account", "list").splitlines()
    assert studio.split() == ["studio", "gold", "2.500000", "0.000000", "0"]
    assert atelier.split()[:5] == ["atelier", "ultra", "0.000000", "0.000000", "0"]
    assert "suspended" in atelier


@pytest.mark.parametrize(
    "command", ["top-up nobody 1", "level nobody gold", "suspend nobody", "resume nobody"]
)
def test_an_unknown_account_is_named(command: str) -> None:
    with pytest.raises(NotFound, match='"nobody"'):
        run("account", *command.split())


@pytest.mark.parametrize("credit", ["much", "0", "0.0000001", "-1"])
def test_a_sum_that_is_none_changes_nothing(credit: str) -> None:
    run("account", "create", "studio")
    with pytest.raises(InvalidInput):
        run("account", "top-up", "--", "studio", credit)
    assert run("account", "top-up", "studio", "1") == "1.000000"


def test_a_link_lasts_by_the_time_that_all_machines_share() -> None:
    run("account", "create", "studio")
    with opened() as runtime:
        sign_in_link(replace(runtime, clock=LateClock(runtime.database)), "studio", "http://here:1")
        with runtime.database.read() as tx:
            expires_at = tx.execute(select(sign_in_tickets.c.expires_at)).scalar_one()
    assert expires_at < datetime.now(UTC) - LATER
