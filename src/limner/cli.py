"""The command line: parses, calls, prints. Whatever goes wrong is one line on stderr and a non-zero exit.

Knows Settings, which each command reads once; the work is done elsewhere.
"""

import json
import os
import signal
import sys
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from limner.administration import account_app, key_app, sign_in_link
from limner.api.app import create_app, let_go, say_that_it_stops
from limner.api.server import Ending, is_loopback, listen, origin_of, run_server
from limner.collection import models_app
from limner.doctor.examination import examine
from limner.doctor.finding import State
from limner.errors import BadSettings, LimnerError, NotFound
from limner.generate.commission import Maker
from limner.generate.here import Here
from limner.generate.order import Order, carry_out, check_order
from limner.generate.there import There
from limner.predictions.recognition import recognize
from limner.provenance.verifying import Standing
from limner.runtime import (
    DEFAULT_ACCOUNT,
    Runtime,
    build_runtime,
    catalog_of,
    ensure_default_account,
    load_imprint_of,
    load_safety_of,
    load_verifier_of,
    migrate,
    require_models,
)
from limner.settings import Settings, read_settings
from limner.supervisor import STOP_SECONDS, Crew, Supervisor
from limner.telemetry.logs import configure_logging
from limner.telemetry.tracing import start_tracing
from limner.workflows import run_worker

DEFAULT_ORIGIN = "http://127.0.0.1:8000"
EXIT_CODES = {
    Standing.TRUSTED: 0,
    Standing.UNTRUSTED: 3,
    Standing.TAMPERED: 4,
    Standing.INVALID: 5,
    Standing.UNSIGNED: 6,
}
"""Of ``limner verify``."""

WORKER_COMMAND = (sys.executable, "-m", "limner.cli", "worker")

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="A self-hosted Imagen 4.")
app.add_typer(account_app, name="account")
app.add_typer(key_app, name="key")
app.add_typer(models_app, name="models")


def main() -> None:
    try:
        app()
    except LimnerError as error:
        _give_up(error.message)
    except OSError as error:
        _give_up(f"{error.filename}: {error.strerror}" if error.filename else str(error))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8000,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Serve the API alone.")] = False,
    preset: Annotated[str | None, typer.Option(help="A named choice of engines for the models.")] = None,
) -> None:
    """Serve the API, with one worker beside it."""
    settings = read_settings(**({} if preset is None else {"preset": preset}))
    _configure(settings, "api")
    _stop_on_signals()
    with closing(listen(host, port)) as listener:
        public_url = settings.public_url or origin_of(listener)
        with _runtime(read_settings(public_url=public_url, preset=settings.preset)) as runtime:
            migrate(runtime)
            runtime.storage.check()
            key = ensure_default_account(runtime, datetime.now(UTC))
            with nullcontext() if no_worker else _worker_beside(public_url, settings.preset):
                _announce(origin_of(listener), key)
                if is_loopback(host) or sys.stdout.isatty():  # else the link would lie in a log
                    _invite(runtime)
                api = create_app(runtime)
                ending = Ending(partial(let_go, api), partial(say_that_it_stops, api), settings.drain_seconds)
                run_server(api, listener, ending)


@app.command()
def worker(
    models: Annotated[
        str | None, typer.Option(help="The models to serve, comma-separated; by default all of them.")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=256, help="Pictures at once, each in a process of its own.")
    ] = None,
    parent_pid: Annotated[int | None, typer.Option(hidden=True, envvar="LIMNER_PARENT_PID")] = None,
) -> None:
    """Make pictures for a server on this or another host, until stopped."""
    asked = {"worker_models": models, "worker_concurrency": concurrency}
    settings = read_settings(**{name: value for name, value in asked.items() if value is not None})
    _configure(settings, "worker")
    with _runtime(settings) as runtime:
        migrate(runtime)
        runtime.storage.check()
        require_models(runtime)
        if settings.worker_concurrency == 1:
            raise typer.Exit(run_worker(runtime, parent_pid))
    own = {"MODELS": settings.worker_models, "CONCURRENCY": "1"}
    environment = os.environ | {f"LIMNER_WORKER_{name}": value for name, value in own.items()}
    environment["LIMNER_PARENT_PID"] = str(os.getpid())
    count, stop_seconds = settings.worker_concurrency, settings.grace_seconds + STOP_SECONDS
    Crew(WORKER_COMMAND, environment, count, stop_seconds).run(parent_pid)


@app.command()
def generate(
    prompt: Annotated[
        str | None, typer.Argument(help="What the picture shows; - reads prompts from stdin, one a line.")
    ] = None,
    model: Annotated[str, typer.Option("-m", "--model", help="The model to ask.")] = "google/imagen4",
    num_images: Annotated[int, typer.Option("-n", "--num-images", help="How many pictures, 1 to 4.")] = 1,
    aspect_ratio: Annotated[str | None, typer.Option(help="1:1, 16:9, 9:16, 4:3 or 3:4.")] = None,
    resolution: Annotated[str | None, typer.Option(help="1k or 2k.")] = None,
    negative_prompt: Annotated[str | None, typer.Option(help="What it should not show.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same picture.")] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder for the pictures.")] = Path(),
    batch: Annotated[
        Path | None, typer.Option(help="A file of prompts, a line each, or JSON objects with inputs.")
    ] = None,
    server: Annotated[str | None, typer.Option(help="Ask this server, with the key LIMNER_API_KEY.")] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open what was made.")] = False,
    no_show: Annotated[bool, typer.Option("--no-show", help="Show no picture in the terminal.")] = False,
) -> None:
    """Make pictures, here or on a server, and print where they lie."""
    settings = read_settings()
    _configure(settings, "generate")
    inputs = {
        "num_images": num_images,
        "aspect_ratio": aspect_ratio,
        "resolution": resolution,
        "negative_prompt": negative_prompt,
        "seed": seed,
    }
    order = Order(model, inputs, out, prompt, batch, is_shown=not no_show, is_opened=open_it)
    check_order(order)
    with closing(_maker(settings, server)) as maker:
        code = carry_out(order, maker)
    if code:
        raise typer.Exit(code)


