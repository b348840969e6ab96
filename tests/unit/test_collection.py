"""The command `limner models`, and the presets behind it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from limner.catalog import DEFAULT_MODELS
from limner.collection import LEVELS, models_app
from limner.errors import BadSettings
from limner.open_weights import KNOWN, Commercial
from limner.presets import NAMES, choices_of, weights_of

GPU_PRESETS = [name for name in NAMES if name != "nano"]


@pytest.mark.parametrize("name", GPU_PRESETS)
def test_a_preset_maps_every_model_on_weights_whose_pictures_may_be_sold(name: str) -> None:
    assert set(choices_of(name)) == {spec.model_id for spec in DEFAULT_MODELS}
    assert {KNOWN[weights].commercial for weights in weights_of(name)} == {Commercial.YES}


def test_the_built_in_model_is_a_preset_too() -> None:
    assert choices_of("nano") == choices_of("") == {}


def test_models_of_a_preset_that_are_run_alike_share_an_engine() -> None:
    choices = choices_of("gpu-80")
    assert choices["google/imagen4"] == choices["wavespeed-ai/imagen4"]
    assert len(set(choices.values())) == len(LEVELS)


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(BadSettings, match=r'no preset "moon"; known are: nano, gpu-16, gpu-24, gpu-80'):
        choices_of("moon")


def test_the_list_says_whose_pictures_may_be_sold() -> None:
    listed = CliRunner().invoke(models_app, ["list"]).stdout.splitlines()
    assert any(line.split() == ["gpu-24", "standard", "Tongyi-MAI/Z-Image-Turbo"] for line in listed)
    (klein,) = (line for line in listed if line.startswith("black-forest-labs/FLUX.2-klein-9B "))
    assert klein.endswith("commercial use: no")


def test_a_sheet_is_made_of_every_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LIMNER_MODELS", '{"google/imagen4-fast": {"engine": "gradient"}}')
    made = CliRunner().invoke(models_app, ["sheet", "nano", "--level", "fast", "-o", str(tmp_path / "out")])
    assert made.exit_code == 0, made.output
    prompts = [line for line in (tmp_path / "out/prompts.txt").read_text().splitlines() if line[0] != "#"]
    assert len(list((tmp_path / "out").glob("*.png"))) == len(prompts)
    assert (tmp_path / "out/contact-sheet.jpg").is_file()
