"""Browsers that are signed in: one-time links, sessions; and what tells one key from another.

Revision: 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0002"

_EMPTY = sa.text("''")


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("hint", sa.String(4), nullable=False, server_default=_EMPTY))
    _create_sessions()
    _create_tickets()


def _at(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        _at("created_at"),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("sha256", name="pk_sessions"),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_sessions_key_id"),
    )
    op.create_index("ix_sessions_key_id", "sessions", ["key_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _create_tickets() -> None:
    op.create_table(
        "sign_in_tickets",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("sha256", name="pk_sign_in_tickets"),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_sign_in_tickets_key_id"),
    )
    op.create_index("ix_sign_in_tickets_expires_at", "sign_in_tickets", ["expires_at"])
