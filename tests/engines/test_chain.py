"""Several engines for one model: who is asked, who made it, and what the caller is told."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from limner.catalog import EngineChoice
from limner.doctor.surroundings import check_engines
from limner.engines.breaker import Breaker
from limner.engines.chain import Chain, Guarded
from limner.engines.engine import (
    Engine,
    Generation,
    GenerationRequest,
    OnStep,
    Progress,
    Refusal,
    Unsuited,
    load_engine,
)
from limner.engines.loading import Loader
from limner.errors import BadSettings, EngineFailed
from limner.runtime import catalog_of, load_engines
from limner.settings import ModelChoice, read_settings
from tests.unit.workplace import Workplace, settings_of

ONE = GenerationRequest("a red apple", 64, 64, (7,))


class Scripted:
    """A tiny real engine that does what it is told, and counts."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.asked = 0
        self.closed = 0

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        self.asked += 1
        on_step(Progress(1, 2))
        if self._failures:
            raise self._failures.pop(0)
        return Generation((), "scripted/1", ("Its own warning.",), (Refusal(1, "violence"),))

    def close(self) -> None:
        self.closed += 1


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def ignore(progress: Progress) -> None:
    """The callback of a caller who does not care."""


def chain_of(*engines: Engine, clock: Callable[[], float] | None = None) -> Chain:
    guarded = [Guarded(f"engine{n}", engine, Breaker(2, 60)) for n, engine in enumerate(engines, 1)]
    return Chain(guarded, clock) if clock else Chain(guarded)


def load(*names: str, **options: Any) -> Engine:
    return Loader().load(EngineChoice.in_turn(tuple(EngineChoice(name, **options) for name in names)))


def test_the_first_makes_it_and_nobody_is_told_of_the_others() -> None:
    generation = load("gradient", "raises", "unloadable").generate(ONE, ignore)
    assert (generation.made_by, generation.warnings) == ("gradient/1.0", ())


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("raises", "Another engine had to make this: raises failed. The paint ran out."),
        ("crashes", "Another engine had to make this: crashes failed. It did not say why."),
        ("unloadable", "Another engine had to make this: unloadable failed. It could not be loaded."),
        ("no-such-engine", "Another engine had to make this: no-such-engine failed. It could not be loaded."),
    ],
)
def test_where_the_first_fails_the_second_makes_it_and_says_so(first: str, told: str) -> None:
    with capture_logs() as logs:
        generation = load(first, "gradient").generate(ONE, ignore)
    assert (generation.made_by, generation.warnings) == ("gradient/1.0", (told,))
    assert first in str(logs)


def test_where_all_fail_the_caller_is_told_of_each() -> None:
    with pytest.raises(EngineFailed) as failed:
        load("raises", "crashes").generate(ONE, ignore)
    assert failed.value.message == (
        "No engine of this model could make it. raises failed. The paint ran out. "
        "crashes failed. It did not say why."
    )


def test_a_chain_of_which_nothing_can_be_loaded_cannot_be_loaded() -> None:
    with pytest.raises(EngineFailed, match="No engine of unloadable > no-such-engine can be loaded"):
        load("unloadable", "no-such-engine")


def test_a_refusal_is_an_answer() -> None:
    second = Scripted()
    assert chain_of(Scripted(), second).generate(ONE, ignore).refused == (Refusal(1, "violence"),)
    assert second.asked == 0


@pytest.mark.parametrize("kind", [InterruptedError, KeyboardInterrupt, EngineFailed])
def test_whoever_gives_up_gives_up_the_whole_chain(kind: type[BaseException]) -> None:
    """Whatever it raises: it is not the engine's failure."""
    first, second = Scripted(), Scripted()

    def abandon(progress: Progress) -> None:
        raise kind("enough")

    chain = chain_of(first, second)
    for _ in range(3):
        with pytest.raises(kind, match="enough"):
            chain.generate(ONE, abandon)
    assert (first.asked, second.asked) == (3, 0)


def test_an_engine_that_fails_over_and_over_rests_and_is_tried_again() -> None:
    clock = Clock()
    first, second = Scripted(*[EngineFailed("Down.")] * 3), Scripted()
    chain = chain_of(first, second, clock=clock)
    for now, asked in ((0, 1), (1, 2), (2, 2), (60.9, 2), (61.1, 3), (62, 3), (121.2, 4), (121.3, 5)):
        clock.now = now
        warnings = chain.generate(ONE, ignore).warnings
        assert first.asked == asked, f"at {now}"
    assert warnings == ("Its own warning.",)
    assert second.asked == 6


def test_of_one_that_rests_the_caller_is_told() -> None:
    clock = Clock()
    chain = chain_of(Scripted(*[EngineFailed("Down.")] * 2), Scripted(), clock=clock)
    told = [chain.generate(ONE, ignore).warnings[-1] for _ in range(3)]
    assert told[-1] == "Another engine had to make this: engine1 failed 2 times in a row, and rests."


