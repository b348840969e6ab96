"""Objects that nothing speaks of: found, and nothing else is touched."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from limner import orphans
from limner.errors import NotFound
from limner.predictions import lifecycle
from limner.uploads.intake import Announced
from limner.uploads.store import Upload
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace

LOST = "0" * 31 + "1"
SOON = timedelta(hours=2)  # when all that is there now is old


def sweep(workplace: Workplace, later: timedelta = SOON) -> int:
    runtime = workplace.runtime
    return orphans.sweep(runtime.database, runtime.storage, datetime.now(UTC) + later)


def put(workplace: Workplace, key: str) -> str:
    workplace.runtime.storage.put(key, b"x", "image/png")
    return key


def is_there(workplace: Workplace, key: str) -> bool:
    try:
        workplace.runtime.storage.get(key)
    except NotFound:
        return False
    return True


def announce(workplace: Workplace) -> Upload:
    upload, _ = workplace.runtime.intake.announce(
        workplace.caller.account_id, Announced("a.png", "image/png"), datetime.now(UTC)
    )
    return upload


def test_what_lost_attempts_and_lost_rows_left_is_removed(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    with workplace.working():
        done = workplace.finish(workplace.submit())
    left = [
        put(workplace, f"predictions/{done.id}/7/1.png"),
        put(workplace, f"predictions/{LOST}/1/1.png"),
        put(workplace, f"uploads/{LOST}/half.png"),
    ]
    assert sweep(workplace) == 3
    assert not any(is_there(workplace, key) for key in left)
    assert is_there(workplace, done.outputs[0].object_key)


def test_what_is_just_being_made_or_sent_is_let_be(open_workplace: OpenWorkplace) -> None:
    """However old it looks: a laptop may have slept between the put and the closing transaction."""
    workplace = open_workplace()
    waiting = workplace.submit()
    begun = workplace.submit()
    with workplace.runtime.database.begin() as tx:
        lifecycle.begin(tx, begun.id, 1, LOST, datetime.now(UTC))
    kept = [
        put(workplace, f"predictions/{waiting.id}/1/1.png"),
        put(workplace, f"predictions/{begun.id}/1/1.png"),
        put(workplace, f"uploads/{announce(workplace).id}/abc.png"),
        put(workplace, "predictions/of somebody else/1.png"),
        put(workplace, "somewhere/else.png"),
    ]
    assert sweep(workplace, timedelta(days=365)) == 0
    assert all(is_there(workplace, key) for key in kept)


def test_an_orphan_of_this_hour_is_let_be(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    key = put(workplace, f"predictions/{LOST}/1/1.png")
    assert sweep(workplace, timedelta(0)) == 0
    assert is_there(workplace, key)


def test_files_that_nobody_finished_writing_are_removed(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    folder = workplace.runtime.settings.resolved_data_dir / "objects" / "uploads" / LOST
    folder.mkdir(parents=True)
    (folder / "a.png#1").touch()
    (folder / "b.png#1").touch()
    hour = time.time() - 3_700
    os.utime(folder / "a.png#1", (hour, hour))
    assert sweep(workplace, timedelta(0)) == 1
    assert [path.name for path in folder.iterdir()] == ["b.png#1"]


@pytest.mark.parametrize("kept", [20, 201])
def test_the_storage_of_another_database_is_not_emptied(open_workplace: OpenWorkplace, kept: int) -> None:
    """More than a hundred orphans, and more of them than of all else: it asks before it removes."""
    workplace = open_workplace()
    waiting = workplace.submit()
    for number in range(200):
        put(workplace, f"predictions/{LOST[:-4]}{number:04x}/1/1.png")
    for number in range(kept):
        put(workplace, f"predictions/{waiting.id}/1/{number}.png")
    assert sweep(workplace) == (200 if kept > 200 else 0)
