"""A fleet: what workers serve, whose turn it was last, how fast the engines are, what a prediction costs.

Revision: 0003. It only adds, with defaults, so that the version before works on beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0005"  # which was taken first

_EMPTY = sa.text("''")
_LIVE = sa.text("status IN ('created', 'processing')")
_ZERO = sa.text("0")


def _at(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column("workers", sa.Column("beats", sa.Integer, nullable=False, server_default=_ZERO))
    op.add_column("workers", sa.Column("pools", sa.JSON))
    op.add_column("workers", sa.Column("version", sa.String(32), nullable=False, server_default=_EMPTY))
    op.add_column("workers", _at("stopping_at", nullable=True))
    op.add_column("predictions", sa.Column("cost", sa.Integer))
    op.create_index(
        "ix_predictions_eldest",
        "predictions",
        ["pool", "created_at"],
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )
    _create_account_turns()
    _create_engine_speeds()


def _create_account_turns() -> None:
    op.create_table(
        "account_turns",
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("pool", sa.String(300), nullable=False),
        sa.Column("last_tag", sa.Integer, nullable=False),
        _at("begun_at"),
        sa.PrimaryKeyConstraint("account_id", "pool", name="pk_account_turns"),
    )
    op.create_index("ix_account_turns_pool_begun_at", "account_turns", ["pool", "begun_at"])


def _create_engine_speeds() -> None:
    op.create_table(
        "engine_speeds",
        sa.Column("pool", sa.String(300), nullable=False),
        sa.Column("steps", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("pixels", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("num_samples", sa.Integer, nullable=False),
        _at("measured_at"),
        sa.PrimaryKeyConstraint("pool", "steps", "pixels", name="pk_engine_speeds"),
    )
