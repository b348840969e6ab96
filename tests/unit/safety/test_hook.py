"""The check of prompts by somebody else's service, here on this machine."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from limner.errors import BadSettings
from limner.runtime import load_safety_of
from limner.safety.checks import CheckFailed, Judgement
from limner.settings import Settings

Answer = tuple[int, bytes, float]  # status, body, seconds to wait
Received = list[tuple[dict[str, str], Any]]


class Moderator(ThreadingHTTPServer):
    answer: Answer = (200, b"{}", 0)

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: Received = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/moderate"

    def says(self, body: Any, status: int = 200, seconds: float = 0) -> None:
        self.answer = status, body if isinstance(body, bytes) else json.dumps(body).encode(), seconds


class Handler(BaseHTTPRequestHandler):
    server: Moderator

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((dict(self.headers), body))
        status, answer, seconds = self.server.answer
        time.sleep(seconds)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def moderator() -> Iterator[Moderator]:
    with Moderator() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


Judge = Callable[..., Judgement]


@pytest.fixture
def judge(moderator: Moderator) -> Judge:
    def judge_it(prompt: str = "a red apple", **settings: Any) -> Judgement:
        chosen = Settings(prompt_hook=moderator.url, **settings)
        return load_safety_of(chosen).judge_prompt(prompt)

    return judge_it


@pytest.mark.parametrize(
    ("answer", "judgement"),
    [
        ({"findings": []}, Judgement()),
        ({"findings": [{"category": "hate"}]}, Judgement("hate", "hate")),
        ({"findings": [{"category": "hate", "score": 0.6}]}, Judgement("hate")),
        ({"flagged": False}, Judgement()),
        ({"flagged": True}, Judgement("flagged", "flagged")),
        ({"flagged": True, "category": "drugs", "score": 0.9}, Judgement("drugs", "drugs")),
        (
            {"results": [{"categories": {"sexual": False}, "category_scores": {"sexual": 0.6}}]},
            Judgement("sexual"),
        ),
        ({"results": [{"categories": {"sexual/minors": True}}]}, Judgement("minors", "minors")),
    ],
)
def test_each_form_of_verdict_is_understood(
    moderator: Moderator, judge: Judge, answer: Any, judgement: Judgement
) -> None:
    moderator.says(answer)
    assert judge() == judgement


def test_the_text_and_the_key_are_sent_and_nothing_else(moderator: Moderator, judge: Judge) -> None:
    moderator.says({"flagged": False})
    judge("eine Hütte", prompt_hook_key="of the moderator")
    ((headers, body),) = moderator.received
    assert headers["Authorization"] == "Bearer of the moderator"
    assert body == {"text": "eine Hütte", "input": "eine Hütte"}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"no json", 200),
        (b"[]", 200),
        ({"unknown": 1}, 200),
        ({"findings": [{"category": "x", "score": 7}]}, 200),
        ({"flagged": False}, 500),
        ({"flagged": False}, 302),
        (b'{"flagged": false, "padding": "' + b"x" * 70_000 + b'"}', 200),
    ],
)
def test_what_is_no_verdict_withholds(moderator: Moderator, judge: Judge, answer: Any, status: int) -> None:
    moderator.says(answer, status)
    with pytest.raises(CheckFailed):
        judge()


def test_by_choice_what_fails_lets_through(moderator: Moderator, judge: Judge) -> None:
    moderator.says({"flagged": False}, 500)
    assert judge(prompt_hook_fails="open") == Judgement()
    moderator.says({"flagged": True}, seconds=0.5)
    assert judge(prompt_hook_fails="open", prompt_hook_seconds=0.1) == Judgement()
    assert (
        judge("a nude woman", prompt_hook_fails="open").filtered_category == "sexual"
    )  # the list still counts


def test_who_takes_too_long_has_failed(moderator: Moderator, judge: Judge) -> None:
    moderator.says({"flagged": False}, seconds=0.5)
    with pytest.raises(CheckFailed):
        judge(prompt_hook_seconds=0.1)


def test_who_is_not_there_has_failed() -> None:
    with pytest.raises(CheckFailed):
        load_safety_of(Settings(prompt_hook="http://127.0.0.1:9/")).judge_prompt("x")


def test_an_address_that_is_none_is_said_when_it_is_loaded() -> None:
    with pytest.raises(BadSettings, match="needs prompt_hook"):
        load_safety_of(Settings(prompt_checks="hook"))
    with pytest.raises(BadSettings, match="needs prompt_hook"):
        load_safety_of(Settings(prompt_hook="ftp://example.com"))
