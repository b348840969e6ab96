"""Brings a database up to the newest migration; safe to run in several processes at once.

A database that a newer version has migrated already is left as it is: migrations only add, so during a
rolling upgrade processes of the former version start, and work, beside the new ones.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from limner.db.database import Database

_LOCK_NUMBER = 5_117_201_926  # any number that nobody else locks


def upgrade(database: Database, revision: str = "head") -> None:
    """One transaction: all missing migrations up to this one, or none."""
    scripts = ScriptDirectory(str(Path(__file__).parent))
    with database.begin() as tx:
        _lock(tx, database)
        context = MigrationContext.configure(
            tx, opts={"fn": lambda present, _: _missing(scripts, revision, present)}
        )
        with Operations.context(context):
            context.run_migrations()


def _missing(scripts: ScriptDirectory, revision: str, present: Any) -> Sequence[object]:
    """``present``: the revisions that the database has."""
    known = {script.revision for script in scripts.walk_revisions()}
    return scripts._upgrade_revs(revision, present) if known.issuperset(present) else []


def _lock(tx: Connection, database: Database) -> None:
    # SQLite's driver opens no transaction for CREATE TABLE by itself.
    if database.is_sqlite:
        tx.execute(text("BEGIN IMMEDIATE"))
    else:
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