def test_where_all_rest_all_are_tried() -> None:
    first, second = Scripted(*[EngineFailed("Down.")] * 2), Scripted(*[EngineFailed("Down too.")] * 2)
    chain = chain_of(first, second, clock=Clock())
    for _ in range(2):
        with pytest.raises(EngineFailed):
            chain.generate(ONE, ignore)
    assert chain.generate(ONE, ignore).made_by == "scripted/1"


def test_a_request_that_an_engine_does_not_take_goes_on_and_counts_for_nothing() -> None:
    first, second = Scripted(*[Unsuited("Too long.")] * 4), Scripted()
    chain = chain_of(first, second, clock=Clock())
    for _ in range(4):
        assert "Too long." in chain.generate(ONE, ignore).warnings[-1]
    assert first.asked == 4


def test_a_chain_is_an_engine_and_closes_what_it_has_once() -> None:
    engine = Scripted()
    shared = Guarded("scripted", engine, Breaker())
    chains = Chain([shared]), Chain([shared])
    assert isinstance(chains[0], Engine)
    for chain in chains:
        chain.close()
    assert engine.closed == 1


def test_one_engine_of_several_chains_and_models_is_loaded_once(tmp_path: Path) -> None:
    models = {
        "google/imagen4": ModelChoice.model_validate({"engines": ["raises", "gradient"]}),
        "google/imagen3": ModelChoice.model_validate({"engines": ["gradient", "raises"], "pool": "own"}),
    }
    workplace = Workplace.open(settings_of(tmp_path, "", "gradient", models=models))
    engines = load_engines(workplace.runtime)
    workplace.runtime.close()
    assert set(engines) == {"gradient", "raises > gradient", "own"}
    plain, chain, other = engines["gradient"], engines["raises > gradient"], engines["own"]
    assert isinstance(chain, Chain)
    assert isinstance(other, Chain)
    assert chain._engines[1] is other._engines[0] is plain
    for engine in engines.values():
        engine.close()


def test_the_doctor_names_the_engines_of_a_chain_that_cannot_be_loaded(tmp_path: Path) -> None:
    choice = ModelChoice.model_validate({"engines": ["unloadable", "gradient", "no-such-engine"]})
    workplace = Workplace.open(settings_of(tmp_path, "", "gradient", models={"google/imagen4": choice}))
    (ailment,) = check_engines(workplace.runtime).ailments
    workplace.runtime.close()
    assert ailment.text == (
        "cannot be loaded here: The weights are not where they should be. "
        "There is no engine named 'no-such-engine' installed."
    )


def test_an_engine_without_its_package_says_which_extra_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openai").mkdir()
    (tmp_path / "openai" / "__init__.py").write_text("raise ModuleNotFoundError('no', name='openai')")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "openai"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "limner.engines.openai", raising=False)
    with pytest.raises(EngineFailed) as failed:
        load_engine("openai", {"model": "m"})
    assert failed.value.message == (
        "The engine 'openai' needs the package openai, which is not installed: pip install 'limner[openai]'."
    )


def test_chains_are_read_from_the_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "limner.toml").write_text(
        '[models."google/imagen4"]\n'
        'engines = ["nano", { engine = "gemini", options = { model = "x" }, max_failures = 5 }]\n'
        '[models."google/imagen3"]\nengines = ["nano"]\npool = "mine"\n'
    )
    monkeypatch.setenv("LIMNER_CONFIG", str(tmp_path / "limner.toml"))
    catalog = catalog_of(read_settings())
    chosen = catalog.find("google/imagen4").engine
    assert chosen.chain == (EngineChoice(), EngineChoice("gemini", (("model", "x"),), max_failures=5))
    assert (chosen.name, chosen.pool) == ("nano > gemini", "nano > gemini:model=x")
    assert catalog.find("google/imagen3").engine.pool == "mine"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('engine = "nano"\nengines = ["nano"]', "engines stands alone"),
        ('weights = "x"\nengines = ["nano"]', "engines stands alone"),
        ("engines = [{ weights = 'x' }]", "engines.0.engine: Field required"),
        ("engines = [3]", "engines.0"),
        ("engines = []", "engine: Field required"),
        ('engines = [{ engine = "nano", max_failures = 0 }]', "engines.0.max_failures"),
    ],
)
def test_a_wrong_chain_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "limner.toml").write_text(f'[models."google/imagen4"]\n{text}\n')
    monkeypatch.setenv("LIMNER_CONFIG", str(tmp_path / "limner.toml"))
    with pytest.raises(BadSettings) as refused:
        read_settings()
    assert complaint in refused.value.message
    assert "\n" not in refused.value.message
