"""Customers who submit, cancel, delete and upload, and note what they were told; a server that is gone is
asked again. What they know in the end is what must be true.
"""

import hashlib
import io
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from PIL import Image

from tests.receiver import Handler, Receiver

PATIENCE_SECONDS = 240
MAX_OPEN = 4  # unfinished predictions of one customer
RETRY_SECONDS = 0.2
WEBHOOK_SECONDS = 0.03  # that the receiver takes, so that a worker can die in between
WEIGHTS = (85, 2, 5, 8)  # of submits, cancels, deletions and uploads
REFUSED_SHARE = 0.1  # of webhooks that are refused at first


@dataclass
class Notes:
    """What customers were told, and what they wished for."""

    accepted: dict[str, Any] = field(default_factory=dict)  # by id, as it was answered
    repeated: dict[str, set[str]] = field(default_factory=dict)  # ids by idempotency key
    told: dict[str, str] = field(default_factory=dict)  # id to the path of its webhook
    cancelled: set[str] = field(default_factory=set)  # wished for, whatever came of it
    deleted: set[str] = field(default_factory=set)
    uploads: dict[str, str] = field(default_factory=dict)  # link to SHA-256
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    broken_off: int = 0


class Customer(threading.Thread):
    """One after another of its wishes, until ``stop`` is set. Nothing it does is left undecided: a request
    under an idempotency key is repeated until it is answered."""

    def __init__(
        self, clients: Sequence[httpx.Client], models: Sequence[str], hooks: Receiver, seed: int, number: int
    ) -> None:
        super().__init__(daemon=True)
        self.notes = Notes()
        self.stop = threading.Event()
        self._clients, self._models, self._hooks = clients, models, hooks
        self._number, self._serial = number, 0
        self._chance = random.Random(f"{seed} {number}")
        self._open: list[str] = []
        self._wishes = (self._wish, self._regret, self._forget, self._send)

    def run(self) -> None:
        while not self.stop.is_set():
            with suppress(httpx.TransportError):
                self._chance.choices(self._wishes, WEIGHTS)[0]()
                self._look()
            time.sleep(self._chance.uniform(0, 2 * RETRY_SECONDS))

    def _ask(self, method: str, path: str, **asked: Any) -> httpx.Response:
        client = self._chance.choice(self._clients)
        try:
            response = client.request(method, path, **asked)
        except httpx.TransportError:
            self.notes.broken_off += 1
            raise
        self.notes.statuses[response.status_code] += 1
        if response.status_code >= 500 and response.status_code != 503:
            self.notes.faults.append(f"{method} {path}: {response.status_code} {response.text[:200]}")
        return response

    def _wish(self) -> None:
        if len(self._open) >= MAX_OPEN:
            return
        self._serial += 1
        name = f"{self._number}-{self._serial}"
        has_webhook, has_key = self._chance.random() < 0.6, self._chance.random() < 0.5
        inputs = {
            "prompt": f"apple {name}",
            "seed": self._chance.randrange(1 << 31),
            "num_images": self._chance.choice((1, 1, 2)),
        }
        asked = {
            "json": inputs,
            "params": {"webhook": f"{self._hooks.url}/{name}"} if has_webhook else {},
            "headers": {"Idempotency-Key": name} if has_key else {},
        }
        path = f"/api/v3/{self._chance.choice(self._models)}"
        response = self._insist(path, asked) if has_key else self._ask("POST", path, **asked)
        if response is not None and response.status_code == 200:
            self._note(response.json()["data"], name, has_webhook, has_key)

    def _insist(self, path: str, asked: dict[str, Any]) -> httpx.Response | None:
        """The answer, however often the question has to be asked; None if there is none for a long time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                response = self._ask("POST", path, **asked)
                if response.status_code not in (429, 503):
                    if self._chance.random() < 0.2:
                        response = self._ask("POST", path, **asked)  # as one who did not hear the answer
                    return response
            time.sleep(RETRY_SECONDS)
        return None

    def _note(self, accepted: Any, name: str, has_webhook: bool, has_key: bool) -> None:
        prediction_id = accepted["id"]
        self.notes.accepted[prediction_id] = accepted
        self._open.append(prediction_id)
        if has_webhook:
            self.notes.told[prediction_id] = f"/hook/{name}"
        if has_key:
            self.notes.repeated.setdefault(name, set()).add(prediction_id)

    def _look(self) -> None:
        """Drops from the open ones those that are finished."""
        for prediction_id in self._open[:1]:
            response = self._ask("GET", f"/api/v3/predictions/{prediction_id}/result")
            if response.status_code == 404 and prediction_id not in self.notes.deleted:
                self.notes.faults.append(f"{prediction_id} was accepted, and is not found")
            if response.status_code == 404 or _is_finished(response):
                self._open.remove(prediction_id)

    def _regret(self) -> None:
        if self._open:
            prediction_id = self._chance.choice(self._open)
            self.notes.cancelled.add(prediction_id)
            self._ask("POST", f"/api/v3/predictions/{prediction_id}/cancel")

    def _forget(self) -> None:
        """Finished or not."""
        if self.notes.accepted:
            prediction_id = self._chance.choice(list(self.notes.accepted))
            self.notes.deleted.add(prediction_id)
            self._ask("POST", "/api/v3/predictions/delete", json={"ids": [prediction_id]})

    def _send(self) -> None:
        self._serial += 1
        content = _small_picture(self._chance.randrange(1 << 31))
        response = self._ask(
            "POST",
            "/api/v3/media/upload/binary",
            files={"file": (f"{self._serial}.png", content, "image/png")},
        )
        if response.status_code == 200:
            link = response.json()["data"]["download_url"]
            self.notes.uploads[link] = hashlib.sha256(content).hexdigest()


def _is_finished(response: httpx.Response) -> bool:
    return response.status_code == 200 and response.json()["data"]["status"] in ("completed", "failed")


def _small_picture(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


class Hooks:
    """An answer for a receiver: slow, and some webhooks are refused when they come for the first time."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._seen: set[str] = set()

    def __call__(self, handler: Handler) -> None:
        time.sleep(WEBHOOK_SECONDS)
        is_refused = random.Random(f"{self._seed} {handler.path}").random() < REFUSED_SHARE
        status = 500 if is_refused and handler.path not in self._seen else 200
        self._seen.add(handler.path)
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


def merged(notes: Sequence[Notes]) -> Notes:
    """What all of them know."""
    whole = Notes()
    for one in notes:
        whole.accepted |= one.accepted
        whole.told |= one.told
        whole.uploads |= one.uploads
        whole.cancelled |= one.cancelled
        whole.deleted |= one.deleted
        whole.statuses += one.statuses
        whole.faults += one.faults
        whole.broken_off += one.broken_off
        for name, ids in one.repeated.items():
            whole.repeated.setdefault(name, set()).update(ids)
    return whole
