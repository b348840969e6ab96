"""What becomes of a call that brings no picture. Texts for the caller are ours: an upstream's own words may
hold account names or parts of a key, and go to the log alone.
"""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

BUSY = frozenset({429, 503, 529})
BROKEN = frozenset({408, 409, 425, 500, 502, 504})
UNSUITED = frozenset({400, 413, 414, 422})
LONGEST_DETAIL = 300  # characters


class Blame(StrEnum):
    """What is to be changed before another try."""

    MOMENT = "moment"  # nothing: the same may work later
    ADDRESS = "address"  # another service may do it: this one is set up wrongly, or gone
    REQUEST = "request"  # nobody's service will take it
    SENT = "sent"  # nothing may be tried: it may have been made, and charged


class Refused(Exception):
    """The upstream's content filter kept the picture back."""

    def __init__(self, reason: str) -> None:
        self.reason = reason.lower()
        super().__init__(self.reason)


class CallFailed(Exception):
    """``text`` is for the caller, ``detail`` for the log."""

    def __init__(
        self, text: str, blame: Blame, *, detail: str = "", rest_seconds: float | None = None
    ) -> None:
        super().__init__(text)
        self.text, self.blame = text, blame
        self.detail = " ".join(detail.split())[:LONGEST_DETAIL]
        self.rest_seconds = rest_seconds  # as the upstream asked

    def once_sent(self) -> "CallFailed":
        """The same, where another try might be paid for again."""
        return CallFailed(self.text, Blame.SENT, detail=self.detail, rest_seconds=self.rest_seconds)


def of_status(status: int, detail: str = "", rest_seconds: float | None = None) -> CallFailed:
    """The failure that an HTTP status stands for."""
    if status in BUSY:
        text = f"The upstream service is busy ({status})."
        return CallFailed(text, Blame.MOMENT, detail=detail, rest_seconds=rest_seconds)
    if status in BROKEN:
        text = f"The upstream service failed ({status})."
        return CallFailed(text, Blame.MOMENT, detail=detail, rest_seconds=rest_seconds)
    if status in UNSUITED:
        text = f"The upstream service does not take this request ({status})."
        return CallFailed(text, Blame.REQUEST, detail=detail)
    if status in (401, 403):  # what they say of a key quotes it
        return CallFailed(f"The upstream service does not take our key ({status}).", Blame.ADDRESS)
    text = f"The upstream service does not do this ({status})."
    return CallFailed(text, Blame.ADDRESS, detail=detail)


def no_connection(detail: str) -> CallFailed:
    return CallFailed("The upstream service cannot be reached.", Blame.MOMENT, detail=detail)


def no_sense(detail: str) -> CallFailed:
    """An answer that is none, or a picture that is none."""
    return CallFailed("The upstream service answered what is no picture.", Blame.MOMENT, detail=detail)


def rest_seconds(retry_after: str | None, now: datetime) -> float | None:
    """Of a header Retry-After, which is seconds or a date; None where it is missing or neither."""
    if not retry_after:
        return None
    if re.fullmatch(r"-?\d+(\.\d+)?", retry_after):
        return max(0.0, float(retry_after))
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - now).total_seconds())
    except (ValueError, TypeError):
        return None
