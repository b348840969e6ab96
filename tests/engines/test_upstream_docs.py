"""Every limner.toml that docs/upstreams.md shows is read, and its engines load; its tables are complete."""

import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from limner.engines import gemini, openai, wavespeed
from limner.engines.engine import Engine
from limner.engines.upstream.options import LIMITS
from limner.runtime import catalog_of, load_engine_of
from limner.settings import read_settings
from tests.rules.sources import ROOT

PAGE = (ROOT / "docs" / "upstreams.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
VARIABLES = ("OPENAI_API_KEY", "GEMINI_API_KEY", "WAVESPEED_API_KEY", "OTHER_LIMNER_KEY")


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_is_read_and_its_engines_load(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, example: str
) -> None:
    (tmp_path / "limner.toml").write_text(example)
    monkeypatch.setenv("LIMNER_CONFIG", str(tmp_path / "limner.toml"))
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "a-key")
    settings = read_settings()
    for spec in catalog_of(settings):
        if spec.model_id in settings.models:
            with closing(load_engine_of(spec)) as engine:
                assert isinstance(engine, Engine)


OPTIONS: Mapping[str, tuple[str, ...]] = {
    "## Servers that speak": openai.OPTIONS,
    "## Google's Gemini": gemini.OPTIONS,
    "## WaveSpeed": wavespeed.OPTIONS,
    "## Limits": LIMITS,
}


@pytest.mark.parametrize("heading", OPTIONS)
def test_every_option_is_documented(heading: str) -> None:
    section = PAGE.partition(heading)[2].partition("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    limits = LIMITS if heading != "## Limits" else ()
    assert sorted(documented) == sorted(set(OPTIONS[heading]) - set(limits))
