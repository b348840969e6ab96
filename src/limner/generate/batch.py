"""A file of prompts, and how far it is: what was made is noted beside the pictures, so that the same command
goes on where it was broken off, and pays for nothing twice.
"""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limner.errors import InvalidInput
from limner.inputs import FIELDS, Json

JOURNAL = ".limner-batch.jsonl"
UNSUITABLE = frozenset({"enable_base64_output", "enable_sync_mode", "output_format"})
KNOWN = (frozenset(FIELDS) - UNSUITABLE) | {"model"}


@dataclass(frozen=True, slots=True)
class Item:
    """One line: ``number`` counts from 1; ``mark`` is the same for the same content, wherever it stands."""

    number: int
    model_id: str
    inputs: Mapping[str, Json]
    mark: str

    @property
    def prompt(self) -> str:
        return str(self.inputs["prompt"])


def read_items(lines: Iterable[str], source: str, model_id: str, defaults: Mapping[str, Json]) -> list[Item]:
    """A line is a prompt, or a JSON object with a prompt and whatever differs from ``defaults``; blank lines
    and those that begin with # are passed over. Raises InvalidInput that names the line."""
    items: list[Item] = []
    seen: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        inputs = {**defaults, **_parse(text, f"{source}, line {number}")}
        model = str(inputs.pop("model", None) or model_id)
        content = _sha256(json.dumps([model, inputs], sort_keys=True))
        seen[content] += 1
        items.append(Item(len(items) + 1, model, inputs, _sha256(f"{content} {seen[content]}")))
    if not items:
        raise InvalidInput(f"{source} holds no prompt")
    return items


class Journal:
    """What became of the items, a line each, in the folder of the pictures."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL
        self._made: dict[str, list[str]] = {}
        self._failures: Counter[str] = Counter()
        self._run = ""
        for record in self._records():
            self._take(record)
        if not self._run:
            self._run = secrets.token_hex(8)
            self._append({"run": self._run})

    def made(self, item: Item) -> list[Path] | None:
        """Its files, if all of them are still there."""
        names = self._made.get(item.mark)
        paths = [self._path.parent / name for name in names or ()]
        return paths if names is not None and all(path.is_file() for path in paths) else None

    def key_of(self, item: Item) -> str:
        """To ask a server with: the same until it has failed, or its files are gone, so that what was asked
        for before the command was broken off is not made again."""
        return f"batch-{self._run}-{item.mark[:32]}-{self._failures[item.mark]}"

    def note_made(self, item: Item, paths: Iterable[Path]) -> None:
        self._note({"item": item.mark, "made": [path.name for path in paths]})

    def note_failed(self, item: Item, message: str) -> None:
        self._note({"item": item.mark, "failed": message})

    def _note(self, record: dict[str, Any]) -> None:
        self._append(record)
        self._take(record)

    def _take(self, record: dict[str, Any]) -> None:
        self._run = record.get("run", self._run)
        if "made" in record:
            self._made[record["item"]] = record["made"]
        if "item" in record:  # either way, the next time is another
            self._failures[record["item"]] += 1

    def _records(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        return [record for line in self._path.read_text().splitlines() if (record := _record(line))]

    def _append(self, record: dict[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            # A line that was cut off in the middle must not spoil this one.
            file.write(json.dumps(record) if file.tell() == 0 else f"\n{json.dumps(record)}")


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None  # cut off when the command was killed
    return record if isinstance(record, dict) else None


def _parse(text: str, place: str) -> dict[str, Json]:
    if not text.startswith("{"):
        return {"prompt": text}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"{place}: not valid JSON: {error}") from error
    if not isinstance(given.get("prompt"), str) or not given["prompt"].strip():
        raise InvalidInput(f'{place}: field "prompt": is required and must not be empty')
    for name in given:
        if name not in KNOWN:
            raise InvalidInput(f'{place}: there is no input "{name}"; known are: {", ".join(sorted(KNOWN))}')
    return dict(given)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
