"""What upstreams do wrong, and what becomes of a request then: for every engine that calls one."""

import base64
import io
import time
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from PIL import Image
from structlog.testing import capture_logs

from limner.engines.engine import Engine, GenerationRequest, Progress, Unsuited, load_engine
from limner.engines.upstream import bounded
from limner.errors import EngineFailed
from tests.engines.openers import UPSTREAMS, VARIABLE, relayed, with_key
from tests.engines.services import (
    KEY,
    Answer,
    Service,
    WaveSpeedWire,
    Wire,
    answers,
    break_off,
    flood,
    gemini_answer,
    gemini_wire,
    hang,
    hang_up,
    images_answer,
    images_wire,
    painted,
    serving,
    talk_nonsense,
)

ONE = GenerationRequest("a red apple", 256, 256, (7,))
BY_POST = ("openai", "gemini")  # a call that brings the picture: to make it again costs nothing for sure
SAFETY = {"error": {"code": "moderation_blocked", "type": "image_generation_user_error", "message": "No."}}
BLOCKED = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}


def wire_of(name: str) -> Wire:
    return {"openai": images_wire, "gemini": gemini_wire}.get(name) or WaveSpeedWire()


def opened(stack: ExitStack, name: str, *instead: Answer, **options: str) -> tuple[Service, Engine]:
    service = stack.enter_context(serving(wire_of(name), *instead))
    return service, stack.enter_context(relayed(name, service, **options))


def picture(name: str, content: bytes) -> Any:
    """An answer of this service with such a file in it."""
    return answers(200, images_answer(content) if name == "openai" else gemini_answer(content))


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


def ignore(progress: Progress) -> None:
    """The callback of a caller who does not care."""


HALF = painted("a red apple", 7, 256, 256)[:2000]
FAULTS = {
    "busy": answers(429, Retry_After="0.01"),
    "failing": answers(500),
    "hanging up": hang_up,
    "breaking off": break_off,
    "nonsense": talk_nonsense,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", BY_POST)
def test_a_call_that_fails_is_made_again(stack: ExitStack, name: str, fault: str) -> None:
    service, engine = opened(stack, name, FAULTS[fault])
    generation = engine.generate(ONE, ignore)
    assert (len(generation.images), len(service.asked)) == (1, 2)


@pytest.mark.parametrize(("name", "status"), [("openai", 500), ("gemini", 500), ("wavespeed", 429)])
def test_it_is_made_again_within_bounds(stack: ExitStack, name: str, status: int) -> None:
    body = {"error": {"message": "boom"}}
    service, engine = opened(stack, name, *[answers(status, body)] * 9, attempts="4")
    with pytest.raises(EngineFailed, match=rf"\({status}\)"):
        engine.generate(ONE, ignore)
    assert len(service.asked) == 4


@pytest.mark.parametrize("name", BY_POST)
def test_a_service_that_names_a_time_is_left_alone_until_then(stack: ExitStack, name: str) -> None:
    service, engine = opened(stack, name, answers(429, Retry_After="1"))
    engine.generate(ONE, ignore)
    first, second = service.asked
    assert second.at - first.at >= 1


@pytest.mark.parametrize("name", BY_POST)
def test_a_time_that_is_too_far_off_is_not_waited_for(stack: ExitStack, name: str) -> None:
    service, engine = opened(stack, name, answers(429, Retry_After="3600"))
    for complaint in ("busy", "left alone for"):
        with pytest.raises(EngineFailed, match=complaint):
            engine.generate(ONE, ignore)
    assert len(service.asked) == 1


@pytest.mark.parametrize("name", UPSTREAMS)
def test_no_answer_in_time_is_a_failure_and_progress_is_told_meanwhile(stack: ExitStack, name: str) -> None:
    limits = {"timeout_seconds": "1.2", "attempts": "1"}
    if name != "wavespeed":
        limits["call_timeout_seconds"] = "1.1"
    _, engine = opened(stack, name, hang, **limits)
    seen: list[Progress] = []
    with pytest.raises(EngineFailed, match=r"in 1\.[12] seconds"):
        engine.generate(ONE, seen.append)
    assert [(one.step, one.num_steps) for one in seen][:2] == [(0, 20), (0, 20)]


@pytest.mark.parametrize("name", UPSTREAMS)
def test_a_request_is_left_at_once_while_its_call_hangs(stack: ExitStack, name: str) -> None:
    _, engine = opened(stack, name, hang)

    def abandon(progress: Progress) -> None:
        raise InterruptedError("enough")

    started = time.monotonic()
    with pytest.raises(InterruptedError):
        engine.generate(ONE, abandon)
    assert time.monotonic() - started < 5
    assert len(engine.generate(ONE, ignore).images) == 1


@pytest.mark.parametrize("name", BY_POST)
@pytest.mark.parametrize(
    "content",
    [b"GIF89a is no picture that a service sends", HALF, png(9000, 9000), png(30_000, 30_000)],
    ids=["no picture", "half a picture", "too large", "a bomb"],
)
def test_what_is_no_picture_or_a_huge_one_is_a_failure(stack: ExitStack, name: str, content: bytes) -> None:
    service, engine = opened(stack, name, *[picture(name, content)] * 9)
    with pytest.raises(EngineFailed, match="no picture"):
        engine.generate(ONE, ignore)
    assert len(service.asked) == 3


@pytest.mark.parametrize("name", BY_POST)
def test_a_picture_of_another_size_is_fitted_and_said_where_it_is_enlarged(
    stack: ExitStack, name: str
) -> None:
    larger, smaller = picture(name, png(500, 400)), picture(name, png(100, 200))
    _, engine = opened(stack, name, larger, smaller)
    told = []
    for _ in range(2):
        generation = engine.generate(ONE, ignore)
        assert generation.images[0].shape == (256, 256, 3)
        told.append([one for one in generation.warnings if "enlarged" in one])
    assert told == [[], ["The service made 100 x 200 pixels, which were enlarged."]]


@pytest.mark.parametrize(
    ("name", "refusal", "reason"),
    [
        ("openai", answers(400, SAFETY), "moderation_blocked"),
        ("gemini", answers(200, gemini_answer(b"", "IMAGE_SAFETY")), "image_safety"),
        ("gemini", answers(200, gemini_answer(b"", "STOP")), "no_image"),
        ("gemini", answers(200, BLOCKED), "prompt_prohibited_content"),
    ],
)
def test_a_refusal_is_an_answer_and_spares_the_other_pictures(
    stack: ExitStack, name: str, refusal: Answer, reason: str
) -> None:
    service, engine = opened(stack, name, refusal, at_once="1")
    generation = engine.generate(GenerationRequest("a red apple", 256, 256, (7, 8)), ignore)
    assert [(one.n, one.reason) for one in generation.refused] == [(1, reason)]
    assert [n for n, _ in generation.numbered()] == [2]
    assert len(service.asked) == 2


@pytest.mark.parametrize("name", UPSTREAMS)
def test_a_request_that_it_does_not_take_is_not_made_again(stack: ExitStack, name: str) -> None:
    service, engine = opened(stack, name, answers(400, {"error": {"message": "prompt is too long"}}))
    with pytest.raises(Unsuited, match="does not take this request"):
        engine.generate(ONE, ignore)
    assert len(service.asked) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 400, 418, 500])
