"""How far a database is migrated, and how far this program would migrate it. Changes nothing."""

from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from limner.db.database import Database


@dataclass(frozen=True, slots=True)
class Revision:
    """``present`` is None for a database without tables."""

    present: str | None
    newest: str
    known: frozenset[str]

    @property
    def is_newer(self) -> bool:
        """A later version of this program has migrated it."""
        return self.present is not None and self.present not in self.known


def read_revision(database: Database) -> Revision:
    scripts = ScriptDirectory(str(Path(__file__).parent))
    known = frozenset(script.revision for script in scripts.walk_revisions())
    newest = scripts.get_current_head()
    assert newest is not None, "there is at least one migration"
    with database.read() as tx:
        present = MigrationContext.configure(tx).get_current_revision()
    return Revision(present, newest, known)
