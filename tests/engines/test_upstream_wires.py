"""What each upstream engine asks its service for, and what it makes of the answers that are right."""

import time
from collections import Counter
from contextlib import ExitStack, closing
from typing import Any

import pytest
from structlog.testing import capture_logs

from limner.engines import gemini, openai
from limner.engines.engine import Engine, GenerationRequest, Progress, load_engine
from limner.engines.upstream import addresses
from limner.errors import EngineFailed
from tests.engines.openers import VARIABLE, relayed, with_key
from tests.engines.services import (
    KEY,
    Service,
    WaveSpeedWire,
    answers,
    gemini_wire,
    hang_up,
    images_wire,
    serving,
)

ONE = GenerationRequest("a red apple", 256, 256, (7,), negative_prompt="blur", num_inference_steps=9)
FOUR = GenerationRequest("a red apple", 256, 256, (7, 8, 9, 10))
ERROR: Any = {"code": 404, "status": "NOT_FOUND"}


def ignore(progress: Progress) -> None:
    """The callback of a caller who does not care."""


def images(stack: ExitStack, number: int = 1, **options: str) -> tuple[list[Service], Engine]:
    services = [stack.enter_context(serving(images_wire)) for _ in range(number)]
    urls = {"base_url": ", ".join(f"{service.origin}/v1/" for service in services)}
    return services, stack.enter_context(relayed("openai", services[0], **(urls | options)))


def test_openai_is_sent_what_the_server_takes_and_nothing_else(stack: ExitStack) -> None:
    (service,), engine = images(
        stack, takes="seed, negative_prompt, num_inference_steps", body='{"guidance_scale": 3.5, "user": "x"}'
    )
    generation = engine.generate(ONE, ignore)
    (asked,) = service.asked
    assert asked.body == {
        "model": "tiny/model-1",
        "prompt": "a red apple",
        "n": 1,
        "size": "256x256",
        "response_format": "b64_json",
        "seed": 7,
        "negative_prompt": "blur",
        "num_inference_steps": 9,
        "guidance_scale": 3.5,
        "user": "x",
    }
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert (generation.made_by, generation.warnings) == ("openai/tiny/model-1", ())


def test_openai_says_what_the_server_does_not_take(stack: ExitStack) -> None:
    _, engine = images(stack, takes="")
    assert [warning.partition(":")[0] for warning in engine.generate(ONE, ignore).warnings] == [
        "The upstream service takes no seed",
        "The upstream service takes no negative_prompt; it was left out.",
    ]


def test_openais_own_api_is_sent_neither_seed_nor_response_format() -> None:
    """Both are refused there."""
    with with_key(), closing(load_engine("openai", {"model": "m", "api_key_env": VARIABLE})) as engine:
        dialect = engine._upstream._dialect  # type: ignore[attr-defined]
    assert dialect.fields(ONE, 7) == {}


@pytest.mark.parametrize(
    ("size", "asked"),
    [
        ((1408, 768), "1536x1024"),
        ((768, 1408), "1024x1536"),
        ((1024, 1024), "1024x1024"),
        ((2048, 2048), "2048x2048"),
    ],
)
def test_the_nearest_size_that_the_server_has_is_asked_for(size: tuple[int, int], asked: str) -> None:
    sizes = ((1024, 1024), (1536, 1024), (1024, 1536), (2048, 2048))
    dialect = openai.Dialect("m", (), sizes, "", {})
    assert dialect.size(GenerationRequest("x", *size, (1,))) == asked


def test_calls_go_where_there_is_least_to_do(stack: ExitStack) -> None:
    services, engine = images(stack, 2)
    engine.generate(FOUR, ignore)
    assert [len(service.asked) for service in services] == [2, 2]


def test_an_address_that_fails_is_left_for_the_others_and_tried_again(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "FIRST_REST_SECONDS", 1.0)
    services, engine = images(stack, 2)
    services[0].instead[:] = [hang_up]
    assert len(engine.generate(ONE, ignore).images) == 1
    engine.generate(ONE, ignore)
    assert [len(service.asked) for service in services] == [1, 2]
    time.sleep(1.0)
    engine.generate(ONE, ignore)
    assert [len(service.asked) for service in services] == [2, 2]


def test_no_more_calls_are_in_flight_than_allowed(stack: ExitStack) -> None:
    (service,), engine = images(stack, at_once="2")
    engine.generate(FOUR, ignore)
    assert service.most_in_flight <= 2


def gemini_engine(stack: ExitStack, **options: str) -> tuple[Service, Engine]:
    service = stack.enter_context(serving(gemini_wire))
    return service, stack.enter_context(relayed("gemini", service, **options))


