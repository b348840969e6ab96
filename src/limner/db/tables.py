"""The tables, as they are now. The migrations must build exactly this, and a test compares the two."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out; SQLite keeps no time zone of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> String:
    return String(32)  # lower-case hex


# SQLite numbers rows by itself only in a column of exactly this type.
_ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")

accounts = Table(
    "accounts",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("level", String(16), nullable=False),
    # What the transfers sum up to, kept here so that a guarded update can refuse an overdraft.
    Column("settled_micros", BigInteger, nullable=False),
    Column("held_micros", BigInteger, nullable=False),
    # Unfinished predictions, and the images submitted in the minute of window_at.
    Column("live_predictions", Integer, nullable=False),
    Column("window_at", UtcDateTime, nullable=False),
    Column("window_images", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("account_id", _id(), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", _ROW_NUMBER, primary_key=True),
    Column("account_id", _id(), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("debit", String(48), nullable=False),
    Column("credit", String(48), nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("reason", String(16), nullable=False),
    # No foreign key: a prediction may be deleted, its billing records never.
    Column("prediction_id", _id()),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("prediction_id", "reason"),
)

predictions = Table(
    "predictions",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("account_id", _id(), ForeignKey("accounts.id"), nullable=False),
    Column("key_id", _id(), ForeignKey("api_keys.id"), nullable=False),
    Column("model_id", String(200), nullable=False),
    Column("pool", String(300), nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("price_micros", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("owner", _id()),
    Column("is_in_engine", Boolean, nullable=False),
    Column("engine_deaths", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("num_steps", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("error_code", Integer, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("inference_ms", Integer, nullable=False),
    Column("idempotency_key", String(255)),
    Column("cancel_requested_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("expires_at", UtcDateTime, nullable=False),
    UniqueConstraint("account_id", "idempotency_key"),
    Index("ix_predictions_account_id_created_at", "account_id", "created_at"),
)

# Only the unfinished, so that the count of the queue stays cheap under any history.
Index(
    "ix_predictions_live",
    predictions.c.owner,
    sqlite_where=text("status IN ('created', 'processing')"),
    postgresql_where=text("status IN ('created', 'processing')"),
)

outputs = Table(
    "outputs",
    metadata,
    Column("prediction_id", _id(), ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("object_key", String(200), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content_type", String(50), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("is_nsfw", Boolean, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
)
