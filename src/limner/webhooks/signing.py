"""Signatures that let a receiver know that a webhook is ours: contract section 9, WaveSpeed's scheme "v3".

Not Standard Webhooks, which it resembles: the key is the text behind ``whsec_`` as it stands, not what that
decodes to, and the signature is hexadecimal. Knows neither accounts nor the network.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105  the public beginning of every secret
SECRET_BYTES = 32
VERSION = "v3"


def new_secret() -> str:
    return SECRET_PREFIX + secrets.token_hex(SECRET_BYTES)


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The HMAC-SHA256, in hexadecimal, over ``{webhook_id}.{timestamp}.{body}``, in Unix seconds."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return hmac.new(secret.removeprefix(SECRET_PREFIX).encode(), signed, hashlib.sha256).hexdigest()


def signed_headers(
    valid_secrets: Sequence[str], webhook_id: str, sent_at: datetime, body: bytes
) -> dict[str, str]:
    """What a receiver checks: one signature by each secret that is valid, separated by spaces."""
    timestamp = int(sent_at.timestamp())
    signatures = [f"{VERSION},{sign(secret, webhook_id, timestamp, body)}" for secret in valid_secrets]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
