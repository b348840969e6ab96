"""Makes one commission, or all of a batch. What goes wrong with one of a batch is told, and the rest is made;
what would go wrong with all of them ends it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from limner.errors import EngineFailed, InvalidInput, LimnerError, NotFound
from limner.generate.batch import Item, Journal
from limner.generate.commission import Commission, Maker
from limner.generate.contact_sheet import Print, write_sheets
from limner.generate.display import Bars, bars
from limner.generate.there import Refused
from limner.inputs import Json

THIS_ONE_ALONE = (InvalidInput, EngineFailed, NotFound)
OF_THE_REQUEST = {400, 404}  # what a server refuses because of what was asked


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where to tell what: ``console`` is stderr, for bars."""

    console: Console
    on_warning: Callable[[str], None]
    on_picture: Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    num_items: int
    num_failed: int
    pictures: list[Path]
    sheets: list[Path]


def make_one(
    maker: Maker, model_id: str, inputs: dict[str, Json], folder: Path, outlets: Outlets
) -> list[Path]:
    """Raises LimnerError, OSError."""
    warnings: list[str] = []
    with bars(outlets.console) as shown:
        on_progress = shown.tell(_num_images(inputs))
        pictures = maker.make(Commission(model_id, inputs, folder, on_progress, warnings.append))
    for warning in warnings:
        outlets.on_warning(warning)
    for picture in pictures:
        outlets.on_picture(picture)
    return pictures


def make_batch(maker: Maker, items: Sequence[Item], folder: Path, outlets: Outlets) -> Outcome:
    """Those that were made before are not made again. Raises LimnerError, OSError."""
    journal = Journal(folder)
    prints: list[Print] = []
    num_failed = 0
    with bars(outlets.console, len(items)) as shown:
        for item in items:
            shown.begin(item.prompt)
            made = journal.made(item)
            if made is None:
                made = _make_item(maker, item, journal, folder, outlets, shown)
            num_failed += made is None
            for picture in made or ():
                outlets.on_picture(picture)
                prints.append(Print(picture, item.prompt))
            shown.finish()
    sheets = write_sheets(prints, folder) if prints else []
    return Outcome(len(items), num_failed, [one.path for one in prints], sheets)


def _make_item(
    maker: Maker, item: Item, journal: Journal, folder: Path, outlets: Outlets, shown: Bars
) -> list[Path] | None:
    """None when this one cannot be made."""
    commission = Commission(
        item.model_id,
        item.inputs,
        folder,
        shown.tell(_num_images(item.inputs)),
        lambda warning: outlets.on_warning(f"{item.number}: {warning}"),
        prefix=f"{item.number:03d}-",
        key=journal.key_of(item),
    )
    try:
        pictures = maker.make(commission)
    except LimnerError as error:
        if not _is_its_own(error):
            raise
        journal.note_failed(item, error.message)
        outlets.on_warning(f"{item.number}: {error.message}")
        return None
    journal.note_made(item, pictures)
    return pictures


def _is_its_own(error: LimnerError) -> bool:
    if isinstance(error, Refused):
        return error.status in OF_THE_REQUEST
    return isinstance(error, THIS_ONE_ALONE)


def _num_images(inputs: Mapping[str, Json]) -> int:
    number = inputs.get("num_images")
    return number if isinstance(number, int) else 1
