"""Upstreams behind a model, in a worker as it is in earnest: what a caller gets, and pays."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from limner.predictions import lifecycle
from limner.predictions.prediction import Prediction, Status
from limner.settings import ModelChoice
from tests.engines.openers import VARIABLE, with_key
from tests.engines.services import Answer, Service, answers, hang, images_wire, serving
from tests.unit.workplace import MODEL, Workplace, settings_of

PRICE = 38_000
REFUSED = answers(400, {"error": {"code": "moderation_blocked", "message": "No."}})


@contextmanager
def workplace_of(
    folder: Path, *then: str, instead: tuple[Answer, ...] = ()
) -> Iterator[tuple[Workplace, Service]]:
    """With a worker, whose model is made by a service, or else by these engines."""
    with ExitStack() as stack:
        service = stack.enter_context(serving(images_wire, *instead))
        options = {"base_url": f"{service.origin}/v1", "model": "tiny", "api_key_env": VARIABLE}
        options |= {"attempts": "1", "at_once": "1"}
        first: dict[str, Any] = {"engine": "openai", "options": options}
        choice = ModelChoice.model_validate({"engines": [first, *then]} if then else first)
        workplace = Workplace.open(settings_of(folder, "", "gradient", models={MODEL: choice}))
        stack.callback(workplace.runtime.close)
        stack.enter_context(with_key())
        stack.enter_context(workplace.working())
        yield workplace, service


def made(workplace: Workplace, **inputs: Any) -> Prediction:
    return workplace.finish(workplace.submit(**inputs))


def test_pictures_are_made_by_the_service_and_in_its_absence_by_the_next_engine(tmp_path: Path) -> None:
    with workplace_of(tmp_path, "gradient") as (workplace, service):
        done = made(workplace, num_images=2, seed=5, aspect_ratio="16:9")
        assert (done.made_by, done.warnings) == ("openai/tiny", ())
        assert [(out.width, out.height) for out in done.outputs] == [(1408, 768)] * 2
        assert sorted(one.body["seed"] for one in service.asked) == [5, 6]
        service.instead[:] = [answers(500)]
        done = made(workplace)
        assert done.made_by == "gradient/1.0"
        assert "openai failed. The upstream service failed (500)." in done.warnings[-1]
        assert workplace.spent_micros() == 3 * PRICE


def test_what_the_service_refuses_is_filtered_and_free(tmp_path: Path) -> None:
    with workplace_of(tmp_path, "gradient", instead=(REFUSED,)) as (workplace, _):
        done = made(workplace)
        assert (done.status, done.failure.code) == (Status.FAILED, 1200)
        assert done.failure.text == "Content is filtered due to unknown reasons"
        assert [(one.n, one.reason) for one in done.failure.filtered or done.filtered] == [
            (1, "moderation_blocked")
        ]
        assert workplace.spent_micros() == 0


def test_some_pictures_refused_the_rest_is_delivered_and_charged(tmp_path: Path) -> None:
    with workplace_of(tmp_path, instead=(REFUSED,)) as (workplace, _):
        done = made(workplace, num_images=3, seed=5)
        assert done.status == Status.COMPLETED
        assert [(out.n, out.seed) for out in done.outputs] == [(2, 6), (3, 7)]
        assert [(one.n, one.reason) for one in done.filtered] == [(1, "moderation_blocked")]
        assert workplace.spent_micros() == 2 * PRICE


def test_a_prediction_is_cancelled_while_its_call_hangs(tmp_path: Path) -> None:
    with workplace_of(tmp_path, "gradient", instead=(hang,)) as (workplace, service):
        prediction = workplace.submit()
        while not service.asked:
            time.sleep(0.02)
        runtime = workplace.runtime
        with runtime.database.begin() as tx:
            lifecycle.cancel(tx, prediction.account_id, prediction.id, runtime.queue, datetime.now(UTC))
        cancelled = workplace.finish(prediction)
        assert (cancelled.is_cancelled, cancelled.charged_micros) == (True, 0)
        assert made(workplace).made_by == "openai/tiny"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
