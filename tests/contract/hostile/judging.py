"""Whether an answer is one that an attack may get."""

import json
from typing import Any

from tests.contract.hostile.attack import Attack, Target
from tests.contract.hostile.wire import PATIENCE_SECONDS, Answer


def outcome_of(answer: Answer) -> str:
    if answer.status == 0:
        return "unanswered"
    return "accepted" if answer.status < 400 else "refused"


def fault_of(attack: Attack, answer: Answer, target: Target) -> str:
    """What should not be, or ""."""
    if answer.status >= 500:
        return f"{answer.status} {answer.body[:200]!r}"
    for secret in (*target.secrets, *attack.never):
        if secret in answer.everything:
            return f"it tells {secret!r}"
    if answer.seconds >= PATIENCE_SECONDS:
        return f"it takes {answer.seconds:.0f} s"
    if answer.status >= 400 and not attack.pieces[0].startswith(b"HEAD "):
        return _fault_of_refusal(answer)
    if answer.status == 200 and _is_api(attack) and answer.body:
        return _fault_of_success(answer)
    return ""


def _is_api(attack: Attack) -> bool:
    return b" /api/v3/" in attack.pieces[0].partition(b"\r\n")[0]


def _fault_of_refusal(answer: Answer) -> str:
    envelope = _json(answer)
    if (
        not isinstance(envelope, dict)
        or not {"code", "message", "data"} <= set(envelope)
        or "error" in envelope
    ):
        return f"{answer.status} without an envelope: {answer.body[:200]!r}"
    if envelope["code"] != answer.status or not isinstance(envelope["message"], str):
        return f"{answer.status} in an envelope that says {envelope}"
    return "a traceback" if "Traceback" in envelope["message"] else ""


def _fault_of_success(answer: Answer) -> str:
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return ""  # an event stream, or the answer to a preflight
    envelope = _json(answer)
    good = isinstance(envelope, dict) and envelope.get("code") == 200 and "data" in envelope
    return "" if good else f"200 without an envelope: {answer.body[:200]!r}"


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None
