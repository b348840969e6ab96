"""Where the identity that signs is kept: in files of the operator's, else in one of our own beside an
embedded database, else in a row of the database that a fleet shares.

One of our own is made once, by whoever comes first; the others take what that one made. Knows no picture.
"""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from limner.db.database import Database
from limner.db.tables import signing_identities
from limner.errors import BadSettings
from limner.provenance.identity import Identity, make_identity, parse_authorities, parse_identity

FILE_NAME = "identity.pem"
_OURS = "ours"


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """An operator's: ``certificates`` are the signer's own, those between, and the authority's, in that
    order; ``trusted`` are those of further authorities."""

    certificates: Path | None = None
    key: Path | None = None
    trusted: Path | None = None

    def check(self) -> None:
        """Raises BadSettings for what cannot be used."""
        self.identity()
        self.authorities()

    def identity(self) -> Identity | None:
        """Raises BadSettings."""
        if self.certificates is None and self.key is None:
            return None
        if self.certificates is None or self.key is None:
            raise BadSettings("provenance_certificates and provenance_key are of no use without each other")
        try:
            return parse_identity(_read(self.key) + "\n" + _read(self.certificates))
        except BadSettings as error:
            raise BadSettings(f"provenance_certificates with provenance_key: {error.message}") from error

    def authorities(self) -> list[str]:
        """Of the further ones. Raises BadSettings."""
        if self.trusted is None:
            return []
        try:
            return parse_authorities(_read(self.trusted))
        except BadSettings as error:
            raise BadSettings(f"provenance_trusted: {error.message}") from error


@dataclass(frozen=True, slots=True)
class Keeper:
    """``database`` is one that is shared, and migrated; without it our own identity is in ``folder``."""

    folder: Path
    own_files: OwnFiles
    database: Database | None = None

    def identity(self, now: datetime) -> Identity:
        """That of the operator, or our own, made if need be. Raises BadSettings and DatabaseUnavailable."""
        return self.own_files.identity() or self._find() or self._make(now)

    def authorities(self) -> list[str]:
        """Of everybody who is trusted, each a PEM: our own is so even where an operator's signs now. Raises
        BadSettings and DatabaseUnavailable."""
        signers = (self.own_files.identity(), self._find())
        found = [identity.authority for identity in signers if identity is not None]
        return found + self.own_files.authorities()

    def _find(self) -> Identity | None:
        pem = _find_file(self.folder) if self.database is None else _find_row(self.database)
        return None if pem is None else parse_identity(pem)

    def _make(self, now: datetime) -> Identity:
        pem = make_identity(now).pem
        if self.database is None:
            _add_file(self.folder, pem)
        else:
            _add_row(self.database, pem, now)
        kept = self._find()
        assert kept is not None, "added just now, by us or by somebody who was faster"
        return kept


def _find_row(database: Database) -> str | None:
    query = select(signing_identities.c.pem).where(signing_identities.c.name == _OURS)
    with database.read() as tx:
        return tx.execute(query).scalar()


def _add_row(database: Database, pem: str, now: datetime) -> None:
    """Leaves alone what is there."""
    with suppress(IntegrityError), database.begin() as tx:
        tx.execute(insert(signing_identities), {"name": _OURS, "pem": pem, "created_at": now})


def _find_file(folder: Path) -> str | None:
    path = folder / FILE_NAME
    return _read(path) if path.exists() else None


def _add_file(folder: Path, pem: str) -> None:
    """All of it or nothing, for our eyes alone; leaves alone what is there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder)  # with the mode 0600
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(pem)
                file.flush()
                os.fsync(descriptor)
            with suppress(FileExistsError):
                (folder / FILE_NAME).hardlink_to(name)
        finally:
            Path(name).unlink()
    except OSError as error:
        raise BadSettings(f"the key that signs pictures cannot be kept in {folder}: {error}") from error


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path} cannot be read: {error}") from error
