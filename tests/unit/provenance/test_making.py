"""A picture that cannot be signed is not handed out."""

from datetime import UTC, datetime

import pytest

from limner.predictions import lifecycle
from limner.predictions.making import Making
from limner.predictions.prediction import Prediction, Status
from limner.provenance.identity import make_identity
from limner.provenance.imprint import Imprint
from limner.provenance.signing import Signer
from limner.runtime import generation_request, load_engine_of, load_safety_of
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace


@pytest.fixture
def database_url() -> str:
    return ""


def test_what_cannot_be_signed_fails_free_and_is_not_handed_out(open_workplace: OpenWorkplace) -> None:
    workplace, now = open_workplace(), datetime.now(UTC)
    signer = Signer(make_identity(now))
    signer._context.close()
    failed = made_with(workplace, Imprint(signer))
    assert (failed.status, failed.outputs, failed.failure.code) == (Status.FAILED, (), 5000)
    assert failed.failure.text == "The pictures could not be signed; nothing was charged."
    assert workplace.spent_micros() == 0
    assert made_with(workplace, Imprint(Signer(make_identity(now)))).status is Status.COMPLETED


def made_with(workplace: Workplace, imprint: Imprint) -> Prediction:
    runtime, now = workplace.runtime, datetime.now(UTC)
    accepted = workplace.submit()
    with runtime.database.begin() as tx:
        begun = lifecycle.begin(tx, accepted.id, 1, "0" * 32, now)
    assert begun is not None
    spec = runtime.catalog.find(begun.model_id)
    safety = load_safety_of(runtime.settings)
    making = Making(
        runtime.database, runtime.storage, safety, runtime.queue, lambda: now, begun, imprint=imprint
    )
    making.run(load_engine_of(spec), generation_request(spec, begun.request))
    return workplace.find(accepted)
