"""Every example of the description and every sample of docs/api.md, sent as it stands there but for what
names things that exist: the origin, ids, a ticket, an address that nobody has.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from PIL import Image

from limner.api.description import operations
from limner.api.examples import DELIVERY_ID, KEY_ID, PREDICTION_ID, RECEIVER, TICKET, UPLOAD_ID
from limner.api.reference import DEFAULT_ORIGIN
from limner.api.samples import FILE, FORM, JSON, SAMPLES, SAVED, Call, call_of
from tests.contract.conftest import Opened
from tests.contract.inside import data_of
from tests.rules.reference import description
from tests.server import Server, run, submit, wait_until

OPERATIONS = dict(operations(description()))
NOBODY = "https://receiver.invalid/hook"
ENDING = ("DELETE /api/v3/predictions/{prediction_id}", "POST /api/v3/predictions/delete")
PROGRAMS = {"curl": ["bash", "-e"], "Python": [sys.executable], "JavaScript": ["node"]}
STEPS = {
    "curl": "echo '# {name}'\n. ./{file}\n",
    "Python": "import runpy; print('# {name}'); runpy.run_path('{file}')\n",
    "JavaScript": "console.log('# {name}');\nawait import('./{file}');\n",
}
ENDINGS = {"curl": "sh", "Python": "py", "JavaScript": "mjs"}


@dataclass(frozen=True)
class World:
    """Things that exist, in place of those of the examples."""

    server: Server
    client: httpx.Client
    key: str
    names: Mapping[str, str]

    def real(self, name: str, text: str) -> str:
        """The text of this operation's example, with what exists."""
        for example, real in self.names.items():
            text = text.replace(example, real)
        if PREDICTION_ID in text:
            text = text.replace(PREDICTION_ID, self._prediction(name))
        return text

    def _prediction(self, name: str) -> str:
        made = submit(self.client) if name in ENDING else run(self.client)
        return str(made["id"])


@pytest.fixture(scope="module")
def world(both: Opened) -> Iterator[World]:
    server, _ = both
    key = server.run("account", "create", "samples", "--credit", "100")
    with server.client(key) as client:
        announced = {"filename": FILE, "size": len(picture()), "content_type": "image/png"}
        ticket = data_of(client.post("/api/v3/media/uploads", json=announced))
        upload = data_of(client.post("/api/v3/media/upload/binary", files={"file": (FILE, picture())}))
        delivery = data_of(client.post("/api/v3/webhook/test", json={"url": NOBODY}))["id"]
        log = f"/api/v3/webhook/deliveries/{delivery}"
        wait_until(lambda: data_of(client.get(log))["status"] != "pending")
        names = {
            DEFAULT_ORIGIN: server.origin,
            TICKET: ticket["upload"]["url"].rpartition("/")[2],
            f"{UPLOAD_ID}.png": upload["url"].rpartition("/")[2],
            DELIVERY_ID: delivery,
            RECEIVER: NOBODY,
            KEY_ID: data_of(client.post("/api/limner/keys", json={"name": "to revoke"}))["id"],
        }
        yield World(server, client, key, names)


def picture() -> bytes:
    file = io.BytesIO()
    Image.radial_gradient("L").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def schema(world: World) -> Any:
    return schemathesis.openapi.from_url(f"{world.server.origin}/openapi.json")


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_example_is_answered_as_described(world: World, schema: Any, name: str) -> None:
    method, path = name.split(" ")
    call = call_of(DEFAULT_ORIGIN, name, OPERATIONS[name])
    response = world.client.request(method, world.real(name, call.url), **_body(world, name, call))
    assert response.status_code == 200, response.text
    response.request.read()  # a form is sent as it is made, and not kept
    schema[path][method].validate_response(response)


def _body(world: World, name: str, call: Call) -> dict[str, Any]:
    if call.sends == JSON:
        return {"content": world.real(name, json.dumps(call.body))}
    if call.sends == FORM:
        return {"files": {"file": (FILE, picture())}}
    return {"content": picture()} if call.sends else {}


@pytest.mark.parametrize("language", SAMPLES)
def test_every_sample_runs(world: World, language: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(picture())
    (tmp_path / ".curlrc").write_text("fail\nsilent\nshow-error\n")  # a refusal fails the program
    _, write = SAMPLES[language]
    program = ""
    for number, (name, operation) in enumerate(OPERATIONS.items()):
        file = f"{number}.{ENDINGS[language]}"
        sample = world.real(name, write(call_of(DEFAULT_ORIGIN, name, operation)))
        (tmp_path / file).write_text(sample + "\n")
        program += STEPS[language].format(name=name, file=file)
    (tmp_path / f"all.{ENDINGS[language]}").write_text(program)
    command = [*PROGRAMS[language], f"all.{ENDINGS[language]}"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LIMNER_API_KEY": world.key}
    finished = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr
    assert finished.stdout.count("# ") >= len(OPERATIONS)
    with Image.open(tmp_path / SAVED) as saved:
        saved.verify()
