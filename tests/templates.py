"""A database file with all tables, made once by each process that runs tests: to copy it takes a hundredth of
the time that its migrations take."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from limner.db.migrations.upgrade import upgrade
from limner.runtime import build_runtime
from limner.settings import Settings

FILE = "limner.db"


@cache
def migrated_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="limner-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    runtime = build_runtime(Settings(data_dir=folder))
    upgrade(runtime.database)
    runtime.queue.migrate(set())
    runtime.close()
    return folder / FILE


def begin_with_tables(data_dir: Path) -> Path:
    """A Limner with this data folder, that stands on a file, finds its tables there. Returns the file."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = data_dir / FILE
    if not file.exists():
        shutil.copyfile(migrated_file(), file)
    return file
