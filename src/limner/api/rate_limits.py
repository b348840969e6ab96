"""Tells a caller, with every answer to a submit, what its level still allows: the headers of the IETF draft
(draft-ietf-httpapi-ratelimit-headers-10), and those that everybody had before it.
"""

from collections.abc import Mapping
from typing import Any

from limner.accounts import WINDOW, Allowance

POLICY = "images"

DOCUMENTATION: dict[str, Any] = {
    name: {"description": description, "schema": {"type": "string"}}
    for name, description in {
        "RateLimit-Policy": f'`"{POLICY}";q=<images>;w=<seconds>`: what the level of the account allows.',
        "RateLimit": f'`"{POLICY}";r=<images>;t=<seconds>`: what is left, and until when.',
        "X-RateLimit-Limit": "Images that the level allows in a minute.",
        "X-RateLimit-Remaining": "Images that are left of them.",
        "X-RateLimit-Reset": "Seconds until all of them may be asked for again.",
    }.items()
}


def headers_of(allowance: Allowance) -> Mapping[str, str]:
    limit, left, reset = allowance.images_per_minute, allowance.remaining_images, allowance.reset_seconds
    return {
        "RateLimit-Policy": f'"{POLICY}";q={limit};w={WINDOW.seconds}',
        "RateLimit": f'"{POLICY}";r={left};t={reset}',
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": str(reset),
    }
