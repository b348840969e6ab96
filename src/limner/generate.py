"""What `limner generate` does: pictures into a folder, from an engine in this process or from a server.

Knows no command line and no Settings: it is told what to make and reports how far it is.
"""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx

from limner import images
from limner.catalog import ModelSpec
from limner.engines.engine import Pixels, Progress
from limner.errors import EngineFailed, LimnerError, Unavailable
from limner.inputs import Json, parse_input
from limner.runtime import generation_request, load_engine_of
from limner.safety.checks import FILTERED_TEXT, Safety

POLL_SECONDS = 0.25
TIMEOUT_SECONDS = 60
MAX_NAME_LETTERS = 60

OnProgress = Callable[[str, int, int], None]
"""Called with what is being done, the step, and the number of steps (0 when not known)."""


@dataclass(frozen=True, slots=True)
class Commission:
    """What to make, where to put it, and whom to tell."""

    inputs: Mapping[str, Json]  # as the API takes them; None where nothing was said
    folder: Path
    on_progress: OnProgress
    on_warning: Callable[[str], None]

    def open_folder(self) -> None:
        """Before anything is made, or paid for: there may be no place for it. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def write(self, content: bytes, seed: int, extension: str) -> Path:
        words = "-".join(re.findall(r"\w+", str(self.inputs["prompt"]).lower()))[:MAX_NAME_LETTERS]
        path = self.folder / f"{words.rstrip('-') or 'picture'}-{seed}.{extension}"
        path.write_bytes(content)
        return path

    def write_picture(self, pixels: Pixels, seed: int) -> Path:
        encoded = images.encode(pixels, "png")
        return self.write(encoded.content, seed, encoded.extension)


def generate_here(spec: ModelSpec, safety: Safety, commission: Commission) -> list[Path]:
    """With an engine in this process, without a database. Raises InvalidInput, EngineFailed, CheckFailed."""
    request = generation_request(spec, parse_input(spec.inputs, commission.inputs))
    if category := safety.judge_prompt(request.prompt).filtered_category:
        raise EngineFailed(f"{FILTERED_TEXT} ({category})")
    commission.open_folder()
    commission.on_progress(f"loading {spec.engine.name}", 0, 0)
    with closing(load_engine_of(spec)) as engine:

        def on_step(progress: Progress) -> None:
            commission.on_progress(spec.model_id, progress.step, progress.num_steps)

        generation = engine.generate(request, on_step)

    def passes(pixels: Pixels, seed: int) -> bool:
        judgement = safety.judge_image(pixels)
        if judgement.is_filtered:
            commission.on_warning(f"the picture of seed {seed} is filtered: {judgement.filtered_category}")
        return not judgement.is_filtered

    for warning in generation.warnings:
        commission.on_warning(warning)
    made = zip(request.seeds, generation.images, strict=True)
    return [commission.write_picture(pixels, seed) for seed, pixels in made if passes(pixels, seed)]


def generate_there(server: str, key: str, model_id: str, commission: Commission) -> list[Path]:
    """Through the API of a server. Raises what the server refused; a submit is never repeated."""
    commission.open_folder()
    headers = {"Authorization": f"Bearer {key}"}
    try:
        with httpx.Client(base_url=server, headers=headers, timeout=TIMEOUT_SECONDS) as client:
            prediction = _read(client.post(f"/api/v3/{model_id}", json=dict(commission.inputs)))
            prediction = _wait(client, prediction, commission.on_progress)
            for warning in prediction["warnings"]:
                commission.on_warning(warning)
            return [_fetch(client, image, commission) for image in prediction["images"] if image["url"]]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"no answer from {server}: {error}") from error


def _wait(client: httpx.Client, prediction: Json, on_progress: OnProgress) -> Json:
    while prediction["status"] not in ("completed", "failed"):
        on_progress(prediction["status"], prediction["progress"]["step"], prediction["progress"]["num_steps"])
        time.sleep(POLL_SECONDS)
        prediction = _read(client.get(f"/api/v3/predictions/{prediction['id']}/result"))
    if prediction["status"] == "failed":
        raise EngineFailed(f"prediction {prediction['id']} failed: {prediction['error']}")
    return prediction


def _fetch(client: httpx.Client, image: Json, commission: Commission) -> Path:
    content = client.get(image["url"]).raise_for_status().content
    return commission.write(content, image["seed"], image["url"].rpartition(".")[2])


def _read(response: httpx.Response) -> Json:
    try:
        envelope = response.json()
        if response.is_success:
            return envelope["data"]
        message = envelope["message"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"{response.url.host} does not answer as Limner does") from error
    raise Refused(message, response.status_code)


class Refused(LimnerError):
    """A server said no; ``status`` is its code."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(f"{message} ({status})")
        self.status = status
