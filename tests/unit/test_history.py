"""Deletions, as one machine of several makes them."""

from dataclasses import replace
from datetime import UTC, datetime

from limner.api.app import create_app
from limner.api.history import delete_prediction
from limner.predictions import removal
from tests.unit.conftest import OpenWorkplace
from tests.unit.test_tidying import LATER, LateClock


def test_what_a_machine_ahead_of_time_deletes_goes_at_once(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    runtime = replace(workplace.runtime, clock=LateClock(workplace.runtime.database))
    prediction = workplace.submit()
    delete_prediction(prediction.id, create_app(runtime).state.context, workplace.caller)
    assert runtime.clock.now() < datetime.now(UTC) - LATER
    assert removal.clear(runtime.database, runtime.storage, runtime.queue.forget, runtime.clock.now()) == 1
