"""A worker learns at its start how fast its engines are; what costs money it does not try."""

import pytest

from limner.engines.engine import Engine, Generation, GenerationRequest, OnStep
from limner.predictions.costs import Kind
from limner.predictions.speeds import read_speeds
from limner.runtime import load_engines
from limner.timekeeping import try_out
from limner_test_engines.gradient import GradientEngine
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace

STANDARD = Kind("gradient", 24, 1024 * 1024)


class Own(GradientEngine):
    costs_only_time = True

    def __init__(self, step_seconds: float = 0.0) -> None:
        super().__init__(step_seconds, num_steps=4, warning="")


class Broken(Own):
    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        raise ValueError("no paint")


def known_after(place: Workplace, engine: Engine) -> dict[Kind, float]:
    try_out(place.runtime, {"gradient": engine})
    with place.runtime.database.read() as tx:
        return dict(read_speeds(tx).seconds)


def test_what_costs_only_time_is_tried_once(open_workplace: OpenWorkplace) -> None:
    place = open_workplace("gradient")
    known = known_after(place, Own())
    assert list(known) == [STANDARD]
    assert known[STANDARD] > 0
    assert known_after(place, Own(step_seconds=0.05)) == known, "it was known already"


def test_the_built_in_engine_is_tried_as_a_worker_loads_it(open_workplace: OpenWorkplace) -> None:
    place = open_workplace("nano")
    engines = load_engines(place.runtime)
    try_out(place.runtime, engines)
    with place.runtime.database.read() as tx:
        assert list(read_speeds(tx).seconds) == [STANDARD._replace(pool="nano")]
    engines["nano"].close()


@pytest.mark.parametrize("engine", [GradientEngine(0.0, 4, ""), Broken()])
def test_nothing_is_learned_of_what_may_cost_money_and_of_what_fails(
    open_workplace: OpenWorkplace, engine: Engine
) -> None:
    assert known_after(open_workplace("gradient"), engine) == {}
