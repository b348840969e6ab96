"""Objects on a disk; the same code reaches buckets."""

from pathlib import Path

import pytest

from limner.errors import BadSettings, NotFound
from limner.storage import Storage, StorageUnavailable, open_storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage((tmp_path / "with space" / "objects").as_uri())


def test_what_was_put_is_got_and_the_last_one_counts(storage: Storage) -> None:
    for content in (b"first", b"second"):
        storage.put("predictions/p1/1/1.png", content, "image/png")
    assert storage.get("predictions/p1/1/1.png") == b"second"


def test_what_is_not_there_is_not_found(storage: Storage) -> None:
    with pytest.raises(NotFound):
        storage.get("predictions/p1/1/1.png")


def test_deleting_is_final_and_may_be_repeated(storage: Storage) -> None:
    storage.put("k", b"x", "image/png")
    storage.delete("k")
    storage.delete("k")
    with pytest.raises(NotFound):
        storage.get("k")


def test_a_healthy_storage_passes_its_check(storage: Storage) -> None:
    storage.check()


def test_a_storage_that_went_away_says_so(tmp_path: Path) -> None:
    storage = open_storage((tmp_path / "objects").as_uri())
    (tmp_path / "objects").rmdir()
    (tmp_path / "objects").write_text("a file in its place")
    with pytest.raises(StorageUnavailable) as refused:
        storage.put("k", b"x", "image/png")
    assert "\n" not in refused.value.message


def test_a_url_that_leads_nowhere_is_a_bad_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for url in ("carrier-pigeon://roof", (tmp_path / "file" / "objects").as_uri()):
        with pytest.raises(BadSettings) as refused:
            open_storage(url)
        assert "\n" not in refused.value.message
