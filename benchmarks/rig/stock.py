"""Predictions put into a server's database through the lifecycle, without engines: many, and at once.

For a server that runs beside it without a worker.
"""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from limner import accounts
from limner.inputs import ImageInput
from limner.predictions import lifecycle
from limner.predictions.admission import Submission, submit
from limner.predictions.lifecycle import Made
from limner.predictions.prediction import Output, Prediction
from limner.runtime import Runtime, build_runtime
from limner.settings import read_settings
from tests.server import KEY

OWNER = "benchmark"


def finished_predictions(data_dir: Path, count: int) -> list[str]:
    """Their ids."""
    with closing(build_runtime(read_settings(data_dir=data_dir))) as runtime:
        return [_finish(runtime, _start(runtime)) for _ in range(count)]


def running_predictions(data_dir: Path, count: int) -> list[str]:
    """Their ids."""
    with closing(build_runtime(read_settings(data_dir=data_dir))) as runtime:
        return [_start(runtime).id for _ in range(count)]


def waiting_predictions(data_dir: Path, count: int) -> list[str]:
    """Their ids."""
    with closing(build_runtime(read_settings(data_dir=data_dir))) as runtime:
        return [_submit(runtime).id for _ in range(count)]


def _start(runtime: Runtime) -> Prediction:
    made = _submit(runtime)
    with runtime.database.begin() as tx:
        begun = lifecycle.begin(tx, made.id, made.attempt, OWNER, datetime.now(UTC))
    assert begun is not None
    return begun


def _submit(runtime: Runtime) -> Prediction:
    spec = runtime.catalog.find("google/imagen4")
    with runtime.database.begin() as tx:
        caller = accounts.authenticate(tx, KEY)
        submission = Submission(caller, spec, ImageInput(prompt="a red apple on a wooden table"))
        return submit(tx, submission, runtime.limits, runtime.queue, datetime.now(UTC))


def _finish(runtime: Runtime, prediction: Prediction) -> str:
    output = Output(1, f"predictions/{prediction.id}/1/1.png", 7, 1024, 1024, "image/png", 1_000_000)
    with runtime.database.begin() as tx:
        made = Made("nano/1", (), 1000)
        lifecycle.complete(tx, prediction, [output], made, runtime.queue, datetime.now(UTC))
    return prediction.id
