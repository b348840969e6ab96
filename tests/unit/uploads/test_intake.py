"""From announcement to expiry, on both databases, with files in a real folder."""

import io
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from limner.accounts import Level, create_account
from limner.db.database import Database, open_database
from limner.db.migrations.upgrade import upgrade
from limner.errors import Conflict, InvalidInput, NotFound, TooLarge, UnsupportedMedia
from limner.storage import open_storage
from limner.uploads import store
from limner.uploads.intake import GRACE, MAX_BYTES, TICKET_LIFETIME, Announced, Intake, clean_name
from tests.conftest import DIALECTS, postgres_copy
from tests.unit.uploads.files import picture

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
PNG = picture("image/png")
ANNOUNCED = Announced("apple.png", "image/png", len(PNG))


@pytest.fixture(scope="module", params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp(f"uploads_{request.param}")
    url = f"sqlite:///{folder / 'limner.db'}"
    if request.param == "postgresql":
        url = postgres_copy(request, folder)
    with closing(open_database(url, pool_size=4)) as opened:
        upgrade(opened)
        yield opened


@pytest.fixture
def intake(database: Database, tmp_path: Path) -> Intake:
    """With nothing left of earlier tests."""
    storage = open_storage((tmp_path / "objects").as_uri())
    intake = Intake(database, storage, retention=timedelta(days=7))
    intake.expire(NOW + timedelta(days=3650))
    return intake


@pytest.fixture
def account_id(database: Database) -> str:
    with database.begin() as tx:
        return create_account(tx, uuid.uuid4().hex, Level.BRONZE, NOW).id


def objects(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]


def test_an_announced_file_is_there_once_it_came(intake: Intake, account_id: str) -> None:
    upload, ticket = intake.announce(account_id, ANNOUNCED, NOW)
    with pytest.raises(NotFound), intake.database.read() as tx:
        store.find_received(tx, upload.id, NOW)
    received = intake.receive(intake.find(ticket, NOW), io.BytesIO(PNG), NOW)
    with intake.database.read() as tx:
        assert store.find_received(tx, upload.id, NOW) == received
    assert received.link_name == upload.link_name == f"{upload.id}.png"
    assert intake.storage.get(received.object_key) == PNG
    assert received.expires_at == NOW + timedelta(days=7)
    assert ticket not in repr(received)


def test_the_same_file_may_come_twice_and_another_may_not(intake: Intake, account_id: str) -> None:
    _, ticket = intake.announce(account_id, ANNOUNCED, NOW)
    first = intake.receive(intake.find(ticket, NOW), io.BytesIO(PNG), NOW)
    assert intake.receive(intake.find(ticket, NOW), io.BytesIO(PNG), NOW) == first
    other = PNG[:-3] + b"\0\0\0"  # in the last checksum, at which decoders do not look
    with pytest.raises(Conflict):
        intake.receive(intake.find(ticket, NOW), io.BytesIO(other), NOW)
    assert intake.storage.get(first.object_key) == PNG


def test_of_two_different_files_at_once_the_first_stays(
    intake: Intake, account_id: str, tmp_path: Path
) -> None:
    webp, other = picture("image/webp", 32), picture("image/webp", 48)
    announced, _ = intake.announce(account_id, Announced("a.webp"), NOW)
    first = intake.receive(announced, io.BytesIO(webp), NOW)
    with pytest.raises(Conflict):
        intake.receive(announced, io.BytesIO(other), NOW)
    assert intake.storage.get(first.object_key) == webp
    assert len(objects(tmp_path)) == 1


def test_a_ticket_expires(intake: Intake, account_id: str) -> None:
    _, ticket = intake.announce(account_id, ANNOUNCED, NOW)
    with pytest.raises(NotFound):
        intake.find(ticket, NOW + TICKET_LIFETIME)
    for wrong in ("", "x", "\udcff", ticket[:-1]):
        with pytest.raises(NotFound):
            intake.find(wrong, NOW)


@pytest.mark.parametrize("num_bytes", [len(PNG) - 1, len(PNG) + 1])
def test_a_file_of_another_size_is_refused(intake: Intake, account_id: str, num_bytes: int) -> None:
    upload, _ = intake.announce(account_id, Announced("apple.png", "", num_bytes), NOW)
    with pytest.raises(InvalidInput, match=f"{num_bytes} bytes were announced, and {len(PNG)} came"):
        intake.receive(upload, io.BytesIO(PNG), NOW)


def test_what_is_announced_too_large_or_of_a_wrong_kind_is_refused(intake: Intake, account_id: str) -> None:
    with pytest.raises(TooLarge):
        intake.announce(account_id, Announced("a.png", "", MAX_BYTES + 1), NOW)
    with pytest.raises(UnsupportedMedia):
        intake.announce(account_id, Announced("a.html", "text/html", 10), NOW)


def test_an_account_has_a_quota_of_its_own(intake: Intake, database: Database, account_id: str) -> None:
    intake = replace(intake, quota_bytes=2 * len(PNG))
    intake.take(account_id, Announced("a.png"), io.BytesIO(PNG), NOW)
    intake.announce(account_id, ANNOUNCED, NOW)
    with pytest.raises(TooLarge, match="in all"):
        intake.announce(account_id, ANNOUNCED, NOW)
    with pytest.raises(TooLarge, match="in all"):
        intake.take(account_id, Announced("a.png"), io.BytesIO(PNG), NOW)
    with database.begin() as tx:
        other_id = create_account(tx, uuid.uuid4().hex, Level.BRONZE, NOW).id
    intake.take(other_id, Announced("a.png"), io.BytesIO(PNG), NOW)
    intake.expire(NOW + TICKET_LIFETIME + GRACE + timedelta(seconds=1))
    intake.announce(account_id, ANNOUNCED, NOW)


@pytest.mark.parametrize("content", [b"", b"no picture", PNG[:500]])
def test_of_a_refused_file_nothing_is_kept(
    intake: Intake, account_id: str, tmp_path: Path, content: bytes
) -> None:
    with pytest.raises((InvalidInput, UnsupportedMedia)):
        intake.take(account_id, Announced("apple.png"), io.BytesIO(content), NOW)
    assert objects(tmp_path) == []
    assert intake.expire(NOW + timedelta(days=365)) == 0


def test_files_expire_with_their_rows(intake: Intake, account_id: str, tmp_path: Path) -> None:
    kept = intake.take(account_id, Announced("b.png"), io.BytesIO(PNG), NOW + timedelta(days=1))
    gone = intake.take(account_id, Announced("a.png"), io.BytesIO(PNG), NOW)
    intake.announce(account_id, ANNOUNCED, NOW)
    last = NOW + timedelta(days=7)
    with pytest.raises(NotFound), intake.database.read() as tx:
        store.find_received(tx, gone.id, last)
    assert intake.expire(last + GRACE + timedelta(seconds=1)) == 2
    assert intake.expire(last + GRACE + timedelta(seconds=1)) == 0
    assert intake.storage.get(kept.object_key) == PNG
    with pytest.raises(NotFound):
        intake.storage.get(gone.object_key)


def test_a_file_that_comes_when_its_row_is_gone_leaves_nothing(
    intake: Intake, account_id: str, tmp_path: Path
) -> None:
    upload, _ = intake.announce(account_id, ANNOUNCED, NOW)
    assert intake.expire(NOW + TICKET_LIFETIME + GRACE + timedelta(seconds=1)) == 1
    with pytest.raises(NotFound):
        intake.receive(upload, io.BytesIO(PNG), NOW)
    assert objects(tmp_path) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("apple.png", "apple.png"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\windows\\apple.png", "apple.png"),
        ("../../../x.png/", "x.png"),
        ("..", "file"),
        ("", "file"),
        ("a\r\nX-Evil: 1\0.png", "aX-Evil: 1.png"),
        ("\u202epng.exe", "png.exe"),
        ("яблоко.png", "яблоко.png"),
        ("x" * 5000 + ".png", "x" * 196 + ".png"),
    ],
)
def test_names_are_cut_down_to_names(given: str, kept: str) -> None:
    assert clean_name(given) == kept
