"""Objects that no row speaks of any more: what a lost attempt had stored, half an upload, the pictures of a
database that was restored from an older copy. Found by listing the storage and asking the database.

The storage is listed before the database is asked, and what belongs to unfinished work is let be, so a put
that is just happening is never taken for an orphan; that an orphan must be an hour old is a second guard.
Where most of all objects look like orphans the database is probably not theirs, and none is removed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from limner.db.database import Database
from limner.predictions import removal
from limner.storage import LISTED_AT_ONCE, Storage, Stored
from limner.uploads import store as uploads

OLD = timedelta(hours=1)
FEW = 100  # orphans may well be most of so few objects
REMOVED_AT_ONCE = 10_000  # the others the next time
# Others may keep things beside ours, and ours of later versions may lie elsewhere.
_OURS = re.compile(r"(?P<folder>predictions|uploads)/(?P<id>[0-9a-f]{32})/.+")

log = structlog.get_logger()


@dataclass(slots=True)
class Census:
    """What one walk through the storage found; ``orphans`` holds no more than are removed at once."""

    num_objects: int = 0
    num_orphans: int = 0
    orphans: list[str] = field(default_factory=list)

    @property
    def is_doubtful(self) -> bool:
        return self.num_orphans > FEW and 2 * self.num_orphans > self.num_objects

    def add(self, num_objects: int, orphans: list[str]) -> None:
        self.num_objects += num_objects
        self.num_orphans += len(orphans)
        self.orphans += orphans[: REMOVED_AT_ONCE - len(self.orphans)]


def take_census(database: Database, storage: Storage, now: datetime, seen: set[str] | None = None) -> Census:
    """Into ``seen`` goes the key of every object there is. Raises StorageUnavailable."""
    census = Census()
    for folder in ("predictions", "uploads"):
        for found in storage.list_below(folder):
            if seen is not None:
                seen.update(one.key for one in found)
            census.add(len(found), _orphans_among(database, found, now - OLD))
    return census


def remove(storage: Storage, census: Census) -> int:
    """How many; none when the census is doubtful. Raises StorageUnavailable."""
    if census.is_doubtful:
        log.error(
            "orphan objects left alone: is this the database that they belong to?",
            num_orphans=census.num_orphans,
            num_objects=census.num_objects,
        )
        return 0
    for start in range(0, len(census.orphans), LISTED_AT_ONCE):
        storage.delete_all(census.orphans[start : start + LISTED_AT_ONCE])
    return len(census.orphans)


def sweep(database: Database, storage: Storage, now: datetime) -> int:
    """Removes orphans and half-written files; how many. Cut off, it is begun anew the next time. Raises
    StorageUnavailable."""
    num_halves = storage.drop_half_written(now - OLD)
    num_orphans = remove(storage, take_census(database, storage, now))
    if num_halves or num_orphans:
        log.info("orphan objects removed", num_orphans=num_orphans, num_half_written=num_halves)
    return num_orphans + num_halves


def _orphans_among(database: Database, found: Iterable[Stored], before: datetime) -> list[str]:
    old = {
        one.key: match for one in found if one.modified_at < before and (match := _OURS.fullmatch(one.key))
    }
    if not old:
        return []
    with database.read() as tx:
        made, delivered = removal.spoken_of(tx, _ids(old.values(), "predictions"))
        to_come, received = uploads.spoken_of(tx, _ids(old.values(), "uploads"))
    pending, kept = made | to_come, delivered | received
    return [key for key, match in old.items() if match["id"] not in pending and key not in kept]


def _ids(matches: Iterable[re.Match[str]], folder: str) -> set[str]:
    return {match["id"] for match in matches if match["folder"] == folder}
