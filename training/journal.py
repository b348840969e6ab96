"""What a run leaves behind while it goes on: lines to read, checkpoints, sheets of samples."""

import time

from training.run import Run
from training.sheets import save_sheet
from training.stages import Material

REPORT_SECONDS = 30


class Journal:
    """Kept by the first process alone."""

    def __init__(self, run: Run, material: Material) -> None:
        self._run, self._material = run, material
        self._reported = self._saved = self._shown = time.monotonic()
        self._losses: list[float] = []

    def note(self, loss: float) -> None:
        """After every step."""
        run, args = self._run, self._run.args
        self._losses.append(loss)
        now = time.monotonic()
        if now - self._reported > REPORT_SECONDS:
            self._report(now - self._reported)
            self._reported = now
        if now - self._saved > args.save_every * 60:
            run.save()
            self._saved = now
        if args.sheet_every and now - self._shown > args.sheet_every * 60:
            save_sheet(run, self._material)
            self._shown = time.monotonic()

    def close(self) -> None:
        """At the end of a run, if it has done anything."""
        if self._losses:
            self._run.loss = sum(self._losses) / len(self._losses)
        self._run.save()
        if self._run.args.sheet_every and self._losses:
            save_sheet(self._run, self._material)

    def _report(self, seconds: float) -> None:
        run = self._run
        run.loss = round(sum(self._losses) / len(self._losses), 5)
        speed = run.args.batch * len(self._losses) / seconds
        told = f"step {run.step:6}  minute {run.seconds / 60:7.2f}  loss {run.loss:.5f}"
        print(f"{told}  {run.samples} examples, {speed:.1f} a second", flush=True)
        self._losses = []
