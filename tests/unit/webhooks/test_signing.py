"""Signatures as contract section 9 has them, against values that no code of ours computed."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.webhooks.signing import new_secret, sign, signed_headers

# printf '%s' '<id>.<timestamp>.<body>' | openssl dgst -sha256 -hmac '<what stands behind whsec_>'
OPENSSL = [
    (
        "whsec_4f1d2c3b4a59687786950a4b3c2d1e0f",
        "0123456789abcdef0123456789abcdef",
        1763718000,
        b'{"id":"0123456789abcdef0123456789abcdef","status":"completed"}',
        "3516f78a6ca063db6281109fa72a95d2d39954cfc843fb2d945d416735f3c20d",
    ),
    (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "ab",
        0,
        '{"prompt":"ein Bär"}'.encode(),
        "5f2d77fa255b0c0b7c912875926a2969ed450e9a33a396a3c4369aec490eff01",
    ),
    ("whsec_x", "ab", 1, b"", "8032a18c75fa20d3b8cbccc8ac3914d79f39f63b6cbb3696a81c74b0fbd629c3"),
]


@pytest.mark.parametrize(("secret", "webhook_id", "timestamp", "body", "signature"), OPENSSL)
def test_a_signature_is_what_openssl_makes_of_it(
    secret: str, webhook_id: str, timestamp: int, body: bytes, signature: str
) -> None:
    assert sign(secret, webhook_id, timestamp, body) == signature


def test_the_key_is_not_what_its_text_decodes_to() -> None:
    """As Standard Webhooks would have it."""
    secret = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
    decoded = hmac.new(b"0123456789abcdef01234567", b"ab.1.x", hashlib.sha256).hexdigest()
    assert sign(secret, "ab", 1, b"x") != decoded


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_another_body_has_another_signature(one: bytes, other: bytes) -> None:
    assert (sign("whsec_x", "ab", 1, one) == sign("whsec_x", "ab", 1, other)) == (one == other)


def test_every_valid_secret_signs() -> None:
    at = datetime(2026, 11, 21, 9, 0, 0, 999_999, tzinfo=UTC)
    headers = signed_headers(["whsec_new", "whsec_old"], "ab", at, b"x")
    seconds = int(at.timestamp())
    assert headers == {
        "webhook-id": "ab",
        "webhook-timestamp": str(seconds),
        "webhook-signature": (
            f"v3,{sign('whsec_new', 'ab', seconds, b'x')} v3,{sign('whsec_old', 'ab', seconds, b'x')}"
        ),
    }


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(secret.startswith("whsec_") and len(secret) == 70 for secret in made)
