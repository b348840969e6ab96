"""What the programs have in common: the requests, and how what a client gave reaches the test."""

import json
from collections.abc import Callable

MODEL, BROKEN = "google/imagen4-fast", "google/imagen3-fast"
APPLE = {"prompt": "a red apple on a wooden table", "seed": 7}
FILE = "apple.png"


def told_by(call: Callable[[], object]) -> str:
    """What the client says to its user when this goes wrong."""
    try:
        given = call()
    except Exception as error:
        return str(error)
    return f"nothing went wrong: {given}"


def write(**report: object) -> None:
    print("\n" + json.dumps(report))  # on the last line, below whatever the client printed
