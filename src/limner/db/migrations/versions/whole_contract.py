"""Levels, fair queueing, idempotency keys, previews, webhooks, uploads; billing records that stand alone.

Revision: 0002. SQLite cannot drop a column that a constraint names, so ``predictions`` is built anew; its
outputs are kept aside meanwhile, because dropping the old table would take them with it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_LIVE = sa.text("status IN ('created', 'processing')")
_WAITING = sa.text("status = 'created' AND queue_tag IS NULL")
_CONCURRENCY_LEFT = sa.text("live_predictions > active_predictions")
_COMPLETED = sa.text("status = 'completed'")
_PENDING = sa.text("status = 'pending'")
_EMPTY = sa.text("''")
_ZERO = sa.text("0")


def _at(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    _widen_accounts()
    _widen_transfers()
    _rebuild_predictions()
    _create_idempotency_keys()
    _create_removals()
    _create_previews()
    _create_deliveries()
    _create_attempts()
    _create_uploads()


def _widen_accounts() -> None:
    op.add_column(
        "accounts", sa.Column("active_predictions", sa.Integer, nullable=False, server_default=_ZERO)
    )
    op.execute("UPDATE accounts SET active_predictions = live_predictions")
    op.add_column("accounts", _at("suspended_at", nullable=True))
    op.add_column("accounts", sa.Column("webhook_secret", sa.String(100)))
    op.add_column("accounts", sa.Column("previous_webhook_secret", sa.String(100)))
    op.add_column("accounts", _at("webhook_secret_rotated_at", nullable=True))
    op.create_index(
        "ix_accounts_waiting",
        "accounts",
        ["id"],
        sqlite_where=_CONCURRENCY_LEFT,
        postgresql_where=_CONCURRENCY_LEFT,
    )
    op.add_column("api_keys", sa.Column("name", sa.String(100), nullable=False, server_default=_EMPTY))


def _widen_transfers() -> None:
    op.add_column("transfers", sa.Column("model_id", sa.String(200)))
    op.add_column("transfers", sa.Column("key_id", sa.String(32)))
    op.add_column("transfers", sa.Column("num_images", sa.Integer))
    op.execute(
        "UPDATE transfers SET"
        " model_id = (SELECT model_id FROM predictions WHERE predictions.id = transfers.prediction_id),"
        " key_id = (SELECT key_id FROM predictions WHERE predictions.id = transfers.prediction_id),"
        " num_images = transfers.amount_micros / NULLIF((SELECT price_micros FROM predictions"
        " WHERE predictions.id = transfers.prediction_id), 0)"
        " WHERE prediction_id IS NOT NULL"
    )
    op.create_index("ix_transfers_account_id_created_at", "transfers", ["account_id", "created_at"])
    op.drop_index("ix_transfers_account_id", "transfers")


def _rebuild_predictions() -> None:
    op.execute("CREATE TEMPORARY TABLE kept_outputs AS SELECT * FROM outputs")
    op.execute("CREATE TEMPORARY TABLE kept_predictions AS SELECT * FROM predictions")
    op.drop_table("outputs")
    op.drop_table("predictions")
    _create_predictions()
    _create_outputs()
    op.execute(
        "INSERT INTO predictions SELECT id, account_id, key_id, model_id, pool, inputs, price_micros, status,"
        " attempt, owner, is_in_engine, engine_deaths, step, num_steps, error, error_code, made_by, warnings,"
        " inference_ms, cancel_requested_at, created_at, started_at, completed_at, expires_at,"
        " CASE WHEN status IN ('created', 'processing') THEN 1 END, false, price_micros *"
        " (SELECT count(*) FROM kept_outputs WHERE kept_outputs.prediction_id = kept_predictions.id),"
        " '[]', NULL FROM kept_predictions"
    )
    op.execute("INSERT INTO outputs SELECT * FROM kept_outputs")
    op.execute("DROP TABLE kept_outputs")
    op.execute("DROP TABLE kept_predictions")


def _create_predictions() -> None:
    op.create_table(
        "predictions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("model_id", sa.String(200), nullable=False),
        sa.Column("pool", sa.String(300), nullable=False),
        sa.Column("inputs", sa.JSON, nullable=False),
        sa.Column("price_micros", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(32)),
        sa.Column("is_in_engine", sa.Boolean, nullable=False),
        sa.Column("engine_deaths", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("num_steps", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("error_code", sa.Integer, nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("inference_ms", sa.Integer, nullable=False),
        _at("cancel_requested_at", nullable=True),
        _at("created_at"),
        _at("started_at", nullable=True),
        _at("completed_at", nullable=True),
        _at("expires_at"),
        sa.Column("queue_tag", sa.Integer),
        sa.Column("is_cancelled", sa.Boolean, nullable=False),
        sa.Column("charged_micros", sa.BigInteger, nullable=False),
        sa.Column("filtered", sa.JSON, nullable=False),
        sa.Column("webhook_url", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_predictions"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_predictions_account_id"),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_predictions_key_id"),
    )
    _create_indexes_of_predictions()


def _create_indexes_of_predictions() -> None:
    op.create_index("ix_predictions_account_id_created_at", "predictions", ["account_id", "created_at"])
    op.create_index("ix_predictions_expires_at", "predictions", ["expires_at"])
    for name, columns, where in (
        ("ix_predictions_live", ["owner"], _LIVE),
        ("ix_predictions_waiting", ["account_id", "created_at"], _WAITING),
        ("ix_predictions_turns", ["pool", "status", "queue_tag"], _LIVE),
        ("ix_predictions_own_turns", ["account_id", "pool", "queue_tag"], _LIVE),
        ("ix_predictions_recent", ["pool", "completed_at"], _COMPLETED),
    ):
        op.create_index(name, "predictions", columns, sqlite_where=where, postgresql_where=where)


def _create_outputs() -> None:
    op.create_table(
        "outputs",
        sa.Column("prediction_id", sa.String(32), nullable=False),
        sa.Column("n", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("object_key", sa.String(200), nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("content_type", sa.String(50), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("is_nsfw", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("prediction_id", "n", name="pk_outputs"),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name="fk_outputs_prediction_id", ondelete="CASCADE"
        ),
    )


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("prediction_id", sa.String(32), nullable=False),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_idempotency_keys"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_idempotency_keys_account_id"),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"])


def _create_removals() -> None:
    op.create_table(
        "removals",
        sa.Column("prediction_id", sa.String(32), nullable=False),
        sa.Column("num_attempts", sa.Integer, nullable=False),
        _at("due_at"),
        sa.PrimaryKeyConstraint("prediction_id", name="pk_removals"),
    )
    op.create_index("ix_removals_due_at", "removals", ["due_at"])


def _create_previews() -> None:
    op.create_table(
        "previews",
        sa.Column("prediction_id", sa.String(32), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("jpeg", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("prediction_id", name="pk_previews"),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name="fk_previews_prediction_id", ondelete="CASCADE"
        ),
    )


def _create_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("prediction_id", sa.String(32)),
        sa.Column("webhook_id", sa.String(64), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("num_attempts", sa.Integer, nullable=False),
        _at("next_attempt_at", nullable=True),
        _at("created_at"),
        _at("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_webhook_deliveries_account_id"),
        sa.ForeignKeyConstraint(
            ["prediction_id"],
            ["predictions.id"],
            name="fk_webhook_deliveries_prediction_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_webhook_deliveries_account_id_created_at", "webhook_deliveries", ["account_id", "created_at"]
    )
    op.create_index(
        "ix_webhook_deliveries_prediction_id_created_at",
        "webhook_deliveries",
        ["prediction_id", "created_at"],
    )
    op.create_index(
        "ix_webhook_deliveries_pending",
        "webhook_deliveries",
        ["prediction_id"],
        unique=True,
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )


def _create_attempts() -> None:
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        _at("started_at"),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("http_status", sa.Integer),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_webhook_attempts"),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_deliveries.id"],
            name="fk_webhook_attempts_delivery_id",
            ondelete="CASCADE",
        ),
    )


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("object_key", sa.String(200), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("content_type", sa.String(100), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("ticket_sha256", sa.String(64)),
        _at("created_at"),
        _at("received_at", nullable=True),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_uploads_account_id"),
        sa.UniqueConstraint("ticket_sha256", name="uq_uploads_ticket_sha256"),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])
    op.create_index("ix_uploads_account_id", "uploads", ["account_id"])
