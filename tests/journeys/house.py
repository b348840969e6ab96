"""A place where Limner runs as real processes, which a test can hold at a known point, kill and start again.

What came of it is read with plain SQL, past Limner.
"""

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
from PIL import Image

from limner_test_engines.gradient import gradient
from tests.bucket import stored_keys
from tests.server import BOUND, Server, finished, serving, wait_until

WORKER = (*BOUND, sys.executable, "-m", "limner.cli", "worker")
CREDIT_MICROS = 1_000_000_000
PATIENCE_SECONDS = 240
SILENCE_SECONDS = 5
MODEL, GATED, SLOW = "google/imagen4", "google/imagen4-ultra", "google/imagen4-fast"


@dataclass(frozen=True)
class State:
    """Where a prediction is, in our table and in the queue's."""

    status: str
    attempt: int
    is_in_engine: bool
    step: int
    engine_deaths: int
    queued: str

    @property
    def is_over(self) -> bool:
        """For the queue, which may forget a prediction before its pictures are stored, and for us."""
        return self.status in ("completed", "failed") and self.queued not in ("ENQUEUED", "PENDING")


class Records:
    """The database."""

    def __init__(self, url: str) -> None:
        self._connection: Any
        if url.startswith("sqlite"):
            self._connection = sqlite3.connect(
                url.removeprefix("sqlite:///"), isolation_level=None, timeout=30
            )
        else:
            self._connection = psycopg.connect(url, autocommit=True, options="-csearch_path=public,dbos")
        self.is_sqlite = url.startswith("sqlite")

    @classmethod
    def in_folder(cls, folder: Path) -> "Records":
        """Of a server in this folder, on SQLite."""
        return cls(f"sqlite:///{folder / 'state' / 'limner.db'}")

    @classmethod
    def of(cls, folder: Path, ground: Mapping[str, str]) -> "Records":
        """Of a server in this folder, on this ground."""
        return cls(ground["LIMNER_DATABASE_URL"]) if ground else cls.in_folder(folder)

    def close(self) -> None:
        self._connection.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return list(self._connection.execute(query))

    def state(self, prediction_id: str) -> State:
        (row,) = self.rows(
            "SELECT p.status, p.attempt, p.is_in_engine, p.step, p.engine_deaths, w.status"
            " FROM predictions p JOIN workflow_status w ON w.workflow_uuid = p.id"
            f" WHERE p.id = '{prediction_id}'"
        )
        return State(row[0], row[1], bool(row[2]), *row[3:])

    def ids(self) -> list[str]:
        return [row[0] for row in self.rows("SELECT id FROM predictions ORDER BY created_at")]

    def worker_pid(self) -> int:
        """Of the worker that was started last, or 0."""
        rows = self.rows("SELECT pid FROM workers ORDER BY started_at DESC")
        return int(rows[0][0]) if rows else 0

    def owner_pid(self, prediction_id: str) -> int:
        """Of the worker that has this prediction."""
        query = "SELECT w.pid FROM workers w JOIN predictions p ON p.owner = w.id"
        ((pid,),) = self.rows(f"{query} WHERE p.id = '{prediction_id}'")
        return int(pid)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nothing of any account's can be committed meanwhile, by anybody."""
        statements = ["BEGIN IMMEDIATE"] if self.is_sqlite else ["BEGIN", "SELECT * FROM accounts FOR UPDATE"]
        for statement in statements:
            self._connection.execute(statement)
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")