@pytest.mark.parametrize(
    ("size", "ratio", "image_size"),
    [
        ((1024, 1024), "1:1", "1K"),
        ((1408, 768), "16:9", "1K"),
        ((1280, 896), "4:3", "1K"),
        ((896, 1280), "3:4", "1K"),
        ((1536, 2816), "9:16", "2K"),
        ((256, 256), "1:1", "1K"),
        ((4000, 4000), "1:1", "2K"),
    ],
)
def test_gemini_is_asked_for_the_nearest_shape_and_size(
    size: tuple[int, int], ratio: str, image_size: str
) -> None:
    asked = gemini.Model("m", ("1K", "2K"), "").asked(GenerationRequest("x", *size, (1,)))
    assert asked.image_config is not None
    assert (asked.image_config.aspect_ratio, asked.image_config.image_size) == (ratio, image_size)
    plain = gemini.Model("m", (), "").asked(GenerationRequest("x", *size, (1,)))
    assert plain.image_config is not None
    assert plain.image_config.image_size is None


def test_gemini_is_sent_its_key_and_how_much_to_think(stack: ExitStack) -> None:
    service, engine = gemini_engine(stack, thinking_level="minimal", api_version="v1beta")
    generation = engine.generate(ONE, ignore)
    (asked,) = service.asked
    assert asked.path.startswith("/v1beta/models/")
    assert asked.headers["x-goog-api-key"] == KEY
    assert list(asked.body["generationConfig"]["thinkingConfig"].values()) == ["MINIMAL"]
    assert generation.made_by == "gemini/tiny-image-1"
    assert "The upstream service takes no negative_prompt; it was left out." in generation.warnings


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("This model models/x is no longer available to new users.", "has retired its model tiny-image-1"),
        ("models/x is not found for API version v1, or is not supported", "knows no model tiny-image-1"),
    ],
)
def test_a_model_that_google_has_retired_is_named_in_the_log_and_to_the_caller(
    stack: ExitStack, said: str, complaint: str
) -> None:
    service, engine = gemini_engine(stack)
    service.instead[:] = [answers(404, {"error": ERROR | {"message": said}})]
    with capture_logs() as logs, pytest.raises(EngineFailed, match=complaint):
        engine.generate(ONE, ignore)
    (error,) = [one for one in logs if one["log_level"] == "error"]
    assert "name another in limner.toml" in error["event"]
    assert error["model"] == "tiny-image-1"
    assert len(service.asked) == 1


def test_google_says_in_the_body_how_long_to_wait(stack: ExitStack) -> None:
    service, engine = gemini_engine(stack)
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.7s"}]
    busy = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "quota", "details": details}}
    service.instead[:] = [answers(429, busy)]
    engine.generate(ONE, ignore)
    first, second = service.asked
    assert second.at - first.at >= 0.7


def wavespeed(stack: ExitStack, **options: str) -> tuple[WaveSpeedWire, Service, Engine]:
    wire = WaveSpeedWire()
    service = stack.enter_context(serving(wire))
    return wire, service, stack.enter_context(relayed("wavespeed", service, **options))


@pytest.mark.parametrize("output", ["link", "base64"])
def test_wavespeed_is_sent_the_inputs_of_its_model(stack: ExitStack, output: str) -> None:
    wire, service, engine = wavespeed(stack, output=output, body='{"output_format": "png"}')
    request = GenerationRequest("a red apple", 1536, 2816, (2**31,), "blur")
    seen: list[Progress] = []
    generation = engine.generate(request, seen.append)
    assert generation.images[0].shape == (2816, 1536, 3)
    (inputs,) = wire.inputs.values()
    wanted = {"prompt": "a red apple", "aspect_ratio": "9:16", "resolution": "2k", "seed": 0}
    wanted |= {"negative_prompt": "blur", "output_format": "png"}
    assert inputs == wanted | ({"enable_base64_output": True} if output == "base64" else {})
    assert service.asked[0].headers["authorization"] == f"Bearer {KEY}"
    links = [one for one in service.seen if one.path.endswith(".png")]
    assert [one.headers.get("authorization") for one in links] == ([] if output == "base64" else [None])
    assert generation.made_by == "wavespeed/google/imagen4, gradient/1.0"
    assert "It is only a gradient." in generation.warnings
    assert 0 < seen[-2].step < seen[-1].step == 20  # what the service said of its own progress


@pytest.mark.parametrize(
    ("ending", "refused"),
    [
        ({"code": 1200, "error": "x", "filtered_reason": "violence"}, "violence"),
        ({"code": 1200, "error": "x"}, "content_filter"),
        ({"code": 0, "error": "Content is filtered due to unknown reasons"}, "content_filter"),
    ],
)
def test_what_wavespeed_filters_is_refused(stack: ExitStack, ending: dict[str, Any], refused: str) -> None:
    wire, _, engine = wavespeed(stack)
    wire.ending = ending | {"status": "failed", "outputs": []}
    generation = engine.generate(ONE, ignore)
    assert [one.reason for one in generation.refused] == [refused]


def test_what_is_given_up_here_is_cancelled_there(stack: ExitStack) -> None:
    wire, _, engine = wavespeed(stack)
    wire.looks_needed = 10**6
    seen: Counter[int] = Counter()

    def abandon(progress: Progress) -> None:
        seen[progress.step] += 1
        if progress.step:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        engine.generate(ONE, abandon)
    deadline = time.monotonic() + 20
    while wire.cancelled != list(wire.predictions):
        assert time.monotonic() < deadline
        time.sleep(0.02)
