"""`limner verify`: what it prints, and its exit codes; in this process."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from limner.cli import app
from limner.errors import UnsupportedMedia
from limner.provenance.identity import make_identity
from limner.provenance.signing import Origin, Signer
from limner.runtime import load_imprint_of
from limner.settings import Settings
from tests.unit.provenance.pictures import file_of

ORIGIN = Origin("nano/1", datetime.now(UTC), seed=3)


def verify(folder: Path, content: bytes, *options: str) -> Result:
    (folder / "picture").write_bytes(content)
    arguments = ["verify", str(folder / "picture"), *options]
    return CliRunner().invoke(app, arguments, env={"LIMNER_DATA_DIR": str(folder / "state")})


def test_a_picture_of_ours_is_trusted_until_it_is_changed(tmp_path: Path) -> None:
    imprint = load_imprint_of(Settings(data_dir=tmp_path / "state"), datetime.now(UTC))
    signed = imprint.on_file(file_of("png"), "image/png", ORIGIN)
    checked = verify(tmp_path, signed)
    assert (checked.exit_code, checked.output.splitlines()[:3]) == (
        0,
        ["status         trusted", "generated      yes, by a model", "engine         nano"],
    )
    changed = bytearray(signed)
    changed[-20] ^= 1
    found = verify(tmp_path, bytes(changed), "--json")
    assert (found.exit_code, json.loads(found.output)["status"]) == (4, "tampered")


def test_each_standing_has_an_exit_code(tmp_path: Path) -> None:
    strangers = Signer(make_identity(datetime.now(UTC))).sign(file_of("jpeg"), "image/jpeg", ORIGIN)
    for code, content in {3: strangers, 5: strangers[:2_000], 6: file_of("webp")}.items():
        assert verify(tmp_path, content).exit_code == code


def test_what_is_no_picture_is_an_error(tmp_path: Path) -> None:
    assert isinstance(verify(tmp_path, b"hello").exception, UnsupportedMedia)


def test_switched_off_nothing_is_signed_and_no_key_is_made(tmp_path: Path) -> None:
    imprint = load_imprint_of(Settings(data_dir=tmp_path, provenance="off"), datetime.now(UTC))
    assert imprint.on_file(b"as it is", "image/png", ORIGIN) == b"as it is"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIMNER_CONFIG", "LIMNER_DATABASE_URL", "LIMNER_STORAGE_URL"):
        monkeypatch.delenv(name, raising=False)
