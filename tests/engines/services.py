"""Services that make pictures, on a port of this machine, each speaking its vendor's wire; and what can go
wrong with them. Their pictures are gradients, so that every promise about pixels can be tested through them.
"""

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

from limner import images
from limner.inputs import size_in_pixels
from limner_test_engines.gradient import gradient

KEY = "sk-upstream-0123456789-secret"
Json = dict[str, Any]
Answer = Callable[["Handler"], None]
"""Whatever is to be done with the connection."""
Wire = Callable[["Handler", "Seen"], None]


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: Json
    at: float  # on the monotonic clock


@dataclass
class Service:
    """Answers what its wire says, after what it is told to do first. Only requests for a picture are told."""

    wire: Wire
    instead: list[Answer] = field(default_factory=list)  # of the wire's answer, one for each picture
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    gone: threading.Event = field(default_factory=threading.Event)
    in_flight: int = 0
    most_in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[Seen]:
        """The requests for pictures."""
        return [one for one in self.seen if one.method == "POST"]


class Handler(BaseHTTPRequestHandler):
    service: Service
    seen: Seen

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"{}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen = Seen(self.command, self.path, headers, body, time.monotonic())
        service = self.service
        with service.lock:
            service.seen.append(self.seen)
            service.in_flight += 1
            service.most_in_flight = max(service.most_in_flight, service.in_flight)
            is_picture = self.command == "POST" and not self.path.endswith("/cancel")
            instead = service.instead.pop(0) if is_picture and service.instead else None
        with suppress(OSError):  # the other side may have enough
            instead(self) if instead else service.wire(self, self.seen)
        with service.lock:
            service.in_flight -= 1

    def send(
        self, status: int, content: bytes, content_type: str = "application/json", **headers: str
    ) -> None:
        self.send_response(status)
        every = {"Content-Type": content_type, "Content-Length": str(len(content))}
        for name, value in (every | {name.replace("_", "-"): text for name, text in headers.items()}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def send_json(self, status: int, body: Any, **headers: str) -> None:
        self.send(status, json.dumps(body).encode(), **headers)

    def log_message(self, *_: object) -> None:
        """Not on stderr."""


@contextmanager
def serving(wire: Wire, *instead: Answer) -> Iterator[Service]:
    service = Service(wire, list(instead))

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A connection that breaks off is what some tests are about."""

    server = Server(("127.0.0.1", 0), type("Own", (Handler,), {"service": service}))
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        service.gone.set()
        server.shutdown()
        thread.join()
        server.server_close()


def painted(prompt: str, seed: int, width: int, height: int) -> bytes:
    """A PNG."""
    tiny = Image.fromarray(gradient(prompt, seed, 32, 32))
    return images.encode(np.asarray(tiny.resize((width, height), Image.Resampling.BILINEAR)), "png").content


def images_wire(handler: Handler, seen: Seen) -> None:
    """POST /v1/images/generations, as SGLang-Diffusion and vLLM-Omni answer it."""
    body = seen.body
    assert seen.path == "/v1/images/generations"
    assert (body["n"], body["response_format"]) == (1, "b64_json")
    width, height = map(int, body["size"].split("x"))
    content = painted(body["prompt"], body.get("seed", 0), width, height)
    handler.send_json(200, images_answer(content))


def images_answer(content: bytes) -> Json:
    return {"created": 1, "data": [{"b64_json": base64.b64encode(content).decode()}]}


GEMINI_SIZES = {
    "1:1": (1024, 1024), "16:9": (1376, 768), "9:16": (768, 1376), "4:3": (1200, 896), "3:4": (896, 1200)
}  # fmt: skip


def gemini_wire(handler: Handler, seen: Seen) -> None:
    """generateContent of a model that makes pictures. It knows no seed."""
    found = re.fullmatch(r"/v1(?:beta)?/models/([\w.-]+):generateContent", seen.path)
    assert found, seen.path
    config = seen.body["generationConfig"]
    assert config["responseModalities"] == ["IMAGE"]
    asked = config["imageConfig"]
    width, height = GEMINI_SIZES[asked["aspectRatio"]]
    scale = {"1K": 1, "2K": 2}[asked.get("imageSize", "1K")]
    (content,) = seen.body["contents"]
    (part,) = content["parts"]
    handler.send_json(200, gemini_answer(painted(part["text"], 0, width * scale, height * scale)))


def gemini_answer(content: bytes, finish_reason: str = "STOP") -> Json:
    data = {"mimeType": "image/png", "data": base64.b64encode(content).decode()}
    parts = [{"text": "Here it is."}, {"inlineData": data}] if content else [{"text": "I cannot do that."}]
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish_reason}]}


class WaveSpeedWire:
    """Submit, result and outputs, as WaveSpeed has them, and Limner's cancel: a prediction is made when it is
    looked at for the second time."""

    def __init__(self) -> None:
        self.predictions: dict[str, Json] = {}
        self.inputs: dict[str, Json] = {}
        self.cancelled: list[str] = []
        self.ending: Json = {"status": "completed"}
        self.looks_needed = 2
        self.stumbles: list[Answer] = []  # instead of the first answers to those who look
        self._looks: dict[str, int] = {}

    def __call__(self, handler: Handler, seen: Seen) -> None:
        found = re.fullmatch(r"(?:/api/v3)?/predictions/(\w+)/(result|cancel|1\.png)", seen.path)
        if seen.method == "POST" and not found:
            handler.send_json(200, envelope(self._submitted(seen)))
        elif found is None or found[1] not in self.predictions:
            handler.send_json(404, {"code": 404, "message": "not found", "data": None})
        elif found[2] == "result" and self.stumbles:
            self.stumbles.pop(0)(handler)
        elif found[2] == "1.png":
            handler.send(200, self._painted(found[1]), "image/png")
        elif found[2] == "cancel":
            self.cancelled.append(found[1])
            handler.send_json(200, envelope(self.predictions[found[1]]))
        else:
            handler.send_json(200, envelope(self._looked_at(handler, found[1])))

    def _submitted(self, seen: Seen) -> Json:
        model = seen.path.removeprefix("/api/v3/")
        seed = seen.body["seed"]
        assert 0 <= seed < 2**31, "WaveSpeed's seeds end there"
        one = f"{len(self.predictions):032x}"
        self.inputs[one] = seen.body
        progress = {"step": 0, "num_steps": 0}
        self.predictions[one] = {
            "id": one,
            "model": model,
            "outputs": [],
            "status": "created",
            "error": "",
            "code": 0,
            "progress": progress,
            "made_by": "",
            "warnings": [],
        }
        return self.predictions[one]

    def _looked_at(self, handler: Handler, one: str) -> Json:
        self._looks[one] = self._looks.get(one, 0) + 1
        if self._looks[one] < self.looks_needed:
            return self.predictions[one] | {"status": "processing", "progress": {"step": 1, "num_steps": 2}}
        link = f"{handler.service.origin}/predictions/{one}/1.png"
        is_inlined = self.inputs[one].get("enable_base64_output")
        output = base64.b64encode(self._painted(one)).decode() if is_inlined else link
        made = {"outputs": [output], "made_by": "gradient/1.0", "warnings": ["It is only a gradient."]}
        return self.predictions[one] | made | self.ending

    def _painted(self, one: str) -> bytes:
        inputs = self.inputs[one]
        size = size_in_pixels(inputs["aspect_ratio"], inputs["resolution"])
        return painted(inputs["prompt"] + inputs.get("negative_prompt", ""), inputs["seed"], *size)


def envelope(data: Any) -> Json:
    return {"code": 200, "message": "success", "data": data}


def answers(status: int, body: Any = None, **headers: str) -> Answer:
    """With this status, and JSON."""
    return lambda handler: handler.send_json(status, body if body is not None else {}, **headers)


def hang(handler: Handler) -> None:
    """Never answers."""
    handler.service.gone.wait(60)


def hang_up(handler: Handler) -> None:
    handler.close_connection = True


def break_off(handler: Handler) -> None:
    """In the middle of the answer."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b'{"created": 1, "data": [{"b64')
    handler.close_connection = True


def talk_nonsense(handler: Handler) -> None:
    handler.send(200, b"<html>busy</html>", "application/json")


def flood(handler: Handler) -> None:
    """Says that all is well, and goes on talking."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    handler.wfile.write(b'{"data": "')
    while not handler.service.gone.is_set():
        handler.wfile.write(b"x" * (1 << 20))
