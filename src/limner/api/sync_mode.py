"""Sync mode: the answer to a submit waits for the pictures, for as long as the window is open.

Knows the watcher; knows nothing of how a request was accepted.
"""

import time

from fastapi import Request

from limner.api.envelope import success_bytes
from limner.api.results import Answer, Results
from limner.api.watching import Watcher
from limner.predictions.prediction import Prediction

LOOK_SECONDS = 1.0  # for clients that hang up
TIMED_OUT = 5004  # the public code that clients know a closed window by


async def finished_or_late(
    request: Request, results: Results, watcher: Watcher, prediction: Prediction, window_seconds: float
) -> Answer:
    """The finished prediction; or, when the window closes first, the unfinished one with code 5004, and
    the work goes on."""
    key = (prediction.account_id, prediction.id)
    deadline = time.monotonic() + window_seconds
    while (rest := deadline - time.monotonic()) > 0 and not watcher.is_closing:
        finished = await watcher.finished(key, min(LOOK_SECONDS, rest))
        if finished is not None:
            return await results.answer(finished)
        if await request.is_disconnected():
            break
    prediction = await results.prediction(key)
    if prediction.is_terminal:
        return await results.answer(prediction)
    return _late(results, prediction, window_seconds)


def _late(results: Results, prediction: Prediction, window_seconds: float) -> Answer:
    view = results.view(prediction)
    view["status"] = "processing"
    view["code"] = TIMED_OUT
    view["error"] = (
        f"Sync mode timed out after {window_seconds:g} seconds. The task is still running: "
        f"ask for its result at {view['urls']['get']}"
    )
    return Answer(success_bytes(view), prediction.model_id, prediction.made_by)
