"""The tables of the fleet: who works, whose turn it was last, how fast the engines are, and who signs."""

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table, Text, text

from limner.db.columns import UtcDateTime, hex_id, metadata

workers = Table(
    "workers",
    metadata,
    Column("id", hex_id(), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
    # Counts on, whatever becomes of the clocks: who sees it stand still knows that the worker is silent.
    Column("beats", Integer, nullable=False, server_default=text("0")),
    # The queues that it takes work from. NULL: an older version, which serves every one.
    Column("pools", JSON),
    Column("version", String(32), nullable=False, server_default=text("''")),
    # Since then it takes no more work.
    Column("stopping_at", UtcDateTime),
)

# Of an account in a pool: the tag of what was begun last. No foreign key: accounts are never removed.
account_turns = Table(
    "account_turns",
    metadata,
    Column("account_id", hex_id(), primary_key=True),
    Column("pool", String(300), primary_key=True),
    Column("last_tag", Integer, nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Index("ix_account_turns_pool_begun_at", "pool", "begun_at"),
)

# What a picture of this size and so many steps has taken of late, engine time alone.
engine_speeds = Table(
    "engine_speeds",
    metadata,
    Column("pool", String(300), primary_key=True),
    Column("steps", Integer, primary_key=True, autoincrement=False),  # 0: as the engine likes
    Column("pixels", Integer, primary_key=True, autoincrement=False),
    Column("seconds", Float, nullable=False),
    Column("num_samples", Integer, nullable=False),
    Column("measured_at", UtcDateTime, nullable=False),
)

# The key that signs pictures, with its certificates; for those who share no disk to keep it on.
signing_identities = Table(
    "signing_identities",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("pem", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
