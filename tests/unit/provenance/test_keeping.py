"""One identity for all who share a folder or a database, whoever comes first; an operator's own instead."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from limner.db.database import Database
from limner.errors import BadSettings
from limner.provenance.identity import Identity, make_identity, parse_identity
from limner.provenance.keeping import FILE_NAME, Keeper, OwnFiles

NOW = datetime.now(UTC)
NO_FILES = OwnFiles()


def own_files(folder: Path, identity: Identity) -> OwnFiles:
    certificates, key = folder / "chain.pem", folder / "key.pem"
    certificates.write_text(identity.chain + identity.authority)
    key.write_text(identity.key)
    return OwnFiles(certificates, key)


def test_all_who_start_together_sign_as_one(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "provenance"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Keeper(folder, NO_FILES).identity(NOW), range(8)))
    assert len(set(made)) == 1
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]


def test_the_key_is_for_our_eyes_alone(tmp_path: Path) -> None:
    Keeper(tmp_path / "provenance", NO_FILES).identity(NOW)
    assert (tmp_path / "provenance").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "provenance" / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in repr(Keeper(tmp_path / "provenance", NO_FILES).identity(NOW))


def test_a_fleet_signs_as_one(database: Database, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        hosts = [Keeper(tmp_path / str(n), NO_FILES, database) for n in range(4)]
        made = list(pool.map(lambda keeper: keeper.identity(NOW), hosts))
    assert len(set(made)) == 1
    assert list(tmp_path.glob("*/" + FILE_NAME)) == []
    assert hosts[0].authorities() == [made[0].authority]


def test_nobody_is_trusted_before_there_is_an_identity(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "provenance", NO_FILES)
    assert keeper.authorities() == []
    assert not (tmp_path / "provenance").exists()


def test_an_operators_own_signs_and_ours_is_trusted_still(tmp_path: Path) -> None:
    ours = Keeper(tmp_path, NO_FILES).identity(NOW)
    theirs, others = make_identity(NOW), make_identity(NOW)
    files = own_files(tmp_path, theirs)
    (tmp_path / "trusted.pem").write_text(others.authority)
    keeper = Keeper(tmp_path, OwnFiles(files.certificates, files.key, tmp_path / "trusted.pem"))
    assert keeper.identity(NOW) == theirs
    assert keeper.authorities() == [theirs.authority, ours.authority, others.authority]


def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    identity, other = make_identity(NOW), make_identity(NOW)
    files = own_files(tmp_path, identity)
    assert files.certificates is not None and files.key is not None
    complaints = {
        "of no use without each other": OwnFiles(files.certificates, None),
        "cannot be read": OwnFiles(files.certificates, tmp_path / "absent.pem"),
        "provenance_trusted": OwnFiles(trusted=files.key),
    }
    for complaint, broken in complaints.items():
        with pytest.raises(BadSettings, match=complaint):
            Keeper(tmp_path / "p", broken).authorities()
    files.certificates.write_text(other.chain + other.authority)
    with pytest.raises(BadSettings, match="not that of its key"):
        files.identity()
    files.certificates.write_text(identity.chain)
    with pytest.raises(BadSettings, match="without the certificate of an authority"):
        files.identity()


def test_a_key_with_a_password_is_refused() -> None:
    identity = make_identity(NOW)
    key = load_pem_private_key(identity.key.encode(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()
    with pytest.raises(BadSettings, match="cannot be read"):
        parse_identity(locked + identity.chain + identity.authority)
    with pytest.raises(BadSettings, match="no private key"):
        parse_identity(identity.chain + identity.authority)


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSettings, match="cannot be kept in"):
        Keeper(tmp_path / "file" / "provenance", NO_FILES).identity(NOW)
