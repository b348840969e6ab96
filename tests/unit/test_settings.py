"""Settings come from the environment and limner.toml, and what is wrong with them is one line."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from limner.errors import BadSettings
from limner.settings import ModelChoice, read_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_DIR", "DATABASE_URL", "STORAGE_URL", "API_KEY", "PUBLIC_URL", "LOG_LEVEL", "CONFIG"):
        monkeypatch.delenv(f"LIMNER_{name}", raising=False)


def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    (tmp_path / "limner.toml").write_text(text)
    monkeypatch.setenv("LIMNER_CONFIG", str(tmp_path / "limner.toml"))


def test_everything_lies_in_the_data_folder_by_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIMNER_DATA_DIR", str(tmp_path))
    settings = read_settings()
    assert settings.resolved_database_url == f"sqlite:///{tmp_path}/limner.db"
    assert settings.resolved_storage_url == f"file://{tmp_path}/objects"


def test_the_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configured(monkeypatch, tmp_path, 'log_level = "debug"\nqueue_limit = 5\n')
    monkeypatch.setenv("LIMNER_QUEUE_LIMIT", "7")
    settings = read_settings()
    assert (settings.log_level, settings.queue_limit) == ("debug", 7)
    assert read_settings(queue_limit=9).queue_limit == 9


def test_models_are_mapped_to_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configured(
        monkeypatch,
        tmp_path,
        '[models."google/imagen4"]\nengine = "diffusers"\nweights = "Tongyi-MAI/Z-Image-Turbo"\n',
    )
    chosen = ModelChoice(engine="diffusers", weights="Tongyi-MAI/Z-Image-Turbo")
    assert read_settings().models == {"google/imagen4": chosen}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("queue_limit = 0", "setting queue_limit: Input should be greater than or equal to 1"),
        ('colour = "red"', "setting colour: Extra inputs are not permitted"),
        ('api_key = "short"', "setting api_key"),
        ("[models.x]\nweights = 'y'", "setting models.x.engine: Field required"),
        ("this is not toml", "the configuration cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, complaint: str
) -> None:
    configured(monkeypatch, tmp_path, text)
    with pytest.raises(BadSettings) as refused:
        read_settings()
    assert refused.value.message.startswith(complaint)
    assert "\n" not in refused.value.message


def test_a_named_file_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIMNER_CONFIG", str(tmp_path / "nowhere.toml"))
    with pytest.raises(BadSettings, match="there is no file"):
        read_settings()


def test_a_complaint_never_repeats_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_API_KEY", "hunter2")
    with pytest.raises(BadSettings) as refused:
        read_settings()
    assert "hunter2" not in refused.value.message


def test_settings_do_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError):
        read_settings().queue_limit = 3  # type: ignore[misc]
