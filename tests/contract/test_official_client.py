"""PyPI wavespeed 2.0.5, unmodified but for its base URL: the judge of compatibility."""

import base64
import io

import httpx
import pytest
import wavespeed
from PIL import Image

from tests.server import KEY, Server

APPLE = {"prompt": "a red apple on a wooden table"}


@pytest.fixture
def official(server: Server) -> wavespeed.Client:
    return wavespeed.Client(api_key=KEY, base_url=server.origin)


def test_it_gets_the_link_of_a_picture(official: wavespeed.Client) -> None:
    (link,) = official.run("google/imagen4", APPLE, poll_interval=0.1)["outputs"]
    response = httpx.get(link)  # without a key
    assert (response.status_code, response.headers["content-type"]) == (200, "image/png")
    image = Image.open(io.BytesIO(response.content))
    assert (image.format, image.size, image.mode) == ("PNG", (1024, 1024), "RGB")


def test_the_same_prompt_and_seed_give_the_same_pixels(official: wavespeed.Client) -> None:
    def pixels(**inputs: object) -> bytes:
        output = official.run("google/imagen4", APPLE | inputs, poll_interval=0.1)["outputs"][0]
        return Image.open(io.BytesIO(httpx.get(output).content)).tobytes()

    first = pixels(seed=5)
    assert first == pixels(seed=5)
    assert first != pixels(seed=6)
    assert first != pixels(seed=5, prompt="a green tree in the snow")


def test_sync_mode_answers_with_the_finished_prediction(official: wavespeed.Client) -> None:
    assert len(official.run("google/imagen4", APPLE, enable_sync_mode=True)["outputs"]) == 1


def test_base64_output_is_naked_base64(official: wavespeed.Client) -> None:
    inputs = APPLE | {"enable_base64_output": True, "num_images": 2}
    outputs = official.run("google/imagen4", inputs, poll_interval=0.1)["outputs"]
    assert [Image.open(io.BytesIO(base64.b64decode(text, validate=True))).size for text in outputs] == [
        (1024, 1024),
        (1024, 1024),
    ]


def test_a_failed_prediction_raises_with_its_text(official: wavespeed.Client) -> None:
    with pytest.raises(RuntimeError, match=r"Prediction failed .*The paint ran out\."):
        official.run("google/imagen3-fast", APPLE, poll_interval=0.1)
    with pytest.raises(RuntimeError, match=r"The paint ran out\."):
        official.run("google/imagen3-fast", APPLE, enable_sync_mode=True)


def test_refusals_reach_the_user(official: wavespeed.Client, server: Server) -> None:
    with pytest.raises(RuntimeError, match=r"HTTP 400: .*prompt"):
        official.run("google/imagen4", {})
    with pytest.raises(RuntimeError, match=r"HTTP 404: .*google/imagen5"):
        official.run("google/imagen5", APPLE)
    stranger = wavespeed.Client(api_key="wsk_nobody_0123456789", base_url=server.origin)
    with pytest.raises(RuntimeError, match="HTTP 401"):
        stranger.run("google/imagen4", APPLE)


def test_a_result_can_be_asked_for_later(official: wavespeed.Client, server: Server) -> None:
    with server.client() as client:
        prediction = client.post("/api/v3/google/imagen4", json=APPLE).json()["data"]
    assert official.get_result(prediction["id"])["data"]["id"] == prediction["id"]
