"""What an operator can choose: one frozen Settings, read once from LIMNER_* and limner.toml.

Only cli and runtime know this class; every other module is handed the values it needs.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from limner.errors import BadSettings


def _check_key(key: SecretStr) -> SecretStr:
    text = key.get_secret_value()
    if not (16 <= len(text) <= 200 and text.isascii() and text.isprintable() and " " not in text):
        raise ValueError("must be 16 to 200 printable characters of ASCII, without spaces")
    return key


ApiKey = Annotated[SecretStr, AfterValidator(_check_key)]


class EngineEntry(BaseModel):
    """An engine of a chain: a name, or a table that says more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    weights: str = ""
    options: dict[str, str] = Field(default_factory=dict)
    max_failures: int = Field(3, ge=1)  # in a row, after which it rests
    pause_seconds: float = Field(60, gt=0)  # how long

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, given: Any) -> Any:
        return {"engine": given} if isinstance(given, str) else given


class ModelChoice(BaseModel):
    """Which engine serves a model, with which weights and which further options of that engine; or several
    that are asked in turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    weights: str = ""
    options: dict[str, str] = Field(default_factory=dict)
    engines: tuple[EngineEntry, ...] = ()
    pool: str = Field("", max_length=200)  # the queue; by default one for all models of an engine

    @model_validator(mode="before")
    @classmethod
    def _of_several(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not given.get("engines"):
            return given
        if any(given.get(name) for name in ("engine", "weights", "options")):
            raise ValueError("engines stands alone: weights and options belong into its entries")
        return given | {"engine": ""}


class ConfigFile(BaseSettings):
    """Where limner.toml is; read before everything else."""

    model_config = SettingsConfigDict(env_prefix="LIMNER_", extra="ignore")

    config: Path | None = None


class Settings(BaseSettings):
    """Each field is LIMNER_<NAME> in the environment and <name> in limner.toml; the environment wins."""

    model_config = SettingsConfigDict(env_prefix="LIMNER_", frozen=True, extra="forbid")

    config: Path | None = Field(None, description="The limner.toml to read.")
    data_dir: Path = Field(
        Path("~/.limner"), description="The folder of the embedded database, the pictures and the locks."
    )
    database_url: str = Field(
        "", description="postgresql://… or sqlite:///…; by default a file in the data folder."
    )
    storage_url: str = Field(
        "", description="file:///…, s3://…, gs://…, az://…; by default a folder in the data folder."
    )
    storage_links: Literal["proxied", "signed"] = Field(
        "proxied", description="signed: files are fetched from the bucket, by a redirect to a signed link."
    )
    storage_link_seconds: int = Field(
        3600, ge=60, le=604_800, description="How long a signed link leads anywhere."
    )
    storage_patience_seconds: float = Field(
        60, ge=0, le=3600, description="How long a picture that is made waits for a storage that fails."
    )
    api_key: ApiKey | None = Field(
        None,
        description="The key of the account `default`, 16 to 200 printable characters of ASCII, "
        "without spaces.",
    )
    public_url: str = Field(
        "", description="The origin in links; by default the address that serve listens on."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error."
    )
    log_format: Literal["console", "json"] = Field(
        "console", description="console, for people, or json: one object a line."
    )
    metrics_address: str = Field(
        "",
        description="host:port of a worker's figures; several workers of a host take the ports from there.",
    )
    preset: str = Field(
        "", description="A named choice of engines for the models: nano, gpu-16, gpu-24 or gpu-80."
    )
    models: dict[str, ModelChoice] = Field(
        default_factory=dict, description="Models mapped to other engines."
    )
    queue_limit: int = Field(
        10_000, ge=1, description="Unfinished predictions in all, before a submit gets 429."
    )
    account_queue_limit: int = Field(10_000, ge=1, description="Unfinished predictions of one account.")
    queue_wait_limit_hours: float = Field(
        6, gt=0, description="Expected waiting, from which on an account that has predictions gets 429."
    )
    retention_days: float = Field(
        7, gt=0, le=36_500, description="How long predictions, pictures and uploads are kept."
    )
    upload_quota_gib: float = Field(
        20, ge=0, description="What the files that one account has uploaded may take, in GiB."
    )
    step_timeout_seconds: float = Field(
        120, gt=0, description="An engine silent for longer is taken for hung."
    )
    grace_seconds: float = Field(
        30, ge=0, description="How long a stopping worker lets the running picture finish."
    )
    worker_models: str = Field(
        "", description="The models that a worker serves, comma-separated; by default all of them."
    )
    worker_concurrency: int = Field(
        1, ge=1, le=256, description="How many pictures a worker makes at once, each in a process of its own."
    )
    drain_seconds: float = Field(
        0, ge=0, description="How long a stopping server says so in its health before it closes its door."
    )
    heartbeat_seconds: float = Field(2, gt=0, description="How often a worker says that it lives.")
    silence_seconds: float = Field(15, gt=0, description="A worker silent for longer is taken for dead.")
    polling_seconds: float = Field(0.05, gt=0, description="How often a worker looks for work.")

    webhook_allow_private: bool = Field(
        False, description="Webhooks may go to private addresses: for development."
    )

    safety: Literal["filter", "flag", "off"] = Field(
        "filter", description="What becomes of content that a check finds: see safety.md."
    )
    safety_flag_threshold: float = Field(
        0.5, ge=0, le=1, description="A picture at least this suspicious, 0 to 1, is marked nsfw."
    )
    safety_filter_threshold: float = Field(
        0.8, ge=0, le=1, description="A prompt or a picture at least this suspicious is filtered."
    )
    safety_list: Path | None = Field(
        None, description="A file of further words and patterns for the prompt check."
    )
    provenance: Literal["on", "off"] = Field(
        "on", description="on: every picture is signed, and its file says what made it: see provenance.md."
    )
    provenance_mark: bool = Field(
        False, description="Pictures also carry an invisible mark, for when the manifest is lost."
    )
    provenance_certificates: Path | None = Field(
        None, description="Certificates to sign with, in place of our own: PEM, the authority's last."
    )
    provenance_key: Path | None = Field(None, description="The private key of the first of them: PEM.")
    provenance_trusted: Path | None = Field(
        None, description="Certificates of further authorities whose signatures count: PEM."
    )
    prompt_checks: str = Field(
        "", description="Further checks of prompts: entry points in limner.prompt_checks, comma-separated."
    )
    image_checks: str = Field(
        "", description="Checks of pictures: entry points in limner.image_checks, comma-separated."
    )

    image_classifier: str = Field(
        "", description="A classifier of pictures in ONNX: a folder, a file, or a name on the hub."
    )
    prompt_classifier: str = Field(
        "", description="A classifier of texts in ONNX, with its tokenizer: a folder, or a name on the hub."
    )
    prompt_hook: str = Field("", description="A URL that prompts are sent to, for a verdict.")
    prompt_hook_key: SecretStr | None = Field(None, description="Sent there as a Bearer token.")
    prompt_hook_seconds: float = Field(
        5, gt=0, le=60, description="How long it may take; then it has failed."
    )
    prompt_hook_fails: Literal["closed", "open"] = Field(
        "closed", description="open: where it fails, prompts are let through."
    )

    @property
    def prompt_check_names(self) -> list[str]:
        """Whoever names a classifier or a hook wants it asked."""
        own = {"classifier": self.prompt_classifier, "hook": self.prompt_hook}
        return _with_own(_names(self.prompt_checks), own)

    @property
    def image_check_names(self) -> list[str]:
        return _with_own(_names(self.image_checks), {"classifier": self.image_classifier})

    @property
    def worker_model_names(self) -> list[str]:
        return _names(self.worker_models)

    @property
    def resolved_data_dir(self) -> Path:
        return self.data_dir.expanduser().resolve()

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.resolved_data_dir / 'limner.db'}"

    @property
    def resolved_storage_url(self) -> str:
        return self.storage_url or (self.resolved_data_dir / "objects").as_uri()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        path = ConfigFile().config
        if path is None:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path)


def read_settings(**overrides: Any) -> Settings:
    """The settings of this process. Raises BadSettings, one line that names what is wrong."""
    try:
        _check_config_file(ConfigFile().config)
        return Settings(**overrides)
    except ValidationError as error:
        raise BadSettings(_first_complaint(error)) from error
    except (SettingsError, ValueError, OSError) as error:  # TOMLDecodeError is a ValueError
        raise BadSettings(f"the configuration cannot be read: {error}") from error


def _with_own(names: list[str], own: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys([*names, *(name for name, chosen in own.items() if chosen)]))


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _check_config_file(path: Path | None) -> None:
    # pydantic-settings passes over a file that is not there, and the operator would never know.
    if path is not None and not path.is_file():
        raise BadSettings(f"LIMNER_CONFIG: there is no file {path}")


def _first_complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"setting {where}: {first['msg'].removeprefix('Value error, ')}"
