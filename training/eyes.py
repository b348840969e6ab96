"""Who looks at the model's pictures: the judge and the classifier, of a folder or of this checkout.

Training them takes hours, so those that made the figures of docs/quality.md are kept beside the code: anybody
can measure other weights with the same eyes. ``python -m training.eyes --folder runs/first`` keeps those of a
folder.
"""

import argparse
from pathlib import Path

import torch

from training.looks import Eyes
from training.stages import load

NAMES = ("judge", "classifier")
KEPT = Path(__file__).with_name("kept")


def eyes_of(folder: Path) -> dict[str, Path]:
    """The checkpoints that there are: the folder's own, or else the kept ones."""
    places = {name: [where / f"{name}.pt" for where in (folder, KEPT)] for name in NAMES}
    found = {name: next((path for path in paths if path.exists()), None) for name, paths in places.items()}
    return {name: path for name, path in found.items() if path}


def opened(paths: dict[str, Path]) -> Eyes:
    return Eyes(*(load(paths[name]) if name in paths else None for name in NAMES))


def keep(checkpoint: Path, kept: Path) -> None:
    """Writes what is needed to look: the running average, in half precision, and where it came from."""
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    average = {
        name: value.half() if value.is_floating_point() else value for name, value in saved["average"].items()
    }
    made = {name: saved[name] for name in ("stage", "shape", "words", "step", "seconds", "card")}
    kept.parent.mkdir(parents=True, exist_ok=True)
    torch.save(made | {"average": average}, kept)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/first"), help="where judge.pt and classifier.pt are"
    )
    args = parser.parse_args()
    for name in NAMES:
        keep(args.folder / f"{name}.pt", KEPT / f"{name}.pt")


if __name__ == "__main__":
    main()
