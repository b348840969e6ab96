"""What must be true once a fleet has come to rest, whatever was done to it: read past Limner, with plain
SQL, and as a customer reads it.
"""

import hashlib
import io
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from PIL import Image

from limner_test_engines.gradient import gradient
from tests.chaos.customers import Notes
from tests.journeys.house import Records
from tests.receiver import Received, Receiver, is_signed

REST_SECONDS = 240
READERS = 2
UNFINISHED = (
    "SELECT count(*) FROM predictions WHERE status IN ('created', 'processing')",
    "SELECT count(*) FROM webhook_deliveries WHERE status = 'pending'",
    "SELECT count(*) FROM workflow_status WHERE status IN ('ENQUEUED', 'PENDING', 'DELAYED')",
)


@dataclass
class Findings:
    """Each list is of what is wrong, and must be empty."""

    lost: list[str] = field(default_factory=list)
    double_billed: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    spoilt: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    predictions: int = 0
    failed: int = 0
    rescues: int = 0
    webhooks: int = 0

    @property
    def faults(self) -> list[str]:
        return [*self.lost, *self.double_billed, *self.held, *self.untold, *self.spoilt, *self.other]


@dataclass(frozen=True)
class Row:
    """A prediction, as the database has it."""

    id: str
    status: str
    attempt: int
    price_micros: int
    error: str
    is_cancelled: bool
    inputs: Mapping[str, Any]
    webhook_url: str | None
    num_outputs: int


def wait_for_rest(records: Records, seconds: float = REST_SECONDS) -> list[str]:
    """What is still unfinished when the time is up; nothing, once everything has come to its end."""
    deadline = time.monotonic() + seconds
    while left := [query for query in UNFINISHED if records.rows(query)[0][0]]:
        if time.monotonic() > deadline:
            return [f"unfinished after {seconds:g} s: {query}" for query in left]
        time.sleep(0.2)
    return []


def audit(
    records: Records, notes: Notes, receiver: Receiver, secrets: list[str], clients: Sequence[httpx.Client]
) -> Findings:
    """Everything that is promised, checked. The fleet must be at rest and serve."""
    rows = {row.id: row for row in _rows(records)}
    findings = Findings(other=list(notes.faults), predictions=len(rows))
    findings.failed = sum(row.status == "failed" and not row.is_cancelled for row in rows.values())
    findings.rescues = sum(row.attempt - 1 for row in rows.values())
    for prediction_id in notes.accepted.keys() - rows.keys() - notes.deleted:
        findings.lost.append(f"{prediction_id}: accepted, and nobody knows it")
    findings.lost += [f"{row.id}: {row.status}" for row in rows.values() if row.status not in ENDED]
    _check_money(records, rows, notes, findings)
    _check_webhooks(records, rows, receiver, secrets, findings)
    _check_pictures(rows, notes, clients, findings)
    return findings


ENDED = ("completed", "failed")


def _rows(records: Records) -> Iterator[Row]:
    query = (
        "SELECT id, status, attempt, price_micros, error, is_cancelled, inputs, webhook_url,"
        " (SELECT count(*) FROM outputs WHERE prediction_id = predictions.id) FROM predictions"
    )
    for row in records.rows(query):
        inputs = json.loads(row[6]) if isinstance(row[6], str) else row[6]
        yield Row(row[0], row[1], row[2], row[3], row[4], bool(row[5]), inputs, row[7], row[8])


def _check_money(records: Records, rows: Mapping[str, Row], notes: Notes, findings: Findings) -> None:
    transfers: dict[str, dict[str, list[int]]] = {}
    query = "SELECT prediction_id, reason, amount_micros FROM transfers WHERE prediction_id IS NOT NULL"
    for prediction_id, reason, amount_micros in records.rows(query):
        transfers.setdefault(prediction_id, {}).setdefault(reason, []).append(amount_micros)
    for prediction_id, moved in transfers.items():
        if any(len(amounts) > 1 for amounts in moved.values()):
            findings.double_billed.append(f"{prediction_id}: {moved}")
        left = sum(moved.get("hold", [])) - sum(moved.get("capture", [])) - sum(moved.get("release", []))
        if left:
            findings.held.append(f"{prediction_id}: {left} of {moved}")
    for row in rows.values():
        captured = sum(transfers.get(row.id, {}).get("capture", []))
        if captured != row.price_micros * row.num_outputs:
            findings.double_billed.append(f"{row.id}: {captured} for {row.num_outputs} pictures")
        if row.status == "completed" and row.num_outputs != row.inputs["num_images"]:
            findings.lost.append(f"{row.id}: {row.num_outputs} pictures of {row.inputs['num_images']}")
    findings.double_billed += [f"{name}: {ids}" for name, ids in notes.repeated.items() if len(ids) > 1]
    _check_accounts(records, findings)


