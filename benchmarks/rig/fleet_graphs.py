"""Draws what came of a simulated fleet, for docs/scaling.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = ("#2f5d8a", "#c2703d", "#7a9a4f", "#8a4f7d")
SIZE = (9.0, 4.5)


def draw_fairness(sizes: Sequence[str], fair: Sequence[float], unfair: Sequence[float], folder: Path) -> None:
    figure, axes = pyplot.subplots(figsize=SIZE)
    places = range(len(sizes))
    axes.bar([place - 0.2 for place in places], fair, 0.4, label="as the queue orders them", color=COLOURS[0])
    axes.bar(
        [place + 0.2 for place in places], unfair, 0.4, label="first come first served", color=COLOURS[1]
    )
    axes.set_ylim(0, 1.2)  # with room for the legend
    axes.set_ylabel("Jain's index, 1 is fair")
    _finish(axes, sizes, "Fairness between accounts at 1.3 times what the workers can make")
    _save(figure, folder / "fleet-fairness.png")


def draw_waits(sizes: Sequence[str], lines: Mapping[str, Sequence[float]], folder: Path) -> None:
    figure, axes = pyplot.subplots(figsize=SIZE)
    for (label, seconds), colour in zip(lines.items(), COLOURS, strict=False):
        axes.plot(range(len(sizes)), [max(one, 0.01) for one in seconds], "o-", label=label, color=colour)
    axes.set_yscale("log")
    axes.set_ylabel("seconds until begun, 99 of 100")
    _finish(axes, sizes, "Waiting at 1.3 times what the workers can make")
    _save(figure, folder / "fleet-waiting.png")


def draw_database(
    fleet: Sequence[int], lines: Mapping[str, Sequence[float]], limit: float, folder: Path
) -> None:
    figure, axes = pyplot.subplots(figsize=SIZE)
    for (label, statements), colour in zip(lines.items(), COLOURS, strict=False):
        axes.plot(fleet, statements, "o-", label=label, color=colour)
    axes.axhline(limit, color="#555555", linestyle="--", label=f"{limit:,.0f}, assumed of one PostgreSQL")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("workers, always at work")
    axes.set_ylabel("statements a second")
    axes.set_title("What a fleet asks of its database")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    _save(figure, folder / "fleet-database.png")


def _finish(axes: Axes, sizes: Sequence[str], title: str) -> None:
    axes.set_xticks(range(len(sizes)), sizes, rotation=45, ha="right", fontsize=8)
    axes.set_xlabel("workers / accounts")
    axes.set_title(title)
    axes.legend(frameon=False, loc="upper right", ncols=2)
    axes.grid(axis="y", alpha=0.3)


def _save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
