"""What a server answers is not believed: not in names of files, not in whom the key is shown to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from limner.errors import Unavailable
from limner.generate.commission import Commission
from limner.generate.there import There

KEY = "wsk_for_this_server_alone"


class Stranger(BaseHTTPRequestHandler):
    """Answers submits with ``answer``, /moved with a redirect, everything else with a picture of sorts."""

    answer: Any = None
    shown: list[tuple[str, str | None]]  # the path, and the key that came with it

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._reply(json.dumps({"code": 200, "message": "success", "data": self.answer}).encode())

    def do_GET(self) -> None:
        self.shown.append((self.path, self.headers["authorization"]))
        if self.path == "/moved":
            self.send_response(307)
            self.send_header("Location", "/bucket")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._reply(b"a picture")

    def _reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def stranger(answer: Any) -> Iterator[tuple[str, type[Stranger]]]:
    handler = type("Handler", (Stranger,), {"answer": answer, "shown": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", handler
        finally:
            server.shutdown()
            thread.join()


def completed(**image: Any) -> dict[str, Any]:
    one = {"url": "/1.png", "seed": 7, "content_type": "image/png"} | image
    return {"id": "x", "status": "completed", "warnings": [], "images": [one]}


def made(answer: Any, folder: Path) -> list[Path]:
    with stranger(answer) as (url, _):
        return ask(url, folder)


def ask(url: str, folder: Path) -> list[Path]:
    maker = There(url, KEY)
    try:
        return maker.make(Commission("a/b", {"prompt": "a fox"}, folder, lambda *_: None, lambda _: None))
    finally:
        maker.close()


@pytest.mark.parametrize("url", ["/1.png", "/1.png?token=a.b/../../c", "/x./../../../tmp/evil"])
def test_a_server_does_not_name_files(tmp_path: Path, url: str) -> None:
    folder = tmp_path / "out"
    assert made(completed(url=url), folder) == [folder / "a-fox-7.png"]
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "a-fox-7.png"]


def test_a_picture_is_fetched_without_the_key_wherever_it_lies(tmp_path: Path) -> None:
    with stranger(completed(url="/moved")) as (url, seen):
        (path,) = ask(url, tmp_path)
    assert path.read_bytes() == b"a picture"
    assert seen.shown == [("/moved", None), ("/bucket", None)]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"status": "completed"},
        completed(seed="../../x"),
        completed(url=None) | {"images": [{}]},
    ],
    ids=str,
)
def test_what_does_not_answer_as_limner_does_is_told(tmp_path: Path, answer: Any) -> None:
    with pytest.raises(Unavailable, match="does not answer as Limner does"):
        made(answer, tmp_path)
