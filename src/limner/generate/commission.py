"""What is to be made, where it is put, and whom to tell meanwhile. Knows no engine and no server."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from limner.inputs import Json

MAX_NAME_LETTERS = 60

OnProgress = Callable[[str, int, int], None]
"""Called with what is being done, the step, and the number of steps (0 when not known)."""


@dataclass(frozen=True, slots=True)
class Commission:
    """``key`` makes asking for it again harmless, on a server; None: it is never asked for again."""

    model_id: str
    inputs: Mapping[str, Json]  # as the API takes them; None where nothing was said
    folder: Path
    on_progress: OnProgress
    on_warning: Callable[[str], None]
    prefix: str = ""
    key: str | None = None

    def open_folder(self) -> None:
        """Before anything is made, or paid for: there may be no place for it. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def write(self, content: bytes, seed: int, extension: str) -> Path:
        words = "-".join(re.findall(r"\w+", str(self.inputs["prompt"]).lower()))[:MAX_NAME_LETTERS]
        path = self.folder / f"{self.prefix}{words.rstrip('-') or 'picture'}-{seed}.{extension}"
        path.write_bytes(content)
        return path


class Maker(Protocol):
    """Makes pictures, an engine of its own or a server's."""

    def make(self, commission: Commission) -> list[Path]:
        """The files, in the order of their seeds. Raises LimnerError, OSError."""

    def close(self) -> None: ...
