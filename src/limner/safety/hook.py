"""The check of prompts by somebody else's service: the text is sent, and a verdict comes back in time.

Answers are understood in three forms: ``{"findings": [{"category", "score"}]}``, ``{"flagged", "category",
"score"}``, and the one of OpenAI's moderation.
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import structlog

from limner.errors import BadSettings
from limner.safety.classifier import category_of
from limner.safety.finding import Finding, PromptCheck
from limner.safety.options import CheckOptions

MAX_ANSWER_BYTES = 1 << 16

log = structlog.get_logger()


def load(options: CheckOptions) -> PromptCheck:
    """Raises BadSettings."""
    url = options.prompt_hook
    if not url.startswith(("http://", "https://")):
        raise BadSettings("the prompt check hook needs prompt_hook: a URL, http or https")
    headers = {"Authorization": f"Bearer {options.prompt_hook_key}"} if options.prompt_hook_key else {}
    client = httpx.Client(headers=headers, timeout=options.prompt_hook_seconds, trust_env=False)

    def check(prompt: str) -> Sequence[Finding]:
        try:
            return findings_of(_ask(client, url, prompt, options.prompt_hook_seconds))
        except (httpx.HTTPError, ValueError, TypeError, KeyError, AttributeError) as error:
            if options.prompt_hook_fails == "closed":
                raise
            log.warning("the prompt hook failed, and the prompt was let through", cause=repr(error))
            return []

    return check


def findings_of(answer: Mapping[str, Any]) -> list[Finding]:
    """Raises what reading an answer of another form raises."""
    if "findings" in answer:
        return [Finding(str(one["category"]), float(one.get("score", 1.0))) for one in answer["findings"]]
    if "results" in answer:
        return [finding for one in answer["results"] for finding in _moderated(one)]
    if not answer["flagged"]:
        return []
    return [Finding(str(answer.get("category") or "flagged"), float(answer.get("score", 1.0)))]


def _moderated(result: Mapping[str, Any]) -> list[Finding]:
    """What is flagged is found for sure, whatever its score; the rest by its score."""
    flagged, scores = result.get("categories", {}), result.get("category_scores", {})
    return [
        Finding(_ours(name), 1.0 if flagged.get(name) else float(scores.get(name, 0.0)))
        for name in dict.fromkeys([*flagged, *scores])
    ]


def _ours(name: str) -> str:
    return category_of(name) or name


def _ask(client: httpx.Client, url: str, prompt: str, seconds: float) -> Mapping[str, Any]:
    deadline = time.monotonic() + seconds
    body = {"text": prompt, "input": prompt}  # the second as OpenAI's moderation has it
    content = b""
    with client.stream("POST", url, json=body) as response:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            content += chunk
            if time.monotonic() > deadline:  # the client's own limit is for each piece
                raise httpx.ReadTimeout("the answer comes too slowly")
            if len(content) > MAX_ANSWER_BYTES:
                raise ValueError("the answer is too large")
    return dict(json.loads(content))
