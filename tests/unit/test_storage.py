"""Objects on a disk; the same code reaches buckets."""

import io
import random
from pathlib import Path

import pytest

from limner.errors import BadSettings, NotFound
from limner.storage import PART_BYTES, Storage, StorageUnavailable, open_storage


@pytest.fixture(params=["file", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A folder, or a bucket as far as the code can tell."""
    return open_storage(
        (tmp_path / "with space" / "objects").as_uri() if request.param == "file" else "memory:///"
    )


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


@pytest.mark.parametrize("num_bytes", [1, 7, PART_BYTES, 2 * PART_BYTES + 1])
def test_a_file_is_stored_whole_and_got_in_parts(storage: Storage, num_bytes: int) -> None:
    content = random.Random(7).randbytes(num_bytes)
    file = io.BytesIO(content)
    file.seek(num_bytes // 2)  # it is read from its beginning all the same
    storage.put_file("uploads/u1/f.mp4", file, "video/mp4")
    assert storage.get("uploads/u1/f.mp4") == content
    assert storage.get_part("uploads/u1/f.mp4", num_bytes // 3, 5) == content[num_bytes // 3 :][:5]
    with pytest.raises(NotFound):
        storage.get_part("uploads/u1/g.mp4", 0, 5)


def test_a_folder_is_emptied_and_its_neighbours_are_not(storage: Storage) -> None:
    for key in ("uploads/u1/a", "uploads/u1/b/c", "uploads/u10/a", "uploads/u"):
        storage.put(key, b"x", "image/png")
    storage.delete_below("uploads/u1")
    storage.delete_below("uploads/u1")
    for key in ("uploads/u1/a", "uploads/u1/b/c"):
        with pytest.raises(NotFound):
            storage.get(key)
    assert storage.get("uploads/u10/a") == storage.get("uploads/u") == b"x"


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
