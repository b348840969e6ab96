"""The receivers' code in docs/webhooks.md, run as it stands there, against what Limner signs."""

import json
import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from limner.webhooks.signing import signed_headers

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
SECRET, FORMER = "whsec_0123456789abcdef", "whsec_fedcba9876543210"
BODY = '{"id":"ab","input":{"prompt":"ein Bär"}}'.encode()
Verify = Callable[[str, dict[str, str], bytes], bool]


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def in_python(secret: str, headers: dict[str, str], body: bytes) -> bool:
    names: dict[str, Any] = {}
    exec(example("python"), names)
    return bool(names["verify"](secret, headers, body))


def in_javascript(secret: str, headers: dict[str, str], body: bytes) -> bool:
    call = f"verify({json.dumps(secret)}, {json.dumps(headers)}, Buffer.from('{body.hex()}', 'hex'))"
    command = ["node", "-e", f"{example('javascript')}; console.log({call})"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return bool(json.loads(printed))


@pytest.mark.parametrize("verify", [in_python, in_javascript])
def test_the_documented_receivers_believe_us_and_nobody_else(verify: Verify) -> None:
    now = datetime.fromtimestamp(time.time(), UTC)
    headers = signed_headers([SECRET], "ab", now, BODY)
    assert verify(SECRET, headers, BODY)
    assert not verify(SECRET, headers, BODY + b" ")
    assert not verify(FORMER, headers, BODY)
    assert not verify(SECRET, headers | {"webhook-id": "ac"}, BODY)
    assert not verify(SECRET, headers | {"webhook-signature": ""}, BODY)
    late = signed_headers([SECRET], "ab", now - timedelta(seconds=310), BODY)
    assert not verify(SECRET, late, BODY)
    rotated = signed_headers([SECRET, FORMER], "ab", now, BODY)
    assert verify(SECRET, rotated, BODY)
    assert verify(FORMER, rotated, BODY)
