"""The commands that keep accounts and keys, ``limner account`` and ``limner key``, beside a server or not;
and links that sign a browser in.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import Connection

from limner import accounts, ledger
from limner.access import keys, sessions
from limner.access.owner import every_account
from limner.accounts import Account, Level
from limner.runtime import Runtime, build_runtime, migrate
from limner.settings import read_settings

account_app = typer.Typer(no_args_is_help=True, help="Accounts, which pay.")
key_app = typer.Typer(no_args_is_help=True, help="API keys, which callers present.")

Name = Annotated[str, typer.Argument(help="The name of the account.")]
LevelOption = Annotated[Level, typer.Option(case_sensitive=False, help="Its rate limits.")]


@account_app.command(name="create")
def create_account(
    name: Annotated[str, typer.Argument(help="A name of its own.")],
    credit: Annotated[str, typer.Option(metavar="USD", help="Dollars to begin with.")] = "0",
    level: LevelOption = Level.ULTRA,
) -> None:
    """Create an account and its first key, and print the key, alone: it cannot be shown again."""
    amount_micros, now = ledger.usd_to_micros(credit), datetime.now(UTC)
    with _transaction() as tx:
        account = accounts.create_account(tx, name, level, now)
        if amount_micros:
            ledger.top_up(tx, account.id, amount_micros, now)
        key = accounts.create_key(tx, account.id, now)
    typer.echo(key)


@account_app.command(name="list")
def list_accounts() -> None:
    """Print all accounts: name, level, dollars it can spend, dollars held, unfinished predictions."""
    with _transaction() as tx:
        found = every_account(tx)
    for one in found:
        available, held = one.settled_micros - one.held_micros, one.held_micros
        dollars = f"{ledger.micros_to_usd(available):14.6f}  {ledger.micros_to_usd(held):12.6f}"
        suspended = "" if one.suspended_at is None else f"  suspended {one.suspended_at:%Y-%m-%d %H:%M}"
        typer.echo(f"{one.name:30}  {one.level:6}  {dollars}  {one.live_predictions:6}{suspended}")


@account_app.command(name="level")
def set_level(
    name: Name, level: Annotated[Level, typer.Argument(case_sensitive=False, help="Its new rate limits.")]
) -> None:
    """Give an account another level; what waits for a place in the queue enters within seconds."""
    with _account(name) as (tx, account):
        accounts.set_level(tx, account.id, level)


@account_app.command(name="top-up")
def top_up(name: Name, credit: Annotated[str, typer.Argument(metavar="USD", help="Dollars to add.")]) -> None:
    """Add credit to an account, and print what it can spend then."""
    amount_micros = ledger.usd_to_micros(credit)
    with _account(name) as (tx, account):
        ledger.top_up(tx, account.id, amount_micros, datetime.now(UTC))
        available_micros = ledger.balance(tx, account.id).available_micros
    typer.echo(f"{ledger.micros_to_usd(available_micros):.6f}")


@account_app.command(name="suspend")
def suspend(name: Name) -> None:
    """Refuse an account's keys until it is resumed; what was accepted before is made."""
    with _account(name) as (tx, account):
        accounts.set_suspended(tx, account.id, datetime.now(UTC))


@account_app.command(name="resume")
def resume(name: Name) -> None:
    """Accept the keys of a suspended account again."""
    with _account(name) as (tx, account):
        accounts.set_suspended(tx, account.id, None)


@key_app.command(name="create")
def create_key(
    account: Annotated[str, typer.Option(help="The name of the account.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> None:
    """Create a key of an account and print it, alone: it cannot be shown again."""
    with _account(account) as (tx, owner):
        key = accounts.create_key(tx, owner.id, datetime.now(UTC), name=keys.check_name(name) if name else "")
    typer.echo(key)


@key_app.command(name="list")
def list_keys(account: Annotated[str, typer.Option(help="The name of the account.")]) -> None:
    """Print an account's keys, newest first: id, when it was made and revoked, its end, what it is for."""
    with _account(account) as (tx, owner):
        found = keys.list_keys(tx, owner.id)
    for key in found:
        revoked = "valid" if key.revoked_at is None else f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
        typer.echo(
            f"{key.id}  {key.created_at:%Y-%m-%d %H:%M}  {revoked:24} …{key.hint:4}  {key.name}".rstrip()
        )


@key_app.command(name="revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, from `limner key list`.")],
    account: Annotated[str, typer.Option(help="The name of the account.")],
    last: Annotated[
        bool, typer.Option("--last", help="Even if nothing is left that opens the account.")
    ] = False,
) -> None:
    """Refuse a key from now on, and end the browsers that signed in with it; noticed within two seconds."""
    with _account(account) as (tx, owner):
        keys.revoke_key(tx, owner.id, key_id, datetime.now(UTC), may_be_last=last)


def sign_in_link(runtime: Runtime, account_name: str, origin: str) -> str:
    """Opens the pages at this origin signed in, once and within a quarter of an hour. What follows the # is
    sent to no server and into no log. Raises NotFound, also for an account without a valid key."""
    now = runtime.clock.now()
    with runtime.database.begin() as tx:
        account = accounts.find_account(tx, account_name)
        ticket = sessions.issue_ticket(tx, keys.oldest_valid_key(tx, account.id), now)
    return f"{origin.rstrip('/')}/#ticket={ticket}"


@contextmanager
def _account(name: str) -> Iterator[tuple[Connection, Account]]:
    """Raises NotFound."""
    with _transaction() as tx:
        yield tx, accounts.find_account(tx, name)


@contextmanager
def _transaction() -> Iterator[Connection]:
    with closing(build_runtime(read_settings())) as runtime:
        migrate(runtime)
        with runtime.database.begin() as tx:
            yield tx
