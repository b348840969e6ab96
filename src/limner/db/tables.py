"""The tables, as they are now. The migrations must build exactly this, and a test compares the two."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from limner.db.columns import ROW_NUMBER, UtcDateTime, hex_id, metadata
from limner.db.fleet_tables import account_turns as account_turns
from limner.db.fleet_tables import engine_speeds as engine_speeds
from limner.db.fleet_tables import signing_identities as signing_identities
from limner.db.fleet_tables import workers as workers

accounts = Table(
    "accounts",
    metadata,
    Column("id", hex_id(), primary_key=True),
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
    # Handed to the queue and not finished; the rest of live_predictions waits for its account's level.
    Column("active_predictions", Integer, nullable=False, server_default=text("0")),
    Column("suspended_at", UtcDateTime),
    Column("webhook_secret", String(100)),
    # Signs too, for a day after the rotation.
    Column("previous_webhook_secret", String(100)),
    Column("webhook_secret_rotated_at", UtcDateTime),
)

Index(
    "ix_accounts_waiting",
    accounts.c.id,
    sqlite_where=text("live_predictions > active_predictions"),
    postgresql_where=text("live_predictions > active_predictions"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", hex_id(), primary_key=True),
    Column("account_id", hex_id(), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("name", String(100), nullable=False, server_default=text("''")),
    # Its last four characters, to tell it from others; "" where that would tell too much, or nobody noted it.
    Column("hint", String(4), nullable=False, server_default=text("''")),
)

# Browsers signed in: a session stands for a key, and only the hash of what the cookie holds is kept.
sessions = Table(
    "sessions",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("key_id", hex_id(), ForeignKey("api_keys.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

# What a one-time link holds; gone as soon as it was used.
sign_in_tickets = Table(
    "sign_in_tickets",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("key_id", hex_id(), ForeignKey("api_keys.id"), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("account_id", hex_id(), ForeignKey("accounts.id"), nullable=False),
    Column("debit", String(48), nullable=False),
    Column("credit", String(48), nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("reason", String(16), nullable=False),
    # No foreign key: a prediction may be deleted, its billing records never.
    Column("prediction_id", hex_id()),
    Column("created_at", UtcDateTime, nullable=False),
    # What a billing record says of a prediction that may be gone by then.
    Column("model_id", String(200)),
    Column("key_id", hex_id()),
    Column("num_images", Integer),
    UniqueConstraint("prediction_id", "reason"),
    Index("ix_transfers_account_id_created_at", "account_id", "created_at"),
)

predictions = Table(
    "predictions",
    metadata,
    Column("id", hex_id(), primary_key=True),
    Column("account_id", hex_id(), ForeignKey("accounts.id"), nullable=False),
    Column("key_id", hex_id(), ForeignKey("api_keys.id"), nullable=False),
    Column("model_id", String(200), nullable=False),
    Column("pool", String(300), nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("price_micros", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("owner", hex_id()),
    Column("is_in_engine", Boolean, nullable=False),
    Column("engine_deaths", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("num_steps", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("error_code", Integer, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("inference_ms", Integer, nullable=False),
    Column("cancel_requested_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    # Its place in the fair order of its pool; NULL while it waits for its account's level.
    Column("queue_tag", Integer),
    Column("is_cancelled", Boolean, nullable=False),
    Column("charged_micros", BigInteger, nullable=False),
    # [{"n": 2, "reason": "…"}]: the pictures that were made and held back.
    Column("filtered", JSON, nullable=False),
    Column("webhook_url", Text),
    # Of its engine's time, in tenths of a standard picture's; NULL: an older version took it by its price.
    Column("cost", Integer),
    Index("ix_predictions_account_id_created_at", "account_id", "created_at"),
)

_LIVE = text("status IN ('created', 'processing')")
_WAITING = text("status = 'created' AND queue_tag IS NULL")
_COMPLETED = text("status = 'completed'")
_PENDING = text("status = 'pending'")

# Only the unfinished, so that whatever the queue is asked stays cheap under any history.
Index("ix_predictions_live", predictions.c.owner, sqlite_where=_LIVE, postgresql_where=_LIVE)
Index(
    "ix_predictions_waiting",
    predictions.c.account_id,
    predictions.c.created_at,
    sqlite_where=_WAITING,
    postgresql_where=_WAITING,
)
Index(
    "ix_predictions_turns",
    predictions.c.pool,
    predictions.c.status,
    predictions.c.queue_tag,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
Index(
    "ix_predictions_own_turns",
    predictions.c.account_id,
    predictions.c.pool,
    predictions.c.queue_tag,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
Index(
    "ix_predictions_recent",  # how long one takes of late
    predictions.c.pool,
    predictions.c.completed_at,
    sqlite_where=_COMPLETED,
    postgresql_where=_COMPLETED,
)

Index(
    "ix_predictions_eldest",
    predictions.c.pool,
    predictions.c.created_at,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)

outputs = Table(
    "outputs",
    metadata,
    Column("prediction_id", hex_id(), ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("object_key", String(200), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content_type", String(50), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("is_nsfw", Boolean, nullable=False),
)

# Outlives its prediction: who deletes one must not be charged for it again by a late repetition.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("account_id", hex_id(), ForeignKey("accounts.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("prediction_id", hex_id(), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

# Deleted predictions whose pictures are not deleted yet.
removals = Table(
    "removals",
    metadata,
    Column("prediction_id", hex_id(), primary_key=True),
    Column("num_attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
)

# One per prediction at work, overwritten step by step.
previews = Table(
    "previews",
    metadata,
    Column("prediction_id", hex_id(), ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
)

# An event to be told to a URL; it has one attempt or many. A redelivery is a delivery of its own.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", hex_id(), primary_key=True),
    Column("account_id", hex_id(), ForeignKey("accounts.id"), nullable=False),
    Column("prediction_id", hex_id(), ForeignKey("predictions.id", ondelete="CASCADE")),
    # What its receiver knows it by: the same for every delivery of one event.
    Column("webhook_id", String(64), nullable=False),
    Column("event", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("num_attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index("ix_webhook_deliveries_account_id_created_at", "account_id", "created_at"),
    # Test events are those of no prediction, so it finds them too.
    Index("ix_webhook_deliveries_prediction_id_created_at", "prediction_id", "created_at"),
)

Index(
    "ix_webhook_deliveries_pending",
    webhook_deliveries.c.prediction_id,
    unique=True,
    sqlite_where=_PENDING,
    postgresql_where=_PENDING,
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column(
        "delivery_id", hex_id(), ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("http_status", Integer),
    Column("error", Text, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", hex_id(), primary_key=True),
    Column("account_id", hex_id(), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("object_key", String(200), nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("content_type", String(100), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("ticket_sha256", String(64), unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)
