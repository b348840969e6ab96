"""A place to work in: a data folder or a PostgreSQL, an account with credit, and workers to run there."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from limner import ledger
from limner.accounts import Caller, authenticate, create_key, find_account
from limner.catalog import build_catalog
from limner.inputs import parse_input
from limner.predictions import store
from limner.predictions.admission import Submission, submit
from limner.predictions.prediction import Prediction
from limner.runtime import DEFAULT_ACCOUNT, Runtime, build_runtime, ensure_default_account, migrate
from limner.settings import ModelChoice, Settings
from limner.workflows import Shift

MODEL = "google/imagen4"
PLUGINS = Path(__file__).parents[1] / "engines" / "plugins"
PATIENCE_SECONDS = 120.0


def settings_of(data_dir: Path, database_url: str, engine: str, **changes: Any) -> Settings:
    """Every model on one engine of the tests, but for those in ``models``; ``options`` are the engine's, the
    rest are settings."""
    choice = ModelChoice(engine=engine, options=changes.pop("options", {}))
    models = {spec.model_id: choice for spec in build_catalog({})} | changes.pop("models", {})
    changes = {"grace_seconds": 10.0, "heartbeat_seconds": 0.2} | changes
    return Settings(data_dir=data_dir, database_url=database_url, models=models, **changes)


@dataclass
class Workplace:
    runtime: Runtime
    caller: Caller

    @classmethod
    def open(cls, settings: Settings) -> "Workplace":
        runtime = build_runtime(settings)
        migrate(runtime)
        ensure_default_account(runtime, datetime.now(UTC))
        with runtime.database.begin() as tx:
            key = create_key(tx, find_account(tx, DEFAULT_ACCOUNT).id, datetime.now(UTC))
            return cls(runtime, authenticate(tx, key))

    def submit(self, model_id: str = MODEL, webhook_url: str | None = None, **inputs: Any) -> Prediction:
        spec = self.runtime.catalog.find(model_id)
        request = parse_input(spec.inputs, {"prompt": "a red apple"} | inputs)
        submission = Submission(self.caller, spec, request, webhook_url=webhook_url)
        with self.runtime.database.begin() as tx:
            return submit(tx, submission, self.runtime.limits, self.runtime.queue, datetime.now(UTC))

    def find(self, prediction: Prediction) -> Prediction:
        with self.runtime.database.read() as tx:
            return store.find(tx, self.caller.account_id, prediction.id)

    def wait(self, prediction: Prediction, until: Callable[[Prediction], bool]) -> Prediction:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not until(found := self.find(prediction)):
            assert time.monotonic() < deadline, f"still {found}"
            time.sleep(0.02)
        return found

    def finish(self, prediction: Prediction) -> Prediction:
        return self.wait(prediction, lambda found: found.is_terminal)

    def spent_micros(self) -> int:
        """What is gone; nothing may be held when all is finished."""
        with self.runtime.database.read() as tx:
            balance = ledger.balance(tx, self.caller.account_id)
            assert ledger.unbalanced_accounts(tx) == []
        assert balance.held_micros == 0
        return 1_000 * ledger.MICROS_PER_DOLLAR - balance.settled_micros

    @contextmanager
    def working(self) -> Iterator[Shift]:
        """A worker in a thread of this process."""
        shift = Shift(self.runtime)
        thread = threading.Thread(target=shift.work)
        thread.start()
        try:
            assert shift.launched.wait(PATIENCE_SECONDS)
            yield shift
        finally:
            shift.stop.set()
            thread.join()

    @contextmanager
    def worker_process(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker as it is in earnest."""
        command = [sys.executable, "-m", "limner.cli", "worker", *arguments]
        with subprocess.Popen(command, env=self.environment()) as child:
            try:
                yield child
            finally:
                child.kill()

    def environment(self) -> dict[str, str]:
        settings = self.runtime.settings
        values = {
            "DATA_DIR": str(settings.data_dir),
            "DATABASE_URL": settings.database_url,
            "MODELS": json.dumps({name: model.model_dump() for name, model in settings.models.items()}),
            "GRACE_SECONDS": str(settings.grace_seconds),
            "HEARTBEAT_SECONDS": str(settings.heartbeat_seconds),
            "STEP_TIMEOUT_SECONDS": str(settings.step_timeout_seconds),
            "WEBHOOK_ALLOW_PRIVATE": str(settings.webhook_allow_private),
        }
        path = os.pathsep.join([str(PLUGINS), os.environ.get("PYTHONPATH", "")])
        return os.environ | {f"LIMNER_{name}": value for name, value in values.items()} | {"PYTHONPATH": path}
