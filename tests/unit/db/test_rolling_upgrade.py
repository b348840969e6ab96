"""Old and new side by side: what version 0002 says to the database still works after migration 0003, and each
takes up what the other has begun. Its statements are written out as that version sent them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from limner import accounts, workers
from limner.accounts import Caller, Level, authenticate, create_account, create_key
from limner.db.database import Database
from limner.ledger import top_up, unbalanced_accounts
from limner.predictions import lifecycle, store, turns
from limner.predictions.order import STANDARD_COST
from limner.predictions.prediction import Status
from limner.workers import Lately, Worker
from tests.unit.predictions.test_lifecycle import MADE, Studio, outputs

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OLD_WORKER = "0" * 32
PRICE = 38_000

REGISTER = (
    "INSERT INTO workers (id, host, pid, started_at, heartbeat_at)"
    " VALUES (:worker, 'old host', 7, :now, :now)"
)
BEAT = "UPDATE workers SET heartbeat_at=:now WHERE workers.id = :worker"
OTHERS = "SELECT workers.id, workers.heartbeat_at FROM workers WHERE workers.id != :worker"
SUBMIT = (
    "UPDATE accounts SET live_predictions=live_predictions + 1, window_at=:now, window_images=1,"
    " active_predictions=active_predictions + 1 WHERE id = :account AND suspended_at IS NULL",
    "UPDATE accounts SET held_micros=held_micros + 38000 WHERE id = :account",
    "INSERT INTO transfers (account_id, debit, credit, amount_micros, reason, prediction_id, created_at,"
    " model_id, key_id, num_images) VALUES (:account, :settled, :held, 38000, 'hold', :id, :now,"
    " 'google/imagen4', :key, 1)",
    "INSERT INTO predictions (id, account_id, key_id, model_id, pool, inputs, price_micros, status, attempt,"
    " is_in_engine, engine_deaths, step, num_steps, error, error_code, made_by, warnings, inference_ms,"
    " created_at, expires_at, queue_tag, is_cancelled, charged_micros, filtered, webhook_url)"
    " VALUES (:id, :account, :key, 'google/imagen4', 'nano', :inputs, 38000, 'created', 1, false, 0, 0, 0,"
    " '', 0, '', '[]', 0, :now, :later, 1, false, 0, '[]', NULL)",
)
BEGIN = (
    "UPDATE predictions SET status='processing', owner=:worker, started_at=:now, step=0"
    " WHERE id = :id AND attempt = 1 AND status IN ('created', 'processing')"
    " AND (owner IS NULL OR owner = NULL)",
    "UPDATE predictions SET is_in_engine=true WHERE id = :id AND attempt = 1",
    "UPDATE predictions SET step=1, num_steps=8 WHERE id = :id AND attempt = 1",
)
TAGS = (
    "SELECT (SELECT max(queue_tag) FROM predictions WHERE pool = 'nano' AND status IN ('created',"
    " 'processing') AND queue_tag >= 0 AND status = 'processing'), (SELECT min(queue_tag) FROM predictions"
    " WHERE pool = 'nano' AND status IN ('created', 'processing') AND queue_tag >= 0 AND status = 'created')"
)
COMPLETE = (
    "UPDATE predictions SET made_by='nano/1', warnings='[]', inference_ms=5, filtered='[]',"
    " charged_micros=38000, status='completed', completed_at=:now, expires_at=:later, is_in_engine=false"
    " WHERE id = :id AND attempt = 1 AND status IN ('created', 'processing')",
    "INSERT INTO outputs (prediction_id, n, object_key, seed, width, height, content_type, size_bytes,"
    " is_nsfw) VALUES (:id, 1, 'k', 7, 1024, 1024, 'image/png', 5, false)",
    "UPDATE accounts SET held_micros=held_micros - 38000, settled_micros=settled_micros - 38000"
    " WHERE id = :account",
    "INSERT INTO transfers (account_id, debit, credit, amount_micros, reason, prediction_id, created_at,"
    " model_id, key_id, num_images) VALUES (:account, :held, 'revenue', 38000, 'capture', :id, :now,"
    " 'google/imagen4', :key, 1)",
    "UPDATE accounts SET live_predictions=live_predictions - 1, active_predictions=active_predictions - 1"
    " WHERE id = :account",
)


class OldVersion:
    """As much of 0002 as it takes to accept a prediction, to begin it, and to close it."""

    def __init__(self, caller: Caller) -> None:
        self.values: dict[str, Any] = {
            "worker": OLD_WORKER,
            "account": caller.account_id,
            "key": caller.key_id,
            "settled": f"account:{caller.account_id}",
            "held": f"held:{caller.account_id}",
            "inputs": '{"prompt": "a red apple", "seed": 7}',
            "now": "2026-11-21 12:00:00.000000+00:00",
            "later": "2026-11-28 12:00:00.000000+00:00",
        }

    def says(self, tx: Connection, *statements: str, prediction_id: str = "") -> None:
        for statement in statements:
            known = {name: value for name, value in self.values.items() if f":{name}" in statement}
            own = {"id": prediction_id} if ":id" in statement else {}
            tx.execute(text(statement), known | own)


@pytest.fixture
def studio(database: Database) -> Studio:
    with database.begin() as tx:
        account = create_account(tx, "studio", Level.ULTRA, NOW)
        top_up(tx, account.id, 1_000_000, NOW)
        return Studio(database, authenticate(tx, create_key(tx, account.id, NOW)))


def test_the_new_version_makes_what_the_old_one_accepted(studio: Studio) -> None:
    old = OldVersion(studio.caller)
    with studio.database.begin() as tx:
        old.says(tx, *SUBMIT, prediction_id="a" * 32)
    prediction = studio.begin("a" * 32)
    assert prediction is not None
    assert prediction.cost == STANDARD_COST
    studio.complete(prediction)
    check_books(studio, PRICE)


def test_the_old_version_makes_what_the_new_one_accepted(studio: Studio) -> None:
    old, accepted = OldVersion(studio.caller), studio.submit()
    with studio.database.begin() as tx:
        old.says(tx, REGISTER, TAGS)
        old.says(tx, *BEGIN, prediction_id=accepted.id)
    assert studio.find(accepted.id).owner == OLD_WORKER
    another = studio.submit()
    assert studio.tags[another.id] > studio.tags[accepted.id]
    with studio.database.begin() as tx:
        old.says(tx, *COMPLETE, prediction_id=accepted.id)
    assert studio.find(accepted.id).status == Status.COMPLETED
    begun = studio.begin(another.id)
    assert begun is not None
    studio.complete(begun)
    check_books(studio, 2 * PRICE)


def test_the_new_version_rescues_what_an_old_worker_had_and_fences_it(studio: Studio) -> None:
    old, accepted = OldVersion(studio.caller), studio.submit()
    with studio.database.begin() as tx:
        old.says(tx, REGISTER, BEAT)
        old.says(tx, *BEGIN, prediction_id=accepted.id)
    assert studio.rescue(accepted.id, owner=OLD_WORKER)
    with studio.database.begin() as tx:
        old.says(tx, COMPLETE[0], prediction_id=accepted.id)  # too late: this is attempt 2
    again = studio.begin(accepted.id, attempt=2)
    assert again is not None
    with studio.database.begin() as tx:
        lifecycle.complete(tx, again, outputs(again, 1), MADE, studio, NOW)
    check_books(studio, PRICE)


def test_the_workers_of_both_versions_see_each_other(studio: Studio) -> None:
    old, new = OldVersion(studio.caller), Worker()
    with studio.database.begin() as tx:
        old.says(tx, REGISTER)
        workers.register(tx, new, NOW)
        workers.serve(tx, new.id, ["nano"])
        old.says(tx, BEAT, OTHERS)
        assert set(workers.signs(tx, new.id)) == {OLD_WORKER}
        assert workers.crew(tx, Lately(NOW, timedelta(hours=1))).serves("whatever the old one serves")


def check_books(studio: Studio, spent_micros: int) -> None:
    with studio.database.read() as tx:
        assert unbalanced_accounts(tx) == []
        assert turns.miscounted(tx) == []
        assert accounts.counted(tx, studio.caller.account_id) == (0, 0)
        assert store.count_live(tx) == 0
    assert studio.spent() == (spent_micros, 0)
