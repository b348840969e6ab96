"""Where a fleet runs, for the length of one trial: its folder, its database and its object store."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from tests.chaos.buckets import object_store, settings_of
from tests.chaos.postgres import Postgres, postgres
from tests.chaos.proxies import FailingStore, Wire, failing_store

DATABASES = ("sqlite", "postgresql")
SMALL_DISK = "48m"


@dataclass(frozen=True)
class Place:
    """On SQLite the objects are files; on PostgreSQL they are in a bucket, behind a proxy that can refuse.
    Only PostgreSQL has a wire that can be cut."""

    folder: Path
    database_url: str
    settings: dict[str, str]
    server: Postgres | None = None
    wire: Wire | None = None
    store: FailingStore | None = None


@contextmanager
def place(database: str, seed: int, is_small: bool = False) -> Iterator[Place]:
    """``is_small``: a disk of its own that is soon full, for which one must be root."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="limner-chaos-")))
        if is_small:
            stack.enter_context(_small_disk(folder))
        if database == "sqlite":
            yield Place(folder, "", {})
            return
        server = stack.enter_context(postgres())
        wire = Wire(server.socket)
        stack.callback(wire.close)
        store, origin = stack.enter_context(failing_store(stack.enter_context(object_store(folder)), seed))
        url = make_url(server.create_database("chaos"))
        through = url.set(host="127.0.0.1", port=wire.port, query={})
        yield Place(folder, through.render_as_string(False), settings_of(origin), server, wire, store)


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "chaos", folder], check=True)
    try:
        yield
    finally:
        for path in folder.iterdir():
            shutil.rmtree(path, ignore_errors=True)
        subprocess.run(["umount", "--lazy", folder], check=True)
