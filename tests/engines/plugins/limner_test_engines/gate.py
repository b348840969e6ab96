"""An engine that a test can hold still at a known place: inside, before any picture is made."""

import time
from functools import partial
from pathlib import Path

from limner.engines.engine import Engine, Generation, GenerationRequest, OnStep, Options, Progress
from limner_test_engines.gradient import gradient

LOOK_SECONDS = 0.01


class GateEngine:
    """Leaves the file ``entered`` in its folder, and waits there until somebody makes ``open``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        on_step(Progress(1, 2, partial(gradient, request.prompt, request.seeds[0], 128, 128)))
        (self._folder / "entered").touch()
        while not (self._folder / "open").exists():
            time.sleep(LOOK_SECONDS)
        on_step(Progress(2, 2))
        images = (gradient(request.prompt, seed, request.width, request.height) for seed in request.seeds)
        return Generation(tuple(images), made_by="gate/1.0")

    def close(self) -> None:
        pass


def load(options: Options) -> Engine:
    """Option ``folder``: where the two files are."""
    return GateEngine(Path(options["folder"]))
