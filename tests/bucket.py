"""A real S3 server, moto's, as a process of its own; each test that asks gets a bucket in it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
import obstore
from obstore.store import from_url

from tests.server import BOUND, wait_until

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "limner-tests", "AWS_SECRET_ACCESS_KEY": "not-much-of-a-secret"}
REGION = "us-east-1"
_numbers = count(1)


@dataclass(frozen=True)
class S3:
    """The address of the server."""

    endpoint: str
    process: subprocess.Popen[str]

    def bucket(self, name: str = "") -> str:
        """The storage URL of a folder in a new bucket."""
        bucket = f"limner-{next(_numbers)}{name and '-'}{name}"
        assert httpx.put(f"{self.endpoint}/{bucket}", timeout=30).status_code == 200
        return self.url_of(bucket)

    def url_of(self, bucket: str) -> str:
        return f"s3://{bucket}/some/prefix?endpoint={quote(self.endpoint, safe='')}&region={REGION}"


def stored_keys(storage_url: str) -> list[str]:
    """All there is, read past Limner."""
    place, _, query = storage_url.partition("?")
    options: dict[str, Any] = dict(parse_qsl(query))
    store = from_url(place, client_options={"allow_http": True}, **options)
    return sorted(one["path"] for found in obstore.list(store) for one in found)


@contextmanager
def s3_server(log: Path, **environment: str) -> Iterator[S3]:
    command = [*BOUND, sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command, env=environment | {"PATH": os.environ["PATH"]}, stderr=stderr, stdout=stderr, text=True
        )
    try:
        yield S3(_endpoint(process, log), process)
    finally:
        process.kill()
        process.wait()


def _endpoint(process: subprocess.Popen[str], log: Path) -> str:
    wait_until(lambda: process.poll() is not None or "Running on" in log.read_text())
    found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
    assert found is not None, log.read_text()
    return found[0]
