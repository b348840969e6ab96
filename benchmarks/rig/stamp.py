"""An engine that writes down when it was called, and sleeps. Options: ``log``, the file, by default none;
``seconds``.
"""

import time
from pathlib import Path

import numpy as np

from limner.engines.engine import Engine, Generation, GenerationRequest, OnStep, Options, Progress


class StampEngine:
    def __init__(self, log: Path | None, seconds: float) -> None:
        self._log, self._seconds = log, seconds

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        if self._log is not None:
            with self._log.open("a") as log:
                log.write(f"{time.time()}\n")
        time.sleep(self._seconds)
        on_step(Progress(1, 1))
        blank = np.zeros((request.height, request.width, 3), np.uint8)
        return Generation((blank,) * len(request.seeds), made_by="stamp/1")

    def close(self) -> None:
        """Holds nothing."""


def load(options: Options) -> Engine:
    log = Path(options["log"]) if "log" in options else None
    return StampEngine(log, float(options.get("seconds", "0")))


def install(folder: Path) -> str:
    """Makes the engine known to processes that have this folder and what it returns on their PYTHONPATH."""
    registered = folder / "stamp-1.dist-info"
    registered.mkdir()
    (registered / "METADATA").write_text("Metadata-Version: 2.1\nName: stamp\nVersion: 1\n")
    (registered / "entry_points.txt").write_text(f"[limner.engines]\nstamp = {__name__}:load\n")
    return f"{folder}:{Path(__file__).parents[2]}"