def _check_accounts(records: Records, findings: Findings) -> None:
    totals: dict[str, int] = {}
    signs = {"top_up": 1, "capture": -1}
    for account_id, reason, amount in records.rows("SELECT account_id, reason, amount_micros FROM transfers"):
        totals[account_id] = totals.get(account_id, 0) + signs.get(reason, 0) * int(amount)
    query = "SELECT id, settled_micros, held_micros, live_predictions, active_predictions FROM accounts"
    for account_id, settled, held, live, active in records.rows(query):
        if held:
            findings.held.append(f"account {account_id}: {held}")
        if settled != totals.get(account_id, 0):
            findings.double_billed.append(f"account {account_id}: {settled} is not {totals.get(account_id)}")
        if live or active:
            findings.other.append(f"account {account_id}: counts {live} and {active} at rest")


def _check_webhooks(
    records: Records,
    rows: Mapping[str, Row],
    receiver: Receiver,
    secrets: list[str],
    findings: Findings,
) -> None:
    """Told at least once, validly signed, of the very prediction; and no delivery given up."""
    heard: dict[str, list[Received]] = {}
    for received in list(receiver.received):
        findings.webhooks += 1
        if any(is_signed(received, secret) for secret in secrets):
            heard.setdefault(str(json.loads(received.body)["id"]), []).append(received)
        else:
            findings.untold.append(f"{received.path}: not signed as it should be")
    for row in rows.values():
        if row.webhook_url and row.status in ENDED:
            bodies = [json.loads(one.body) for one in heard.get(row.id, [])]
            if not any(body["status"] == row.status for body in bodies):
                findings.untold.append(f"{row.id}: {row.status}, and its receiver heard {bodies}")
    query = "SELECT prediction_id, status FROM webhook_deliveries WHERE status != 'delivered'"
    findings.untold += [f"{one}: delivery {status}" for one, status in records.rows(query)]


def _check_pictures(
    rows: Mapping[str, Row], notes: Notes, clients: Sequence[httpx.Client], findings: Findings
) -> None:
    """Each that was made is what the same prompt and seed make undisturbed; each upload is as it was sent."""
    made = [row.id for row in rows.values() if row.status == "completed"]
    with ThreadPoolExecutor(READERS) as readers:
        for faults in readers.map(lambda one: _spoilt(clients, one), made):
            findings.spoilt += faults
    for link, digest in notes.uploads.items():
        if hashlib.sha256(httpx.get(link).content).hexdigest() != digest:
            findings.spoilt.append(f"{link}: not as it was uploaded")


def _spoilt(clients: Sequence[httpx.Client], prediction_id: str) -> list[str]:
    """One of the clients is its owner's."""
    answers = [client.get(f"/api/v3/predictions/{prediction_id}/result") for client in clients]
    found = [answer.json()["data"] for answer in answers if answer.status_code == 200]
    if not found:
        return [f"{prediction_id}: {[answer.status_code for answer in answers]}"]
    told = found[0]
    faults = []
    for k, (link, image) in enumerate(zip(told["outputs"], told["images"], strict=True)):
        expected = gradient(
            told["input"]["prompt"], told["input"]["seed"] + k, image["width"], image["height"]
        )
        content = httpx.get(link).content
        try:
            with Image.open(io.BytesIO(content)) as picture:
                is_right = np.array_equal(np.asarray(picture), expected)
        except OSError as error:
            faults.append(f"{link}: {error}")
        else:
            faults += [] if is_right else [f"{link}: not the picture of its seed"]
    return faults
