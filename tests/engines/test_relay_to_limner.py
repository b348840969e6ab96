"""A Limner whose pictures another Limner makes: a fleet can be chained."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from limner.engines.engine import Engine, GenerationRequest, Progress, load_engine
from limner_test_engines.gradient import gradient
from tests.server import KEY, Server, serving

MODEL = "google/imagen4"
PATIENCE_SECONDS = 60


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Server]:
    """Makes a picture in 24 steps, slowly enough to look on."""
    with serving(tmp_path, {MODEL: "gradient step_seconds=0.1"}) as server:
        yield server


@pytest.fixture
def engine(other: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("OTHER_LIMNER_KEY", KEY)
    options = {"base_url": other.origin, "api_key_env": "OTHER_LIMNER_KEY", "poll_seconds": "0.1"}
    with closing(load_engine("wavespeed", options | {"model": MODEL})) as loaded:
        yield loaded


def test_another_limner_makes_the_picture_tells_of_it_and_can_be_stopped(
    other: Server, engine: Engine
) -> None:
    request = GenerationRequest("a red apple", 1408, 768, (7,), negative_prompt="blur")
    seen: list[Progress] = []
    generation = engine.generate(request, seen.append)
    assert np.array_equal(generation.images[0], gradient("a red apple", 7, 1408, 768))
    assert generation.made_by == f"wavespeed/{MODEL}, gradient/1.0"
    assert len({progress.step for progress in seen}) > 2

    def abandon(progress: Progress) -> None:
        if progress.step:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        engine.generate(request, abandon)
    deadline = time.monotonic() + PATIENCE_SECONDS
    with other.client() as client:
        while True:
            newest = client.post("/api/v3/predictions", json={}).json()["data"]["items"][0]
            if newest["status"] == "failed":
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert newest["cancelled"]
