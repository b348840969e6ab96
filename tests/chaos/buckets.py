"""An object store that speaks S3: moto's server as a process of its own, with one bucket."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.server import wait_until

BUCKET = "chaos"


@contextmanager
def object_store(folder: Path) -> Iterator[str]:
    """Its origin."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = Path(sys.executable).with_name("moto_server")
    command = str(own) if own.exists() else shutil.which("moto_server") or "moto_server"
    with (folder / "store.log").open("w") as log:
        process = subprocess.Popen([command, "-p", str(port)], stdout=log, stderr=log)
    try:
        origin = f"http://127.0.0.1:{port}"
        wait_until(lambda: _makes_bucket(origin))
        yield origin
    finally:
        process.kill()
        process.wait()


def settings_of(origin: str) -> dict[str, str]:
    """What makes Limner use the bucket there."""
    return {
        "LIMNER_STORAGE_URL": f"s3://{BUCKET}",
        "AWS_ENDPOINT_URL": origin,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }


def _makes_bucket(origin: str) -> bool:
    try:
        return httpx.put(f"{origin}/{BUCKET}").is_success
    except httpx.TransportError:
        return False
