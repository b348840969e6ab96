"""Limner as a process of its own, for tests that look at it from outside."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.templates import begin_with_tables

# Before a command that serves: a suite that is killed leaves nothing running.
BOUND = ("setpriv", "--pdeathsig", "KILL") if sys.platform == "linux" else ()
KEY = "wsk_test_0123456789abcdef0123456789abcdef"
PLUGINS = Path(__file__).parent / "engines" / "plugins"
MODELS = (
    "google/imagen4",
    "google/imagen4-ultra",
    "google/imagen4-fast",
    "google/imagen3",
    "google/imagen3-fast",
    "wavespeed-ai/imagen4",
)
# How long to wait for what should take a second or two: a hang ends, a machine with other work does not fail.
START_SECONDS = 240
STOP_SECONDS = 90
FINISH_SECONDS = 240
COMMAND_SECONDS = 240
ANSWER_SECONDS = 90


@dataclass(frozen=True)
class Server:
    origin: str
    process: subprocess.Popen[str]
    environment: Mapping[str, str]

    def client(self, key: str | None = KEY) -> httpx.Client:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.origin, headers=headers, timeout=ANSWER_SECONDS)

    def health(self) -> Any:
        return httpx.get(f"{self.origin}/health", timeout=ANSWER_SECONDS).json()

    def run(self, *arguments: str) -> str:
        """A command of the command line beside this server, and what it printed."""
        command = [sys.executable, "-m", "limner.cli", *arguments]
        result = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True, timeout=COMMAND_SECONDS
        )
        return result.stdout.strip()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


def environment(folder: Path, engines: Mapping[str, str], **settings: str) -> dict[str, str]:
    """The environment of a server in this folder. Engines are written "name" or "name option=value"."""
    config = folder / "limner.toml"
    config.write_text("".join(_entry(model, engines.get(model, "gradient")) for model in MODELS))
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(PLUGINS),
        "LIMNER_CONFIG": str(config),
        "LIMNER_DATA_DIR": str(folder / "state"),
        "LIMNER_API_KEY": KEY,
    }
    return own | settings


def _entry(model: str, engine: str) -> str:
    name, _, option = engine.partition(" ")
    key, _, value = option.partition("=")
    options = f"{key} = '{value}'" if option else ""
    return f'[models."{model}"]\nengine = "{name}"\noptions = {{ {options} }}\n'


@contextmanager
def serving(folder: Path, engines: Mapping[str, str], *arguments: str, **settings: str) -> Iterator[Server]:
    """A server on a free port, with a live worker unless the arguments forbid one: a process group of its
    own, of which nothing is left at the end."""
    variables = environment(folder, engines, **settings)
    if not settings.keys() & {"LIMNER_DATABASE_URL", "LIMNER_DATA_DIR"}:
        begin_with_tables(folder / "state")
    command = [*BOUND, sys.executable, "-m", "limner.cli", "serve", "--port", "0", *arguments]
    with (folder / "stderr.log").open("w") as log:
        process = subprocess.Popen(
            command, env=variables, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert "http://" in line, (folder / "stderr.log").read_text()
        server = Server(line.split()[3], process, variables)
        wait_until(lambda: server.health()["workers"] >= int("--no-worker" not in arguments))
        yield server
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # a worker left behind
            process.stdout.close()


def wait_until(holds: Callable[[], object], seconds: float = START_SECONDS, pause: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(pause)


def submit(client: httpx.Client, model: str = "google/imagen4", **inputs: Any) -> Any:
    response = client.post(f"/api/v3/{model}", json={"prompt": "a red apple"} | inputs)
    assert response.status_code == 200, response.text
    return response.json()["data"]


def result(client: httpx.Client, prediction_id: str) -> Any:
    response = client.get(f"/api/v3/predictions/{prediction_id}/result")
    assert response.status_code == 200, response.text
    return response.json()["data"]


def finished(client: httpx.Client, prediction_id: str) -> Any:
    """The prediction once it is completed or failed."""
    wait_until(lambda: result(client, prediction_id)["status"] in ("completed", "failed"), FINISH_SECONDS)
    return result(client, prediction_id)


def run(client: httpx.Client, model: str = "google/imagen4", **inputs: Any) -> Any:
    return finished(client, submit(client, model, **inputs)["id"])


def balance(client: httpx.Client) -> float:
    return float(client.get("/api/v3/balance").json()["data"]["balance"])
