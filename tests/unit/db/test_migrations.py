"""The migrations build what tables.py says, no more and no less, on both databases."""

from concurrent.futures import ThreadPoolExecutor

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, select, text
from sqlalchemy.schema import CreateIndex, CreateTable

from limner.db.columns import metadata
from limner.db.database import Database
from limner.db.migrations.upgrade import upgrade
from limner.db.tables import accounts, outputs, predictions, transfers

_AT = "'2026-11-21 12:00:00'"
_PREDICTION = (
    "INSERT INTO predictions VALUES ('{id}', 'a', 'k', 'google/imagen4', 'nano', '{{\"prompt\": \"x\"}}',"
    " 38000,"
)
_OUTPUT = "INSERT INTO outputs VALUES ('d', {n}, 'k{n}', 7, 1024, 1024, 'image/png', 5, false)"
STORED_BY_0001 = (
    f"INSERT INTO accounts VALUES ('a', 'studio', 'ultra', 100, 0, 1, {_AT}, 0, {_AT})",
    f"INSERT INTO api_keys VALUES ('k', 'a', 'sha', {_AT}, NULL)",
    f"{_PREDICTION.format(id='d')} 'completed', 1, 'w', false, 0, 4, 4, '', 0, 'nano', '[]', 5, NULL, NULL,"
    f" {_AT}, {_AT}, {_AT}, {_AT})",
    f"{_PREDICTION.format(id='w')} 'created', 1, NULL, false, 0, 0, 0, '', 0, '', '[]', 0, NULL, NULL,"
    f" {_AT}, NULL, NULL, {_AT})",
    *(_OUTPUT.format(n=n) for n in (1, 2)),
    f"INSERT INTO transfers VALUES (1, 'a', 'account:a', 'held:a', 76000, 'hold', 'd', {_AT})",
)


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


def test_the_migrations_build_what_the_tables_say(empty_database: Database) -> None:
    upgrade(empty_database)
    with empty_database.read() as tx:
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


def test_what_a_newer_version_has_migrated_is_left_as_it_is(database: Database) -> None:
    with database.begin() as tx:
        tx.execute(text("ALTER TABLE predictions ADD COLUMN of_tomorrow INTEGER"))
        tx.execute(text("UPDATE alembic_version SET version_num = 'of tomorrow'"))
    before = schema_of(database)
    upgrade(database)
    assert schema_of(database) == before


def test_what_an_older_version_has_stored_is_kept(empty_database: Database) -> None:
    upgrade(empty_database, "0001")
    with empty_database.begin() as tx:
        for statement in STORED_BY_0001:
            tx.execute(text(statement))
    upgrade(empty_database)
    with empty_database.read() as tx:
        done, waiting = tx.execute(select(predictions).order_by(predictions.c.id)).all()
        assert (done.inputs, done.charged_micros, done.queue_tag) == ({"prompt": "x"}, 2 * 38_000, None)
        assert (waiting.status, waiting.charged_micros, waiting.filtered) == ("created", 0, [])
        assert waiting.queue_tag is not None
        kept = tx.execute(select(outputs).order_by(outputs.c.n)).all()
        assert [(one.prediction_id, one.n, one.object_key) for one in kept] == [
            ("d", 1, "k1"),
            ("d", 2, "k2"),
        ]
        hold = tx.execute(select(transfers)).one()
        assert (hold.model_id, hold.key_id, hold.num_images) == ("google/imagen4", "k", 2)
        assert tx.execute(select(accounts.c.active_predictions)).scalar_one() == 1


def test_processes_that_start_together_do_not_collide(empty_database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: upgrade(empty_database), range(4)))
    assert inspect(empty_database.engine).has_table("predictions")