@pytest.mark.parametrize("name", UPSTREAMS)
def test_keys_are_told_to_nobody(stack: ExitStack, name: str, status: int) -> None:
    """Whatever the service quotes: not to the caller, and not to the log."""
    body = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "nope"}, "message": KEY}
    _, engine = opened(stack, name, *[answers(status, body)] * 3)
    with capture_logs() as logs, pytest.raises(EngineFailed) as failed:
        engine.generate(ONE, ignore)
    assert logs
    assert KEY not in f"{logs}{failed.value}"
    assert "\n" not in failed.value.message


def test_an_answer_without_end_is_cut_off(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST_BODY_BYTES", 3 << 20)
    service, engine = opened(stack, "openai", flood)
    assert len(engine.generate(ONE, ignore).images) == 1
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"modle": "x"}, "option modle: there is no such option"),
        ({"model": ""}, "option model: must be given"),
        ({"attempts": "many"}, "option attempts: must be a number"),
        ({"attempts": "0"}, "option attempts: must be at least 1"),
        ({"base_url": "ftp://a"}, "option base_url: must be http or https addresses"),
        ({"base_url": f"http://me:{KEY}@a/v1"}, "option base_url: may not hold a key"),
        ({"api_key_env": "NO_SUCH_VARIABLE"}, "the environment has no NO_SUCH_VARIABLE"),
    ],
)
@pytest.mark.parametrize("name", UPSTREAMS)
def test_wrong_options_are_one_line(name: str, options: dict[str, str], complaint: str) -> None:
    with with_key(), pytest.raises(EngineFailed) as refused:
        load_engine(name, {"model": "m", "api_key_env": VARIABLE} | options)
    assert complaint in refused.value.message
    assert KEY not in refused.value.message
    assert "\n" not in refused.value.message


def test_base64_that_is_none_is_a_failure(stack: ExitStack) -> None:
    encoded = base64.b64encode(b"half").decode()[:-1]
    bodies = [{"data": [{"b64_json": "%%%"}]}, {"data": [{"url": "http://x"}]}, {"data": []}, [1], "text"]
    bodies.append({"data": [{"b64_json": encoded}]})
    _, engine = opened(stack, "openai", *map(partial(answers, 200), bodies), attempts="1")
    for _ in bodies:
        with pytest.raises(EngineFailed, match="no picture"):
            engine.generate(ONE, ignore)
