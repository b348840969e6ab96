"""A tiny real engine: a colour gradient drawn from the prompt and the seed. It knows nothing of words.

Options: ``step_seconds``, how long one step takes (default 0); ``num_steps`` per image (default 4);
``warning``, what it warns of (default nothing).
"""

import hashlib
import time
from functools import partial

import numpy as np

from limner.engines.engine import Engine, Generation, GenerationRequest, OnStep, Options, Pixels, Progress


class GradientEngine:
    """Deterministic in prompt, seed and size, so that every promise about pixels can be tested on it. Its
    preview is the picture itself at an eighth of the size."""

    def __init__(self, step_seconds: float, num_steps: int, warning: str) -> None:
        self.step_seconds = step_seconds
        self.num_steps = num_steps
        self.warnings = (warning,) if warning else ()

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        steps = request.num_inference_steps or self.num_steps
        images = []
        small = (request.width // 8, request.height // 8)
        for index, seed in enumerate(request.seeds):
            preview = partial(gradient, request.prompt, seed, *small)
            for step in range(1, steps + 1):
                time.sleep(self.step_seconds)
                on_step(Progress(index * steps + step, steps * len(request.seeds), preview))
            images.append(gradient(request.prompt, seed, request.width, request.height))
        return Generation(tuple(images), made_by="gradient/1.0", warnings=self.warnings)

    def close(self) -> None:
        pass


def gradient(prompt: str, seed: int, width: int, height: int) -> Pixels:
    corners = np.frombuffer(hashlib.sha256(f"{seed}:{prompt}".encode()).digest()[:12], np.uint8).reshape(4, 3)
    across = np.linspace(0, 1, width)[None, :, None]
    down = np.linspace(0, 1, height)[:, None, None]
    top = corners[0] * (1 - across) + corners[1] * across
    bottom = corners[2] * (1 - across) + corners[3] * across
    return np.ascontiguousarray((top * (1 - down) + bottom * down).astype(np.uint8))


def load(options: Options) -> Engine:
    return GradientEngine(
        float(options.get("step_seconds", "0")),
        int(options.get("num_steps", "4")),
        options.get("warning", ""),
    )
