"""One run of `limner generate`: takes the order, has it made, says where the pictures lie and shows them."""

import io
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from PIL import Image
from rich.console import Console

from limner.errors import InvalidInput
from limner.generate.batch import Item, read_items
from limner.generate.commission import Maker
from limner.generate.drawing import drawn
from limner.generate.run import Outlets, make_batch, make_one
from limner.generate.terminal import look_at_terminal
from limner.inputs import Json

STDIN = "-"
BROKEN_OFF = 130  # as shells have it for Ctrl-C


@dataclass(frozen=True, slots=True)
class Order:
    """Either a prompt or a file of prompts; ``inputs`` hold for all of them."""

    model_id: str
    inputs: Mapping[str, Json]
    folder: Path
    prompt: str | None
    batch: Path | None
    is_shown: bool
    is_opened: bool

    @property
    def is_batch(self) -> bool:
        return self.batch is not None or self.prompt == STDIN


def check_order(order: Order) -> None:
    """Raises InvalidInput."""
    if (order.prompt is None) == (order.batch is None):
        raise InvalidInput(
            'say what to make: limner generate "a red apple", or --batch with a file of prompts'
        )


def carry_out(order: Order, maker: Maker) -> int:
    """The exit code. Raises LimnerError, OSError."""
    outlets = Outlets(Console(stderr=True), _warn, _print)
    try:
        return _batch(order, maker, outlets) if order.is_batch else _single(order, maker, outlets)
    except KeyboardInterrupt:
        _warn("stopped; the same command goes on from there" if order.is_batch else "stopped")
        return BROKEN_OFF


def _single(order: Order, maker: Maker, outlets: Outlets) -> int:
    inputs = {"prompt": order.prompt, **order.inputs}
    pictures = make_one(maker, order.model_id, inputs, order.folder, outlets)
    _finish(order, pictures, pictures)
    return 0


def _batch(order: Order, maker: Maker, outlets: Outlets) -> int:
    outcome = make_batch(maker, _items(order), order.folder, outlets)
    for sheet in outcome.sheets:
        typer.echo(f"contact sheet: {sheet}", err=True)
    _finish(order, outcome.sheets, outcome.sheets[:1])
    if outcome.num_failed:
        _warn(f"{outcome.num_failed} of {outcome.num_items} could not be made; the same command tries again")
    return int(bool(outcome.num_failed))


def _items(order: Order) -> list[Item]:
    if order.batch is None or str(order.batch) == STDIN:
        source, content = "stdin", sys.stdin.buffer.read()
    else:
        source, content = str(order.batch), order.batch.read_bytes()
    return read_items(_lines(content, source), source, order.model_id, order.inputs)


def _lines(content: bytes, source: str) -> Iterable[str]:
    """In UTF-8 whatever the locale says, with or without a mark at the beginning."""
    try:
        return io.StringIO(content.decode("utf-8-sig"), newline=None)
    except UnicodeDecodeError as error:
        remedy = "save it as one, or convert it, such as with iconv -f latin1 -t utf-8"
        raise InvalidInput(f"{source} is not a text file in UTF-8: {remedy}") from error


def _finish(order: Order, shown: list[Path], opened: list[Path]) -> None:
    if order.is_shown and shown and sys.stdout.isatty():
        screen = look_at_terminal(os.environ)
        for path in shown:
            with Image.open(path) as picture:
                typer.echo(drawn(picture, screen), nl=False)
    if order.is_opened:
        for path in opened:
            if typer.launch(str(path)) != 0:
                _warn(f"found no program that opens {path}")


def _print(path: Path) -> None:
    typer.echo(path)


def _warn(text: str) -> None:
    # A server's words may hold what a terminal would obey.
    shown = "".join(character if character.isprintable() else "?" for character in text)
    typer.echo(f"limner: {shown}", err=True)
