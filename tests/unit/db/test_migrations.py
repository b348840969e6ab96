"""The migrations build what tables.py says, no more and no less, on both databases."""

from concurrent.futures import ThreadPoolExecutor

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect
from sqlalchemy.schema import CreateIndex, CreateTable

from limner.db.database import Database
from limner.db.migrations.upgrade import upgrade
from limner.db.tables import metadata


def schema_of(database: Database) -> list[str]:
    """Every table and index as the database itself tells it."""
    reflected = MetaData()
    reflected.reflect(database.engine)
    tables = [table for table in reflected.sorted_tables if table.name != "alembic_version"]
    statements = [str(CreateTable(table).compile(database.engine)) for table in tables]
    indexes = [
        str(CreateIndex(index).compile(database.engine)) for table in tables for index in table.indexes
    ]
    return sorted(statements) + sorted(indexes)


def test_the_migrations_build_what_the_tables_say(database: Database) -> None:
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


def test_both_ways_lead_to_the_same_schema(empty_database: Database) -> None:
    metadata.create_all(empty_database.engine)
    from_tables = schema_of(empty_database)
    metadata.drop_all(empty_database.engine)
    upgrade(empty_database)
    assert schema_of(empty_database) == from_tables


def test_upgrading_again_changes_nothing(database: Database) -> None:
    before = schema_of(database)
    upgrade(database)
    assert schema_of(database) == before


def test_processes_that_start_together_do_not_collide(empty_database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: upgrade(empty_database), range(4)))
    assert inspect(empty_database.engine).has_table("predictions")
