"""Accounts, keys, transfers, predictions, outputs, workers.

Revision: 0001. Spelled out, not taken from tables.py: a migration says what was true when it was written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_LIVE = sa.text("status IN ('created', 'processing')")
_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _at(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    _create_accounts()
    _create_transfers()
    _create_predictions()
    _create_outputs()
    op.create_table(
        "workers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        _at("started_at"),
        _at("heartbeat_at"),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("settled_micros", sa.BigInteger, nullable=False),
        sa.Column("held_micros", sa.BigInteger, nullable=False),
        sa.Column("live_predictions", sa.Integer, nullable=False),
        _at("window_at"),
        sa.Column("window_images", sa.Integer, nullable=False),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("name", name="uq_accounts_name"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        _at("created_at"),
        _at("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_api_keys_account_id"),
        sa.UniqueConstraint("sha256", name="uq_api_keys_sha256"),
    )
    op.create_index("ix_api_keys_account_id", "api_keys", ["account_id"])


def _create_transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", _ROW_NUMBER, nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("debit", sa.String(48), nullable=False),
        sa.Column("credit", sa.String(48), nullable=False),
        sa.Column("amount_micros", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("prediction_id", sa.String(32)),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_transfers_account_id"),
        sa.UniqueConstraint("prediction_id", "reason", name="uq_transfers_prediction_id_reason"),
    )
    op.create_index("ix_transfers_account_id", "transfers", ["account_id"])


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
        sa.Column("idempotency_key", sa.String(255)),
        _at("cancel_requested_at", nullable=True),
        _at("created_at"),
        _at("started_at", nullable=True),
        _at("completed_at", nullable=True),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("id", name="pk_predictions"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_predictions_account_id"),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_predictions_key_id"),
        sa.UniqueConstraint(
            "account_id", "idempotency_key", name="uq_predictions_account_id_idempotency_key"
        ),
    )
    op.create_index("ix_predictions_account_id_created_at", "predictions", ["account_id", "created_at"])
    op.create_index(
        "ix_predictions_live", "predictions", ["owner"], sqlite_where=_LIVE, postgresql_where=_LIVE
    )


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
