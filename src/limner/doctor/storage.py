"""Whether the storage does what it must, and holds what the database speaks of, and no more."""

import secrets
from datetime import UTC, datetime, timedelta

from limner import orphans
from limner.doctor.finding import Ailment, NotFixed, Report
from limner.errors import NotFound
from limner.orphans import Census
from limner.predictions import removal
from limner.runtime import Runtime
from limner.storage import StorageUnavailable

FOLDER = "doctor"
MAX_SKEW = timedelta(minutes=1)  # buckets count in seconds, and answer late
PAGE = 500


def check_probe(runtime: Runtime) -> Report:
    """Puts, gets, lists and deletes a small object. Raises StorageUnavailable."""
    storage, content = runtime.storage, secrets.token_bytes(32)
    key = f"{FOLDER}/{secrets.token_hex(16)}"
    storage.put(key, content, "application/octet-stream")
    try:
        if storage.get(key) != content:
            raise StorageUnavailable("the storage returns something else than was put")
        listed = [one for found in storage.list_below(FOLDER) for one in found if one.key == key]
        if not listed:
            raise StorageUnavailable("the storage does not list what was put")
    finally:
        storage.delete(key)
    if _is_there(runtime, key):
        raise StorageUnavailable("the storage keeps what was deleted")
    skew = abs(listed[0].modified_at - datetime.now(UTC))
    text = f"put, get, list and delete work; its clock is {skew.total_seconds():.0f} s from this machine's"
    return Report(text, [Ailment(f"{text}, which is too far")] if skew > MAX_SKEW else [])


def check_objects(runtime: Runtime) -> Report:
    """What is missing, and what nothing speaks of. Walks through the whole storage."""
    seen: set[str] = set()
    now = datetime.now(UTC)  # as the storage's clock, by which an object's age is told
    census = orphans.take_census(runtime.database, runtime.storage, now, seen)
    ailments = [
        Ailment("its picture is gone from the storage", one) for one in sorted(_robbed(runtime, seen))
    ]
    if census.num_orphans:
        text = f"{census.num_orphans} of {census.num_objects} objects belong to nothing in the database"
        ailments.append(Ailment(text, "", lambda: _remove(runtime, census)))
    return Report(f"{census.num_objects} objects, none missing and none left over", ailments)


def _remove(runtime: Runtime, census: Census) -> str:
    removed = orphans.remove(runtime.storage, census)
    if not removed:
        raise NotFixed("they are most of all there is: is this the database that they belong to?")
    if removed < census.num_orphans:
        raise NotFixed(f"{removed} removed; run this again for the others")
    return f"{removed} removed"


def _robbed(runtime: Runtime, seen: set[str]) -> set[str]:
    """Predictions with an output whose object is not there, however one looks."""
    after = ""
    robbed: set[str] = set()
    while True:
        with runtime.database.read() as tx:
            page = removal.delivered_keys(tx, after, PAGE)
        if not page:
            return robbed
        absent = [(one, key) for one, key in page if key not in seen and not _is_there(runtime, key)]
        if absent:
            with runtime.database.read() as tx:
                _, delivered = removal.spoken_of(tx, {one for one, _ in absent})
            robbed |= {one for one, key in absent if key in delivered}
        after = page[-1][0]


def _is_there(runtime: Runtime, key: str) -> bool:
    try:
        runtime.storage.get_part(key, 0, 1)
    except NotFound:
        return False
    return True
