"""A prediction at WaveSpeed costs: whatever goes wrong, a picture is paid for once."""

import base64
from contextlib import ExitStack
from typing import Any

import pytest
from structlog.testing import capture_logs

from limner.engines.engine import Engine, GenerationRequest, Progress, Unsuited
from limner.errors import EngineFailed
from tests.engines.openers import relayed
from tests.engines.services import (
    KEY,
    Answer,
    Service,
    WaveSpeedWire,
    answers,
    break_off,
    envelope,
    hang_up,
    painted,
    serving,
    talk_nonsense,
)

ONE = GenerationRequest("a red apple", 256, 256, (7,))


def ignore(progress: Progress) -> None:
    """The callback of a caller who does not care."""


def wavespeed(stack: ExitStack, **options: str) -> tuple[WaveSpeedWire, Service, Engine]:
    wire = WaveSpeedWire()
    service = stack.enter_context(serving(wire))
    return wire, service, stack.enter_context(relayed("wavespeed", service, **options))


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ({"status": "failed", "code": 1405, "error": "secret"}, EngineFailed),
        ({"status": "timeout"}, EngineFailed),
        ({"status": "failed", "code": 1401, "error": "bad seed"}, Unsuited),
        ({"outputs": ["http://127.0.0.1:9/gone.png"]}, EngineFailed),
    ],
)
def test_what_fails_there_fails_here_and_is_not_paid_for_twice(
    stack: ExitStack, ending: dict[str, Any], kind: type[EngineFailed]
) -> None:
    wire, _, engine = wavespeed(stack)
    wire.ending = {"status": "completed"} | ending
    with pytest.raises(kind) as failed:
        engine.generate(ONE, ignore)
    assert type(failed.value) is kind
    assert "secret" not in failed.value.message
    assert len(wire.predictions) == 1


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


OUTPUTS: dict[str, Any] = {
    "none": [],
    "no list": "http://x",
    "no text": [None],
    "no base64": ["%%%"],
    "no picture": [encoded(b"GIF89a is no picture that a service sends")],
    "half a picture": [encoded(painted("a red apple", 7, 256, 256)[:2000])],
    "nothing": [""],
}


@pytest.mark.parametrize("outputs", OUTPUTS.values(), ids=OUTPUTS)
def test_a_picture_that_cannot_be_used_is_not_paid_for_again(stack: ExitStack, outputs: Any) -> None:
    wire, _, engine = wavespeed(stack)
    wire.ending = {"status": "completed", "outputs": outputs}
    with pytest.raises(EngineFailed, match="no picture"):
        engine.generate(ONE, ignore)
    assert len(wire.predictions) == 1


UNCLEAR: dict[str, Answer] = {
    "hanging up": hang_up,
    "breaking off": break_off,
    "nonsense": talk_nonsense,
    **{f"{status}": answers(status) for status in (202, 300, 408, 500, 502, 503, 504, 520, 524, 529)},
    "a time to wait": answers(503, Retry_After="0.01"),  # which their client does not pass on
    "no data": answers(200, {"code": 500, "message": "HTTP 429: Failed to submit prediction: HTTP 429:"}),
    "no prediction": answers(200, envelope(None)),
    "no id": answers(200, envelope({"id": ""})),
}


@pytest.mark.parametrize("instead", UNCLEAR.values(), ids=UNCLEAR)
def test_a_submit_without_a_clear_answer_is_not_made_again(stack: ExitStack, instead: Answer) -> None:
    """There may be a prediction, and it may be paid for: not there, and at no other address either."""
    wire, service, _ = wavespeed(stack)
    other = stack.enter_context(serving(wire))
    service.instead[:], other.instead[:] = [instead], [instead]
    base_url = f"{service.origin}, {other.origin}"
    engine = stack.enter_context(relayed("wavespeed", service, base_url=base_url))
    with pytest.raises(EngineFailed):
        engine.generate(ONE, ignore)
    assert len(service.asked) + len(other.asked) == 1


@pytest.mark.parametrize("status", [409, 425, 429])
def test_a_submit_that_is_refused_for_the_moment_is_made_again(stack: ExitStack, status: int) -> None:
    wire, service, engine = wavespeed(stack)
    service.instead[:] = [answers(status)] * 2
    assert len(engine.generate(ONE, ignore).images) == 1
    assert (len(service.asked), len(wire.predictions)) == (3, 1)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_one_address_does_not_do_another_does(stack: ExitStack, status: int) -> None:
    wire, service, _ = wavespeed(stack)
    other = stack.enter_context(serving(wire))
    service.instead[:] = [answers(status)]
    base_url = f"{service.origin}, {other.origin}"
    engine = stack.enter_context(relayed("wavespeed", service, base_url=base_url))
    assert len(engine.generate(ONE, ignore).images) == 1
    assert len(wire.predictions) == 1


def test_a_wavespeed_that_is_not_there_is_called_again(stack: ExitStack) -> None:
    """Nothing was submitted; the other address makes it."""
    wire, service, _ = wavespeed(stack)
    urls = f"http://127.0.0.1:9, {service.origin}/api/v3/"
    engine = stack.enter_context(relayed("wavespeed", service, base_url=urls))
    assert len(engine.generate(ONE, ignore).images) == 1
    assert len(wire.predictions) == 1


def test_a_look_that_fails_is_taken_again_and_nothing_is_lost(stack: ExitStack) -> None:
    wire, _, engine = wavespeed(stack)
    wire.stumbles = [answers(500), hang_up, talk_nonsense, answers(429), break_off]
    assert len(engine.generate(ONE, ignore).images) == 1
    assert (wire.stumbles, len(wire.predictions)) == ([], 1)


@pytest.mark.parametrize("stumbles", [[answers(500)] * 6, [answers(404)]])
def test_a_prediction_that_is_out_of_sight_is_given_up(stack: ExitStack, stumbles: list[Any]) -> None:
    wire, _, engine = wavespeed(stack)
    wire.stumbles = list(stumbles)
    with pytest.raises(EngineFailed):
        engine.generate(ONE, ignore)
    assert (wire.stumbles, len(wire.predictions)) == ([], 1)


def test_the_key_in_an_answer_without_an_id_is_told_to_nobody(stack: ExitStack) -> None:
    _, service, engine = wavespeed(stack)
    service.instead[:] = [answers(200, {"code": 401, "message": f"no such key: {KEY}", "data": {}})]
    with capture_logs() as logs, pytest.raises(EngineFailed) as failed:
        engine.generate(ONE, ignore)
    assert "no such key" in f"{logs}"
    assert KEY not in f"{logs}{failed.value}"
