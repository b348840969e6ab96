"""From a prompt to a real picture with nothing set but a folder: the built-in model, the official client.

What the pictures show is asked loosely, but only a model that follows its prompt can answer.
"""

import io
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import wavespeed
from PIL import Image

LIMNER = str(Path(sys.executable).with_name("limner"))
APPLE, CAR = "a red apple on a wooden table", "a yellow car under a blue sky"
MODEL, SEED = "google/imagen4", 3


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = str(tmp_path_factory.mktemp("first"))
    return {"PATH": os.environ["PATH"], "HOME": folder, "LIMNER_DATA_DIR": f"{folder}/state"}


@pytest.fixture(scope="module")
def client(variables: dict[str, str]) -> Iterator[wavespeed.Client]:
    """The official client, with what the first start prints: an address and a key."""
    command = [LIMNER, "serve", "--port", "0"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            origin = process.stdout.readline().split()[3]
            key = process.stdout.readline().split()[-1]
            yield wavespeed.Client(api_key=key, base_url=origin)
        finally:
            process.terminate()


def picture_of(client: wavespeed.Client, prompt: str, seed: int = SEED) -> Image.Image:
    inputs = {"prompt": prompt, "seed": seed}
    (link,) = client.run(MODEL, inputs, timeout=50, poll_interval=0.1)["outputs"]
    response = httpx.get(link)
    assert (response.status_code, response.headers["content-type"]) == (200, "image/png")
    return Image.open(io.BytesIO(response.content))


def share(pixels: np.ndarray, more: int, less: int) -> float:
    """How many pixels have clearly more of one channel (0 red, 1 green, 2 blue) than of another."""
    return float((pixels[..., more].astype(int) - pixels[..., less] > 40).mean())


def test_a_red_apple_on_a_wooden_table(client: wavespeed.Client) -> None:
    picture = picture_of(client, APPLE)
    assert (picture.format, picture.size, picture.mode) == ("PNG", (1024, 1024), "RGB")
    pixels = np.asarray(picture)
    middle, bottom = pixels[256:768, 256:768], pixels[-64:]
    assert min(share(middle, 0, 1), share(middle, 0, 2)) > 0.5  # red, and not orange or pink
    red, green, blue = bottom.reshape(-1, 3).mean(axis=0)
    assert red > green + 10 > blue + 20  # brown


def test_a_yellow_car_under_a_blue_sky(client: wavespeed.Client) -> None:
    pixels = np.asarray(picture_of(client, CAR))
    assert share(pixels[:128], 2, 0) > 0.5  # blue above
    assert min(share(pixels, 0, 2), share(pixels, 1, 2)) > 0.05  # yellow somewhere


def test_prompt_and_seed_decide_the_picture(client: wavespeed.Client) -> None:
    apple = picture_of(client, APPLE).tobytes()
    assert picture_of(client, APPLE).tobytes() == apple
    assert picture_of(client, APPLE, seed=SEED + 1).tobytes() != apple
    assert picture_of(client, CAR).tobytes() != apple


def test_generate_shows_its_progress_and_makes_the_same_picture(
    client: wavespeed.Client, variables: dict[str, str], tmp_path: Path
) -> None:
    command = [LIMNER, "generate", CAR, "--seed", str(SEED), "-o", "out/"]
    terminal, other_end = pty.openpty()
    with subprocess.Popen(
        command, env=variables, cwd=tmp_path, stdout=subprocess.PIPE, stderr=other_end
    ) as process:
        os.close(other_end)
        shown = read_until_closed(terminal)
        assert process.stdout is not None
        path = process.stdout.read().decode().rstrip("\n")
    assert process.returncode == 0, shown
    assert MODEL in shown
    assert path == f"out/a-yellow-car-under-a-blue-sky-{SEED}.png"
    with Image.open(tmp_path / path) as picture:
        assert picture.tobytes() == picture_of(client, CAR).tobytes()


def read_until_closed(terminal: int) -> str:
    with open(terminal, "rb", buffering=0) as stream:
        return b"".join(chunks(stream)).decode()


def chunks(stream: io.FileIO) -> Iterator[bytes]:
    try:
        while chunk := stream.read(65_536):
            yield chunk
    except OSError:  # so Linux says that nobody holds the other end any longer
        return
