"""How far it is, as bars on stderr where that is a terminal; elsewhere nothing moves, nothing is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from limner.generate.commission import OnProgress

PROMPT_LETTERS = 50


@dataclass(frozen=True, slots=True)
class Bars:
    """One for the commission in hand, and for a batch one for the whole."""

    progress: Progress
    current: TaskID
    whole: TaskID | None = None

    def tell(self, num_images: int) -> OnProgress:
        """For a commission of so many pictures."""

        def on_progress(description: str, step: int, num_steps: int) -> None:
            if num_images > 1 and num_steps:
                number = min(num_images, step * num_images // num_steps + 1)
                description = f"{description}, picture {number} of {num_images}"
            self.progress.update(
                self.current, description=description, completed=step, total=num_steps or None
            )

        return on_progress

    def begin(self, prompt: str) -> None:
        """The next of a batch."""
        short = prompt if len(prompt) <= PROMPT_LETTERS else prompt[: PROMPT_LETTERS - 1] + "…"
        assert self.whole is not None
        self.progress.update(self.whole, description=short)

    def finish(self) -> None:
        assert self.whole is not None
        self.progress.advance(self.whole)


@contextmanager
def bars(console: Console, num_items: int = 0) -> Iterator[Bars]:
    """``num_items`` of a batch."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    if num_items:
        columns = (*columns, MofNCompleteColumn())  # type: ignore[assignment]
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        whole = progress.add_task("", total=num_items) if num_items else None
        yield Bars(progress, progress.add_task("starting", total=None), whole)
