"""The command `limner models`: what a preset uses, fetching it beforehand, and a sheet of what it makes."""

import importlib
import shutil
from contextlib import closing
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from limner.errors import BadSettings
from limner.generate.here import Here
from limner.generate.order import Order, carry_out
from limner.open_weights import KNOWN
from limner.presets import NAMES, choices_of, weights_of
from limner.runtime import catalog_of, load_imprint_of, load_safety_of
from limner.settings import Settings, read_settings
from limner.telemetry.logs import configure_logging

FETCHING = "limner.engines.diffusers.fetching"  # needs the extra gpu, and imports no torch
LEVELS = {"fast": "google/imagen4-fast", "standard": "google/imagen4", "ultra": "google/imagen4-ultra"}

models_app = typer.Typer(no_args_is_help=True, help="The open weights behind the models.")


@models_app.command(name="list")
def list_models() -> None:
    """Name the presets with their weights, and the weights that are known with their licences."""
    for name in NAMES:
        choices = choices_of(name)
        for level, model_id in LEVELS.items():
            weights = dict(choices[model_id].options)["weights"] if choices else "the built-in model"
            typer.echo(f"{name:8} {level:10} {weights}")
    typer.echo("")
    for known in KNOWN.values():
        typer.echo(f"{known.name:42} {known.licence:22} commercial use: {known.commercial}")


@models_app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A preset, or weights by their name on the hub.")],
    revision: Annotated[str | None, typer.Option(help="Of the weights, on the hub.")] = None,
) -> None:
    """Fetch what is needed, with a bar, and print where it lies. What is here already stays as it is."""
    try:
        fetching = importlib.import_module(FETCHING)
    except ImportError as error:
        raise BadSettings("fetching weights needs the extra gpu: pip install 'limner[gpu]'") from error
    _log_to_stderr(read_settings())
    for weights in weights_of(name) if name in NAMES else [name]:
        if known := KNOWN.get(weights):
            typer.echo(known.terms, err=True)
        typer.echo(fetching.locate(weights, revision).folder)


@models_app.command()
def sheet(
    preset: Annotated[str, typer.Argument(help="The preset whose models make the pictures.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder for the pictures.")] = Path("sheet"),
    level: Annotated[str, typer.Option(help="fast, standard or ultra.")] = "standard",
    prompts: Annotated[Path | None, typer.Option(help="A file of prompts in place of our own.")] = None,
    seed: Annotated[int, typer.Option(help="Of every picture.")] = 1,
) -> None:
    """Make a picture of each of our prompts (details, letters, styles, long ones), and a contact sheet.
    Models that limner.toml maps to engines stay mapped so."""
    if level not in LEVELS:
        raise BadSettings(f'there is no level "{level}"; known are: {", ".join(LEVELS)}')
    out.mkdir(parents=True, exist_ok=True)
    listed = prompts or out / "prompts.txt"
    if prompts is None:
        with resources.as_file(resources.files("limner.generate") / "showcase.txt") as own:
            shutil.copyfile(own, listed)
    order = Order(LEVELS[level], {"seed": seed}, out, None, listed, is_shown=False, is_opened=False)
    settings = read_settings(preset=preset)
    _log_to_stderr(settings)
    imprint = load_imprint_of(settings, datetime.now(UTC))
    with closing(Here(catalog_of(settings), load_safety_of(settings), imprint)) as maker:
        if code := carry_out(order, maker):
            raise typer.Exit(code)


def _log_to_stderr(settings: Settings) -> None:
    configure_logging(settings.log_level, settings.log_format == "json")
