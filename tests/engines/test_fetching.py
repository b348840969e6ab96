"""Fetching weights: from a hub that cuts connections, damages what it sends, or is gone.

The hub is a local server with the few answers that huggingface_hub asks for. The command runs in a process
of its own, because where the hub is is read when huggingface_hub is imported.
"""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAME = "tiny/painter"
CHUNK_BYTES = 10 << 20  # of huggingface_hub: what is less is asked for again
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = "transformer/weights.safetensors"
INDEX = {
    "_class_name": "TinyPipeline",
    "transformer": ["diffusers", "Tiny"],
    "scheduler": ["diffusers", "Euler"],
    "nothing": [None, None],
}
FILES: Mapping[str, bytes] = {
    "model_index.json": json.dumps(INDEX).encode(),
    "transformer/config.json": b"{}",
    LARGE: os.urandom(16_000_000),
    "scheduler/scheduler_config.json": b"{}",
    "painter.safetensors": b"the same once more, in one file",
}


@dataclass
class Hub:
    """``cut_after`` bytes of the large file the connection ends, once; ``is_lying``: what it sends is
    damaged."""

    origin: str
    cut_after: int = 0
    is_lying: bool = False
    asked: list[str] = field(default_factory=list)  # for the large file: "" or a range of it


class Server(ThreadingHTTPServer):
    hub: Hub


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_arguments: object) -> None:
        """Nobody reads it."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if "/tree/" in path:
            self.give(json.dumps([entry(name) for name in FILES]).encode(), {})
        elif path.startswith("/api/models/"):
            siblings = [{"rfilename": name} for name in FILES]
            self.give(json.dumps({"id": NAME, "sha": COMMIT, "siblings": siblings}).encode(), {})
        elif "/resolve/" not in path:
            self.give(b"", {}, 404)
        else:
            name = path.partition("/resolve/")[2].partition("/")[2]
            headers = {"ETag": f'"{sum_of(name)}"', "X-Repo-Commit": COMMIT}
            self.give_large(headers) if name == LARGE else self.give(FILES[name], headers)

    def give_large(self, headers: dict[str, str]) -> None:
        hub, content, cut, start = self.server.hub, FILES[LARGE], 0, 0
        if self.command == "GET":
            asked = self.headers.get("Range", "")
            hub.asked.append(asked)
            content = bytes(len(content)) if hub.is_lying else content
            start = int(asked.removeprefix("bytes=").partition("-")[0] or 0)
            cut, hub.cut_after = hub.cut_after, 0
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.give(content[start:], headers, 206 if start else 200, cut)

    def give(self, content: bytes, headers: dict[str, str], status: int = 200, cut: int = 0) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[:cut] if cut else content)
        self.close_connection = cut > 0


def sum_of(name: str) -> str:
    """As the hub has it: another one for what is large."""
    kind = hashlib.sha256 if name == LARGE else hashlib.sha1
    return kind(FILES[name]).hexdigest()


def entry(name: str) -> dict[str, object]:
    found: dict[str, object] = {
        "type": "file",
        "path": name,
        "size": len(FILES[name]),
        "oid": sum_of(name)[:40],
    }
    if name == LARGE:
        found["lfs"] = {"oid": sum_of(name), "size": len(FILES[name]), "pointerSize": 1}
    return found


@contextmanager
def open_hub() -> Iterator[Hub]:
    with Server(("127.0.0.1", 0), Answers) as server:
        server.hub = Hub(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.hub
        finally:
            server.shutdown()
            thread.join()


def fetch(hub: Hub, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "limner.cli", "models", "fetch", NAME]
    own = {"HF_ENDPOINT": hub.origin, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **own}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_a_cut_connection_is_gone_on_with_and_what_is_here_is_not_asked_for_again(tmp_path: Path) -> None:
    with open_hub() as hub:
        hub.cut_after = 12_000_000
        made = fetch(hub, tmp_path)
        assert made.returncode == 0, made.stderr
        folder = Path(made.stdout.strip())
        assert folder.name == COMMIT
        assert (folder / LARGE).read_bytes() == FILES[LARGE]
        assert not (folder / "painter.safetensors").exists()
        assert hub.asked == ["", f"bytes={CHUNK_BYTES}-"]
    assert fetch(hub, tmp_path).stdout.strip() == str(folder), "the hub is gone by now"


def test_what_arrives_damaged_is_refused_and_removed(tmp_path: Path) -> None:
    with open_hub() as hub:
        hub.is_lying = True
        refused = fetch(hub, tmp_path)
        assert refused.returncode == 1
        assert f"{LARGE} arrived damaged and was removed" in refused.stderr
        hub.is_lying = False
        made = fetch(hub, tmp_path)
        assert (Path(made.stdout.strip()) / LARGE).read_bytes() == FILES[LARGE]


def test_a_hub_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    refused = fetch(Hub("http://127.0.0.1:9"), tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith(f"limner: weights {NAME} cannot be fetched: ")
