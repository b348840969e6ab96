"""Server-sent events as a client sees them: parsed as the WHATWG standard says, comments left out."""

import base64
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image

PREFIX = "data:image/jpeg;base64,"


@dataclass(frozen=True)
class Event:
    id: str
    name: str
    data: Any


def events(lines: Iterable[str]) -> Iterator[Event]:
    """An event at each blank line that has something to end."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line == "" and "data" in fields:
            yield Event(fields["id"], fields["event"], json.loads(fields["data"]))
            fields = {}
        elif name in ("id", "event", "data"):
            assert name not in fields
            fields[name] = value
        else:
            assert line == "" or name in ("", "retry")


@contextmanager
def streaming(
    client: httpx.Client, prediction_id: str, last_id: str | None = None
) -> Iterator[Iterator[Event]]:
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    with client.stream("GET", f"/api/v3/predictions/{prediction_id}/events", headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events(response.iter_lines())


def picture_of(preview: str) -> Image.Image:
    assert preview.startswith(PREFIX)
    picture = Image.open(io.BytesIO(base64.b64decode(preview.removeprefix(PREFIX), validate=True)))
    picture.load()
    return picture
