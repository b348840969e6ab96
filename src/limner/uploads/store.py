"""The SQL of uploads: announced, then received, then expired. No rules; those are the intake's."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from limner.db.tables import uploads
from limner.errors import NotFound


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, or the announcement of one; then ``content_type`` is what was claimed, "" when nothing was.
    ``ticket_sha256`` is set for those that are sent by ticket."""

    id: str
    account_id: str
    object_key: str
    file_name: str
    content_type: str
    size_bytes: int
    ticket_sha256: str | None
    created_at: datetime
    received_at: datetime | None
    expires_at: datetime

    @property
    def link_name(self) -> str:
        """The last part of its link: the id and the extension, never what its sender called it."""
        _, dot, extension = self.object_key.rpartition("/")[2].partition(".")
        return self.id + dot + extension

    @property
    def disposition(self) -> str:
        """The header that makes a browser save what it might make more of than a picture; "" for none."""
        if self.content_type.startswith("image/"):
            return ""
        return f"attachment; filename*=utf-8''{quote(self.file_name, safe='')}"


def add(tx: Connection, upload: Upload) -> None:
    tx.execute(insert(uploads).values(asdict(upload)))


def find_by_ticket(tx: Connection, ticket_sha256: str) -> Upload | None:
    row = tx.execute(select(uploads).where(uploads.c.ticket_sha256 == ticket_sha256)).one_or_none()
    return None if row is None else _upload(row)


def find_received(tx: Connection, upload_id: str, now: datetime) -> Upload:
    """Raises NotFound."""
    row = tx.execute(
        select(uploads).where(
            uploads.c.id == upload_id, uploads.c.received_at.is_not(None), uploads.c.expires_at > now
        )
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such file")
    return _upload(row)


def mark_received(tx: Connection, upload: Upload) -> bool:
    """Whether it was this call that did; False also when the announcement has expired and is gone."""
    changes = {
        name: getattr(upload, name)
        for name in ("object_key", "content_type", "size_bytes", "received_at", "expires_at")
    }
    changed = tx.execute(
        update(uploads).where(uploads.c.id == upload.id, uploads.c.received_at.is_(None)).values(changes)
    )
    return changed.rowcount == 1


def sum_bytes(tx: Connection, account_id: str) -> int:
    """What this account has brought, and announced, and what has not expired."""
    query = select(func.sum(uploads.c.size_bytes)).where(uploads.c.account_id == account_id)
    return int(tx.execute(query).scalar() or 0)


def expired_ids(tx: Connection, before: datetime, limit: int) -> Sequence[str]:
    query = select(uploads.c.id).where(uploads.c.expires_at < before).order_by(uploads.c.expires_at)
    return tx.execute(query.limit(limit)).scalars().all()


def remove(tx: Connection, ids: Sequence[str]) -> None:
    tx.execute(delete(uploads).where(uploads.c.id.in_(ids)))


def spoken_of(tx: Connection, upload_ids: Collection[str]) -> tuple[set[str], set[str]]:
    """(those of these that are still to come, the object keys of those that were received)."""
    query = select(uploads.c.id, uploads.c.object_key, uploads.c.received_at)
    rows = tx.execute(query.where(uploads.c.id.in_(upload_ids))).all()
    to_come = {row.id for row in rows if row.received_at is None}
    return to_come, {row.object_key for row in rows if row.received_at is not None}


def _upload(row: Row[Any]) -> Upload:
    return Upload(**row._mapping)
