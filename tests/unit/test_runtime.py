"""The wiring: first start, queueing within a transaction, health, and the faults that doctor looks for."""

import shutil
import time
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from limner.accounts import authenticate, find_account, is_key_of
from limner.db.database import DatabaseUnavailable
from limner.errors import BadSettings
from limner.inputs import ImageInput
from limner.predictions import store
from limner.predictions.admission import Submission, submit
from limner.queueing import APPLICATION_VERSION, attempt_of, workflow_id
from limner.runtime import (
    DEFAULT_ACCOUNT,
    build_runtime,
    check_health,
    ensure_default_account,
    generation_request,
    migrate,
)
from limner.settings import ModelChoice, Settings
from limner.storage import PROBE_LASTS_SECONDS
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import MODEL, Workplace, settings_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def queued(workplace: Workplace) -> list[tuple[str, str, str]]:
    """(id, status, version) of everything in DBOS's queue."""
    found = workplace.runtime.queue.client.list_workflows()
    return [(one.workflow_id, one.status, one.app_version or "") for one in found]


def test_a_submit_queues_its_prediction_under_its_own_id(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    prediction = workplace.submit()
    assert queued(workplace) == [(prediction.id, "ENQUEUED", APPLICATION_VERSION)]


def test_a_queue_that_cannot_be_asked_is_a_database_that_cannot(tmp_path: Path) -> None:
    """Not an error of SQLAlchemy's, which nobody expects."""
    with closing(build_runtime(Settings(data_dir=tmp_path))) as runtime:  # not migrated
        for ask in (
            runtime.queue.takers,
            partial(runtime.queue.drop, ["a"]),
            partial(runtime.queue.forget, {"a": 1}),
        ):
            with pytest.raises(DatabaseUnavailable):
                ask()


def test_a_rollback_leaves_neither_row_nor_workflow(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    runtime = workplace.runtime
    submission = Submission(workplace.caller, runtime.catalog.find(MODEL), ImageInput("a red apple"))
    with pytest.raises(KeyboardInterrupt), runtime.database.begin() as tx:
        submit(tx, submission, runtime.limits, runtime.queue, NOW)
        assert store.count_live(tx) == 1
        raise KeyboardInterrupt
    assert queued(workplace) == []
    with runtime.database.read() as tx:
        assert store.count_live(tx) == 0
    assert workplace.spent_micros() == 0


def test_the_queue_holds_no_prompt(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    workplace.submit(prompt="a secret apple")
    schema = "" if workplace.runtime.database.is_sqlite else "dbos."
    with workplace.runtime.database.read() as tx:
        for table in ("workflow_status", "workflow_input"):
            rows = tx.execute(text(f"SELECT * FROM {schema}{table}")).all()
            assert rows
            assert "secret" not in str(rows)


def test_an_attempt_and_its_workflow_name_each_other() -> None:
    for attempt in (1, 2, 17):
        assert attempt_of(workflow_id("0f" * 16, attempt)) == ("0f" * 16, attempt)
    assert workflow_id("0f" * 16, 1) == "0f" * 16


def test_the_first_start_makes_an_account_and_tells_its_key_once(tmp_path: Path) -> None:
    runtime = build_runtime(Settings(data_dir=tmp_path))
    migrate(runtime)
    key = ensure_default_account(runtime, NOW)
    assert key is not None
    assert ensure_default_account(runtime, NOW) is None
    with runtime.database.read() as tx:
        assert authenticate(tx, key).account_id == find_account(tx, DEFAULT_ACCOUNT).id
    runtime.close()


def test_a_key_from_the_settings_is_taken_whenever_it_comes(tmp_path: Path) -> None:
    for key in ("my-own-secret-key", "my-own-secret-key", "another-secret-key"):
        runtime = build_runtime(Settings(data_dir=tmp_path, api_key=SecretStr(key)))
        migrate(runtime)
        assert ensure_default_account(runtime, NOW) is None
        with runtime.database.read() as tx:
            assert is_key_of(tx, find_account(tx, DEFAULT_ACCOUNT).id, key)
        runtime.close()


def test_health_names_what_cannot_be_reached(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    health = check_health(workplace.runtime, NOW)
    assert (health.database, health.storage, health.workers) == ("ok", "ok", 0)
    assert health.is_reachable
    objects = workplace.runtime.settings.resolved_data_dir / "objects"
    shutil.rmtree(objects)
    objects.touch()
    time.sleep(PROBE_LASTS_SECONDS)
    assert not check_health(workplace.runtime, NOW).is_reachable


def test_a_database_without_tables_is_not_healthy(tmp_path: Path) -> None:
    runtime = build_runtime(Settings(data_dir=tmp_path))
    health = check_health(runtime, NOW)
    assert "no such table" in health.database
    assert not health.is_reachable
    runtime.close()


def test_an_engine_is_asked_in_pixels_and_seeds(tmp_path: Path) -> None:
    spec = build_runtime(settings_of(tmp_path, "", "gradient")).catalog.find(MODEL)
    asked = generation_request(spec, ImageInput("x", "16:9", "2k", 3, "blur", 7))
    assert (asked.width, asked.height) == (2816, 1536)
    assert asked.seeds == (7, 8, 9)
    assert (asked.prompt, asked.negative_prompt) == ("x", "blur")
    assert asked.num_inference_steps == spec.effort.num_inference_steps


@pytest.mark.parametrize(
    "changes",
    [
        {"database_url": "mysql://localhost/limner"},
        {"database_url": "not a url"},
        {"storage_url": "carrier-pigeon://roof"},
        {"models": {"google/imagen5": ModelChoice(engine="nano")}},
    ],
)
def test_settings_that_lead_nowhere_are_refused_in_one_line(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(BadSettings) as refused:
        build_runtime(Settings(data_dir=tmp_path, **changes))  # type: ignore[arg-type]
    assert "\n" not in refused.value.message


def test_a_data_folder_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadSettings, match="cannot be made"):
        build_runtime(Settings(data_dir=tmp_path / "file" / "data"))


def test_workers_on_one_sqlite_file_see_that_each_other_live(tmp_path: Path) -> None:
    """Whatever their data folders: each would else take the locks of the others, and their work with them."""
    url = f"sqlite:///{tmp_path / 'shared' / 'limner.db'}"
    runtimes = [build_runtime(Settings(data_dir=tmp_path / name, database_url=url)) for name in ("a", "b")]
    lock = runtimes[0].locks.take("0" * 32)
    assert lock is not None
    assert runtimes[1].locks.take("0" * 32) is None
    lock.release()
    for runtime in runtimes:
        runtime.close()