@app.command(name="sign-in")
def sign_in(
    account: Annotated[str, typer.Option(help="The name of the account.")] = DEFAULT_ACCOUNT,
    origin: Annotated[
        str | None, typer.Option(help="Where the pages are; by default LIMNER_PUBLIC_URL, or port 8000 here.")
    ] = None,
) -> None:
    """Print a link that opens the pages signed in: it works once, within a quarter of an hour."""
    with _runtime(read_settings()) as runtime:
        migrate(runtime)
        typer.echo(sign_in_link(runtime, account, origin or runtime.public_url or DEFAULT_ORIGIN))


@app.command(name="migrate")
def migrate_database() -> None:
    """Bring the database up to this version."""
    with _runtime(read_settings()) as runtime:
        migrate(runtime)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A PNG, JPEG or WebP file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say where a picture comes from, and whether that can be believed. Exit code: 0 trusted, 3 untrusted,
    4 tampered, 5 invalid, 6 unsigned; 1 when it cannot be told."""
    settings = read_settings()
    _configure(settings, "verify")
    with _runtime(settings) as runtime, file.open("rb") as picture:
        migrate(runtime)
        verifier = load_verifier_of(settings, runtime.database)
        found = recognize(picture, verifier, runtime.database)
    if as_json:
        typer.echo(json.dumps(found.view(), indent=2))
    else:
        typer.echo("\n".join(f"{name:14} {text}" for name, text in found.lines()))
    if code := EXIT_CODES[found.verdict.standing]:
        raise typer.Exit(code)


@app.command()
def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Repair what can be repaired safely.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check a live installation: what can be reached, whether the books balance, what is stuck or missing."""
    settings = read_settings()
    _configure(settings, "doctor")
    with _runtime(settings) as runtime:
        findings = []
        for finding in examine(runtime, may_fix=fix):
            findings.append(finding)
            if not as_json:
                about = f"{finding.subject}: " if finding.subject else ""
                typer.echo(f"{finding.state:8} {finding.check:12} {about}{finding.text}")
    is_well = all(finding.state != State.PROBLEM for finding in findings)
    if as_json:
        typer.echo(
            json.dumps({"ok": is_well, "findings": [asdict(finding) for finding in findings]}, indent=2)
        )
    if not is_well:
        raise typer.Exit(1)


def _worker_beside(public_url: str, preset: str) -> AbstractContextManager[object]:
    inherited = dict(os.environ)
    own = {
        "LIMNER_PUBLIC_URL": public_url,
        "LIMNER_PRESET": preset,
        "LIMNER_PARENT_PID": str(os.getpid()),
    }
    return Supervisor(WORKER_COMMAND, inherited | own).running()


def _announce(origin: str, key: str | None) -> None:
    typer.echo(f"Limner listens on {origin} (documentation: {origin}/docs)")
    if key is not None:
        typer.echo(f"The key of the account default, shown this once: {key}")
    else:
        typer.echo('The account default has a key; "limner key create --account default" makes another.')
    sys.stdout.flush()


def _invite(runtime: Runtime) -> None:
    with suppress(NotFound):  # an account without a key: its owner wants nobody in
        link = sign_in_link(runtime, DEFAULT_ACCOUNT, runtime.public_url)
        typer.echo(f"Open this once, within a quarter of an hour, to be signed in: {link}")
        sys.stdout.flush()


def _stop_on_signals() -> None:
    """Signals end the process by unwinding it, so that the worker is stopped and the database closed."""

    def stop(_signal: int, _frame: object) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _runtime(settings: Settings) -> AbstractContextManager[Runtime]:
    return closing(build_runtime(settings))


def _own_key(settings: Settings) -> str:
    if settings.api_key is None:
        raise BadSettings("LIMNER_API_KEY must hold the key for the server")
    return settings.api_key.get_secret_value()


def _maker(settings: Settings, server: str | None) -> Maker:
    if server is None:
        imprint = load_imprint_of(settings, datetime.now(UTC))
        return Here(catalog_of(settings), load_safety_of(settings), imprint)
    return There(server, _own_key(settings))


def _configure(settings: Settings, process: str) -> None:
    """What of this process can be seen from outside: its log and its traces. Raises BadSettings."""
    configure_logging(settings.log_level, settings.log_format == "json")
    start_tracing(os.environ, f"limner-{process}")


def _give_up(message: str) -> NoReturn:
    typer.echo(f"limner: {' '.join(message.split())}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