class House:
    """One data folder, one database, one storage; the API and a worker as processes of their own groups.

    The model GATED stays inside its engine until the gate is opened; SLOW takes a moment, MODEL none.
    """

    def __init__(self, folder: Path, ground: Mapping[str, str], stack: ExitStack) -> None:
        self.folder = folder
        self.ground = ground
        self._settings = {
            **ground,
            "LIMNER_HEARTBEAT_SECONDS": "0.2",
            "LIMNER_SILENCE_SECONDS": str(SILENCE_SECONDS),
            "LIMNER_WEBHOOK_ALLOW_PRIVATE": "1",
        }
        self._stack = stack
        self._worker: subprocess.Popen[bytes] | None = None
        self.open_api()
        self.records = Records.of(folder, ground)
        stack.callback(self.records.close)

    @property
    def engines(self) -> Mapping[str, str]:
        return {GATED: f"gate folder={self.folder}", SLOW: "gradient step_seconds=0.03"}  # 8 steps

    def open_api(self) -> Server:
        self.server = self._stack.enter_context(
            serving(self.folder, self.engines, "--no-worker", **self._settings)
        )
        self.client = self._stack.enter_context(self.server.client())
        return self.server

    def kill_api(self) -> None:
        kill(self.server.process.pid)
        self.server.process.wait()

    def start_worker(self) -> int:
        """The process id of a worker that lives; it need not be ready yet."""
        if self._worker is None or self._worker.poll() is not None:
            self._worker = self._stack.enter_context(worker_of(self.server))
        return self._worker.pid

    def kill_worker(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait()

    def shut_gate(self) -> None:
        for name in ("entered", "open"):
            (self.folder / name).unlink(missing_ok=True)

    def wait_at_gate(self) -> None:
        wait_until((self.folder / "entered").exists)

    def open_gate(self) -> None:
        (self.folder / "open").touch()

    def objects(self, prediction_id: str) -> list[str]:
        """The pictures in storage for a prediction, of all its attempts."""
        folder = f"predictions/{prediction_id}/"
        return [
            key.removeprefix(folder) for key in stored(self.folder, self.ground) if key.startswith(folder)
        ]

    def catch(self, prediction_id: str, is_there: Callable[[State], bool]) -> bool:
        """Stops the worker dead at this point of this prediction, so that it can be killed there. False when
        it was too quick: then it goes on."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        state = self.records.state(prediction_id)
        while not (is_there(state) or state.is_over):
            assert time.monotonic() < deadline, state
            state = self.records.state(prediction_id)
        with stopped(self.start_worker()):
            if is_there(self.records.state(prediction_id)):
                self.kill_worker()
                return True
        return False


def stored(folder: Path, ground: Mapping[str, str]) -> list[str]:
    """The keys of what the storage of a server in this folder, on this ground, holds."""
    if ground:
        return stored_keys(ground["LIMNER_STORAGE_URL"])
    root = folder / "state" / "objects"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.*"))


@contextmanager
def worker_of(server: Server) -> Iterator[subprocess.Popen[bytes]]:
    """A worker on the database of this server; killed at the end, if it is still there."""
    with (Path(server.environment["HOME"]) / "worker.log").open("a") as log:
        process = subprocess.Popen(WORKER, env=server.environment, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The process stands still, all its threads, and goes on afterwards if it is still there."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: all(_is_stopped(task) for task in Path(f"/proc/{pid}/task").iterdir()))
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _is_stopped(task: Path) -> bool:
    return (task / "stat").read_text().rpartition(")")[2].split()[0] == "T"


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def check_delivered(client: httpx.Client, accepted: Mapping[str, Any]) -> None:
    """What was accepted is completed under its id, and its pictures are those of its prompt and seeds."""
    done = finished(client, accepted["id"])
    assert (done["id"], done["status"], done["error"]) == (accepted["id"], "completed", "")
    assert done["input"] == accepted["input"]
    asked = done["input"]
    assert len(done["outputs"]) == asked["num_images"]
    for k, (link, image) in enumerate(zip(done["outputs"], done["images"], strict=True)):
        assert image["seed"] == asked["seed"] + k
        with Image.open(io.BytesIO(httpx.get(link).content)) as picture:
            expected = gradient(asked["prompt"], image["seed"], image["width"], image["height"])
            assert np.array_equal(np.asarray(picture), expected)


def check_books(records: Records) -> None:
    """All is finished, and paid for once."""
    # DBOS notes the end of a workflow a moment after ours.
    unfinished = "SELECT 1 FROM workflow_status WHERE status IN ('ENQUEUED', 'PENDING')"
    wait_until(lambda: not records.rows(unfinished))
    predictions = records.rows("SELECT id, status, price_micros, inputs FROM predictions")
    spent = sum(_check_paid(records, *row) for row in predictions)
    (account,) = records.rows("SELECT settled_micros, held_micros, live_predictions FROM accounts")
    assert account == (CREDIT_MICROS - spent, 0, 0)


def _check_paid(records: Records, prediction_id: str, status: str, price_micros: int, inputs: Any) -> int:
    """One hold; one capture of what was delivered, or one release; and nothing else. Returns what it cost."""
    asked = (json.loads(inputs) if isinstance(inputs, str) else inputs)["num_images"]
    outputs = records.rows(f"SELECT n FROM outputs WHERE prediction_id = '{prediction_id}'")
    assert (status, len(outputs)) in (("completed", asked), ("failed", 0))
    transfers = records.rows(
        f"SELECT reason, amount_micros FROM transfers WHERE prediction_id = '{prediction_id}' ORDER BY id"
    )
    price = price_micros * asked
    assert transfers == [("hold", price), ("capture" if status == "completed" else "release", price)]
    return price_micros * len(outputs)
