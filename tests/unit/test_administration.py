"""The commands that keep accounts, in this process: what they do to the database, what they print."""

from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from limner import accounts, ledger
from limner.accounts import Level, authenticate
from limner.cli import app
from limner.errors import Forbidden, InvalidInput, NotFound
from limner.runtime import Runtime, build_runtime
from limner.settings import read_settings


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
