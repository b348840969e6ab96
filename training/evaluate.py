"""What the exported model can do, by the judge's eye and by yours: figures and contact sheets.

``python -m training.evaluate --folder runs/first`` prints a table in Markdown, row by row; ``--only``,
``--efforts`` and ``--count`` ask for less of it. ``--sheet FILE`` draws contact sheets instead. Pictures
come from the service's own engine, of combinations that training left out. The judge and the classifier
are trained on renders only and never choose among pictures; how often they are right on exact renders
stands beside every figure, and below .97 the figure says little. What was looked at is kept in the
folder: started again, it goes on from there.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import cv2

from limner.engines.engine import Engine
from limner.engines.nano import load as load_engine
from limner.nano.weights import BUILT_IN
from training import looks
from training.cases import EFFORTS, Case, Outcomes, Task, changed, interval
from training.composing_tasks import COMPOSING
from training.contact_sheets import SHEETS, sheet
from training.finish_tasks import FINISHING
from training.looks import Album, Eyes, Look
from training.reading_back import is_able_to_read
from training.scenes import Scene
from training.sprites import Sprites, fetch
from training.stages import load
from training.wish_tasks import WISHING

TASKS = {task.name: task for task in (*COMPOSING, *FINISHING, *WISHING)}
Rows = dict[str, list[bool]]


def gathered(outcomes: Sequence[Outcomes]) -> Rows:
    rows: Rows = defaultdict(list)
    for outcome in outcomes:
        for row, is_right in outcome:
            rows[row].append(is_right)
    return rows


def exact_rows(task: Task, cases: Sequence[Case], eyes: Eyes, sprites: Sprites) -> Rows:
    """What is seen of exact renders of the same scenes."""

    def look(scene: Scene, letters: str) -> Look:
        return eyes.look(looks.exact(scene, sprites, letters, task.is_large), task.eyes)

    return gathered([case.exact(look) for case in cases if case.exact])


def asked_rows(task: Task, cases: Sequence[Case], album: Album, effort: str) -> Rows:
    steps = EFFORTS[effort].num_inference_steps
    return gathered([case.asked(lambda shot: album.look(shot, steps, task.eyes)) for case in cases])


def printed(task: Task, album: Album, eyes: Eyes, sprites: Sprites, args: argparse.Namespace) -> None:
    """A task's rows of the table."""
    cases = task.cases(sprites, args.count)
    exact = exact_rows(task, cases[: args.exact], eyes, sprites)
    asked = {effort: asked_rows(task, cases, album, effort) for effort in args.efforts}
    for row in asked[args.efforts[0]]:
        seen = (
            f"{sum(exact[row]) / len(exact[row]):.3f} of {len(exact[row])}" if row in exact else "no renders"
        )
        cells = [interval(sum(rows[row]), len(rows[row])) for rows in asked.values()]
        cells += [changed(before[row], after[row]) for before, after in pairwise(asked.values())]
        counts = "/".join(str(n) for n in dict.fromkeys(len(rows[row]) for rows in asked.values()))
        print(f"| {row} | {counts} | {seen} | {' | '.join(cells)} |", flush=True)


def eyes_in(folder: Path) -> Eyes:
    found = {name: folder / f"{name}.pt" for name in ("judge", "classifier")}
    judge, classifier = (load(path) if path.exists() else None for path in found.values())
    return Eyes(judge, classifier)


def album_of(engine: Engine, eyes: Eyes, folder: Path, weights: Path) -> Album:
    seen_by = [path for path in (folder / "judge.pt", folder / "classifier.pt") if path.exists()]
    files = [path for path in weights.iterdir() if path.suffix in (".bin", ".xml", ".json")]
    return Album(engine, eyes, folder / "looks", looks.fingerprint(files), looks.fingerprint(seen_by))


def is_possible(task: Task, eyes: Eyes) -> bool:
    """Whether everybody is there whom a task needs; says so if not."""
    have = {
        "judge.pt": "judge" not in task.eyes or eyes.judge,
        "classifier.pt": "classifier" not in task.eyes or eyes.classifier,
        "Tesseract": "reader" not in task.eyes or is_able_to_read(),
    }
    missing = [name for name, is_there in have.items() if not is_there]
    if missing:
        print(f"| {task.name}: not measured without {' and '.join(missing)} |", flush=True)
    return not missing


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/first"), help="where judge.pt and classifier.pt are"
    )
    parser.add_argument(
        "--weights", type=Path, default=BUILT_IN, help="exported weights; the shipped ones if unset"
    )
    parser.add_argument("--only", nargs="+", default=list(TASKS), choices=list(TASKS), help="tasks")
    parser.add_argument("--count", type=int, default=200, help="pictures for each task and effort")
    parser.add_argument("--exact", type=int, default=200, help="exact renders for each task")
    parser.add_argument("--efforts", nargs="+", default=list(EFFORTS), choices=list(EFFORTS))
    parser.add_argument("--sheet", type=Path, default=None, help="where to write a contact sheet")
    parser.add_argument("--of", default="held-out", choices=list(SHEETS), help="what the sheet shows")
    parser.add_argument("--prompts", type=Path, help="a file for --sheet, one prompt a line, instead of --of")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    engine = load_engine({"weights": str(args.weights)})
    sprites = Sprites(fetch(args.folder / "drawings"))
    if args.sheet:
        of: Callable[[Sprites], list[str]] = SHEETS[args.of]
        prompts = args.prompts.read_text().splitlines() if args.prompts else of(sprites)
        cv2.imwrite(str(args.sheet), cv2.cvtColor(sheet(engine, prompts), cv2.COLOR_RGB2BGR))
        return
    eyes = eyes_in(args.folder)
    album = album_of(engine, eyes, args.folder, args.weights)
    columns = [*args.efforts, *(f"{a} to {b}" for a, b in pairwise(args.efforts))]
    print(f"| task | pictures | seen in exact renders | {' | '.join(columns)} |")
    print(f"|---|---|---|{'---|' * len(columns)}", flush=True)
    for name in args.only:
        if is_possible(TASKS[name], eyes):
            printed(TASKS[name], album, eyes, sprites, args)


if __name__ == "__main__":
    main()
