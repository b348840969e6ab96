"""The application inside this process, behind a real socket, with no worker: what it answers, for accounts
of their own, and what the tests themselves make of the predictions that it accepts.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from limner import ledger
from limner.accounts import Caller, Level, authenticate, create_account, create_key
from limner.api.app import create_app
from limner.predictions import lifecycle, store
from limner.predictions.lifecycle import Made
from limner.predictions.prediction import Failure, Output
from limner.runtime import Runtime, build_runtime, migrate
from limner.settings import read_settings
from tests.conftest import places_of
from tests.server import submit, wait_until

ORIGIN = "http://limner.example"
_numbers = count(1)


@dataclass(frozen=True)
class Newcomer:
    """An account that nobody else uses, and its way in."""

    runtime: Runtime
    client: httpx.Client
    caller: Caller
    key: str

    def submit(self, model: str = "google/imagen4", **inputs: Any) -> str:
        prediction_id: str = submit(self.client, model, **inputs)["id"]
        return prediction_id

    def deliver(self, prediction_id: str, num_outputs: int = 1, made_by: str = "test/1") -> None:
        """Finishes the prediction as a worker would, with files that are there."""
        with self.runtime.database.begin() as tx:
            prediction = lifecycle.begin(tx, prediction_id, 1, "0" * 32, datetime.now(UTC))
        assert prediction is not None
        outputs = []
        for n in range(1, num_outputs + 1):
            key = f"predictions/{prediction_id}/1/{n}.png"
            self.runtime.storage.put(key, b"a picture", "image/png")
            outputs.append(Output(n, key, n, 1024, 1024, "image/png", 9))
        with self.runtime.database.begin() as tx:
            made = Made(made_by=made_by, warnings=(), inference_ms=1)
            lifecycle.complete(tx, prediction, outputs, made, self.runtime.queue, datetime.now(UTC))

    def fail(self, prediction_id: str, text: str = "The paint ran out.") -> None:
        with self.runtime.database.begin() as tx:
            prediction = store.find(tx, self.caller.account_id, prediction_id)
            lifecycle.fail(tx, prediction, Failure(text), self.runtime.queue, datetime.now(UTC))


@dataclass(frozen=True)
class Inside:
    runtime: Runtime
    url: str
    stranger: httpx.Client  # without a key

    @contextmanager
    def newcomer(self, credit: str = "100", level: Level = Level.ULTRA) -> Iterator[Newcomer]:
        now = datetime.now(UTC)
        with self.runtime.database.begin() as tx:
            account = create_account(tx, f"newcomer {next(_numbers)}", level, now)
            ledger.top_up(tx, account.id, ledger.usd_to_micros(credit), now)
            key = create_key(tx, account.id, now)
            caller = authenticate(tx, key)
        with client_of(self.url, Authorization=f"Bearer {key}") as client:
            yield Newcomer(self.runtime, client, caller, key)


@contextmanager
def inside(folder: Path, ground: Mapping[str, str] | None = None, **settings: Any) -> Iterator[Inside]:
    """The application in this folder, on a file and a folder in it or the ground that is named."""
    chosen = {"public_url": ORIGIN} | places_of(ground or {}) | settings
    runtime = build_runtime(read_settings(data_dir=folder, **chosen))
    migrate(runtime)
    server = uvicorn.Server(uvicorn.Config(create_app(runtime), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        with client_of(url) as stranger:
            yield Inside(runtime, url, stranger)
    finally:
        server.should_exit = True
        thread.join()
        runtime.close()


def client_of(url: str, **headers: str) -> httpx.Client:
    # Nothing to verify here, and to read all certificates first would be most of the time of a test.
    return httpx.Client(base_url=url, headers=headers, timeout=20, verify=False)


def data_of(response: httpx.Response) -> Any:
    """What a success holds."""
    envelope = response.json()
    assert response.status_code == 200, envelope
    assert list(envelope) == ["code", "message", "data"]
    assert (envelope["code"], envelope["message"]) == (200, "success")
    return envelope["data"]
