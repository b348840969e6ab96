"""How a file comes in: announced, checked, stored, and in the end forgotten.

The row is there before the object, and the object is under the row's id, so that whatever happens in between
the expiry of the row takes the object with it. Knows no HTTP.
"""

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from threading import Semaphore
from typing import IO

from limner.db.database import Database
from limner.errors import Conflict, InvalidInput, NotFound, TooLarge
from limner.storage import Storage
from limner.uploads import store
from limner.uploads.content import EXTENSIONS, check_content, claimed_type
from limner.uploads.store import Upload

MAX_BYTES = 200 << 20
MAX_NAME_LENGTH = 200
TICKET_LIFETIME = timedelta(hours=1)
GRACE = timedelta(hours=1)  # for what is under way when a ticket expires
EXPIRED_AT_ONCE = 100
DECODED_AT_ONCE = 2  # a decoded picture may take a quarter of a gigabyte


@dataclass(frozen=True, slots=True)
class Announced:
    """What a sender says of a file."""

    file_name: str
    content_type: str = ""
    size_bytes: int = 0  # 0: not said


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes files in, and keeps each for as long as ``retention``; those of one account take so much room."""

    database: Database
    storage: Storage
    retention: timedelta = timedelta(days=7)
    quota_bytes: int = 20 << 30
    _decoders: Semaphore = field(default_factory=lambda: Semaphore(DECODED_AT_ONCE), repr=False)

    def announce(self, account_id: str, announced: Announced, now: datetime) -> tuple[Upload, str]:
        """A file to come, and the ticket to send it with: its hash alone is kept. Raises TooLarge and
        UnsupportedMedia."""
        if announced.size_bytes > MAX_BYTES:
            raise TooLarge(f'field "size": a file is at most {MAX_BYTES} bytes')
        ticket = secrets.token_hex(32)
        upload = replace(
            _announcement(account_id, announced, now),
            ticket_sha256=_sha256(ticket),
            expires_at=now + TICKET_LIFETIME,
        )
        self._add(upload)
        return upload, ticket

    def find(self, ticket: str, now: datetime) -> Upload:
        """What this ticket is for. Raises NotFound."""
        with self.database.read() as tx:
            upload = store.find_by_ticket(tx, _sha256(ticket))
        if upload is None or (upload.received_at is None and upload.expires_at <= now):
            raise NotFound("there is no such upload, or its ticket has expired")
        return upload

    def receive(self, upload: Upload, file: IO[bytes], now: datetime) -> Upload:
        """The announced file itself. Sent twice it is the same file; another one under the same ticket is a
        Conflict. Raises InvalidInput and UnsupportedMedia."""
        received = self._checked(upload, file, now)
        if upload.received_at is not None:
            return _same(upload, received)
        self._keep(received, file)
        with self.database.begin() as tx:
            is_first = store.mark_received(tx, received)
        return received if is_first else self._second(received)

    def take(self, account_id: str, announced: Announced, file: IO[bytes], now: datetime) -> Upload:
        """A file that comes unannounced. Raises InvalidInput and UnsupportedMedia."""
        upload = _announcement(account_id, announced, now)
        received = self._checked(upload, file, now)
        self._add(replace(upload, size_bytes=received.size_bytes))
        self._keep(received, file)
        with self.database.begin() as tx:
            store.mark_received(tx, received)
        return received

    def expire(self, now: datetime) -> int:
        """Deletes what has had its time, some at once; how many."""
        with self.database.read() as tx:
            ids = store.expired_ids(tx, now - GRACE, EXPIRED_AT_ONCE)
        for upload_id in ids:
            self.storage.delete_below(f"uploads/{upload_id}")
        if ids:
            with self.database.begin() as tx:
                store.remove(tx, ids)
        return len(ids)

    def _keep(self, received: Upload, file: IO[bytes]) -> None:
        self.storage.put_file(received.object_key, file, received.content_type, received.disposition)

    def _add(self, upload: Upload) -> None:
        """Raises TooLarge. Those that come at once may together take a little more than there is."""
        with self.database.begin() as tx:
            if store.sum_bytes(tx, upload.account_id) + upload.size_bytes > self.quota_bytes:
                raise TooLarge(f"the uploads of this account may take {self.quota_bytes} bytes in all")
            store.add(tx, upload)

    def _checked(self, upload: Upload, file: IO[bytes], now: datetime) -> Upload:
        """The upload as it is once received."""
        size_bytes = file.seek(0, 2)
        if size_bytes == 0:
            raise InvalidInput('field "file": the file is empty')
        if upload.size_bytes not in (0, size_bytes):
            raise InvalidInput(
                f'field "file": {upload.size_bytes} bytes were announced, and {size_bytes} came'
            )
        with self._decoders:
            content_type = check_content(file, upload.content_type)
        extension = PurePosixPath(upload.object_key).suffix
        if upload.ticket_sha256 is None:  # no link is out yet, so it may say what the content says
            extension = EXTENSIONS[content_type]
        return replace(
            upload,
            object_key=f"uploads/{upload.id}/{_digest(file)}{extension}",
            content_type=content_type,
            size_bytes=size_bytes,
            received_at=now,
            expires_at=now + self.retention,
        )

    def _second(self, received: Upload) -> Upload:
        """Somebody else came first with this ticket, or so late that it is gone."""
        with self.database.read() as tx:
            first = store.find_by_ticket(tx, received.ticket_sha256 or "")
        if first is None or first.object_key != received.object_key:
            self.storage.delete(received.object_key)
        if first is None:
            raise NotFound("the ticket of this upload has expired")
        return _same(first, received)


def clean_name(file_name: str) -> str:
    """The last part of a path, whichever way its slashes lean, without what is not printable."""
    last = file_name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    printable = "".join(character for character in last if character.isprintable())
    return printable[-MAX_NAME_LENGTH:].strip(". ") or "file"


def _announcement(account_id: str, announced: Announced, now: datetime) -> Upload:
    name = clean_name(announced.file_name)
    claimed = claimed_type(announced.content_type, name)
    upload_id = uuid.uuid4().hex
    return Upload(
        id=upload_id,
        account_id=account_id,
        object_key=f"uploads/{upload_id}/announced{EXTENSIONS.get(claimed, '')}",
        file_name=name,
        content_type=claimed,
        size_bytes=announced.size_bytes,
        ticket_sha256=None,
        created_at=now,
        received_at=None,
        expires_at=now,
    )


def _same(first: Upload, second: Upload) -> Upload:
    if first.object_key != second.object_key:
        raise Conflict("another file has come with this ticket already")
    return first


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    sha256 = hashlib.sha256()
    while block := file.read(1 << 20):
        sha256.update(block)
    return sha256.hexdigest()


def _sha256(ticket: str) -> str:
    return hashlib.sha256(ticket.encode(errors="replace")).hexdigest()
