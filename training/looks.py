"""Looking at pictures: what the judge, the classifier and Tesseract see in them, once for each picture.

Pictures come from the service's own engine. They and what was seen in them are kept in a folder, so that an
evaluation which was cut off goes on, tasks that ask for the same picture share it, and another judge looks at
the same ones.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from limner.engines.engine import Engine, GenerationRequest
from limner.nano.lettering import set_letters, typeface_for
from training.classifier import Classifier, Seen, classify
from training.finishes import finished
from training.judge import Finding, Judge, find
from training.reading_back import lines_in
from training.scenes import Scene, render, whole
from training.sprites import FACE_ROOMS, Sprites
from training.views import view_of

Picture = NDArray[np.uint8]
BASE = 128  # what the judge looks at
FULL = 1024
NOTHING = Seen("", "", "")  # of a picture that the classifier has not looked at


@dataclass(frozen=True)
class Shot:
    """A picture to be made: square, at 1k."""

    prompt: str
    seed: int
    negative: str = ""


@dataclass(frozen=True)
class Look:
    """A picture at the base size, and what is seen in it; empty what nobody looked for."""

    small: Picture  # (BASE, BASE, 3)
    found: tuple[Finding, ...] = ()
    seen: Seen = NOTHING
    lines: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        return {finding.name for finding in self.found}


@dataclass(frozen=True)
class Eyes:
    """Who can look; a task says who does. Tesseract always can, where it is installed."""

    judge: Judge | None
    classifier: Classifier | None

    def look(self, picture: Picture, kinds: Iterable[str]) -> Look:
        """Of a picture of FULL pixels, or of BASE ones for the judge alone."""
        small = np.asarray(cv2.resize(picture, (BASE, BASE), interpolation=cv2.INTER_AREA), np.uint8)
        found, seen = list[Finding](), NOTHING
        if "judge" in kinds:
            assert self.judge is not None, "this task needs judge.pt"
            found = find(self.judge, small.astype(np.float32) / np.float32(255))
        if "classifier" in kinds:
            assert self.classifier is not None, "this task needs classifier.pt"
            seen = classify(self.classifier, picture)
        return Look(small, tuple(found), seen, lines_in(picture) if "reader" in kinds else ())


class Album:
    """Looks at the pictures of one set of weights, each made once for each number of steps.

    ``made_by`` and ``seen_by`` are fingerprints: of the weights, and of the judge and the classifier.
    """

    def __init__(self, engine: Engine, eyes: Eyes, folder: Path, made_by: str, seen_by: str) -> None:
        self._engine, self._eyes, self._folder = engine, eyes, folder
        self._made_by, self._seen_by = made_by, seen_by
        folder.mkdir(parents=True, exist_ok=True)

    def look(self, shot: Shot, steps: int | None, kinds: Iterable[str]) -> Look:
        path = self._path(shot, steps, self._seen_by, *sorted(kinds)).with_suffix(".json")
        if path.exists():
            return kept(path)
        looked = self._eyes.look(self.picture(shot, steps), kinds)
        keep(looked, path)
        return looked

    def picture(self, shot: Shot, steps: int | None) -> Picture:
        path = self._path(shot, steps).with_suffix(".full.png")
        if path.exists():
            return read(path)
        request = GenerationRequest(
            shot.prompt, FULL, FULL, (shot.seed,), negative_prompt=shot.negative, num_inference_steps=steps
        )
        made = self._engine.generate(request, lambda progress: None).images[0]
        write(made, path)
        return made

    def _path(self, shot: Shot, steps: int | None, *told: str) -> Path:
        said = [self._made_by, shot.prompt, shot.negative, str(shot.seed), str(steps), *told]
        return self._folder / hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]


def keep(look: Look, path: Path) -> None:
    write(look.small, path.with_suffix(".png"))
    told = {"found": [asdict(each) for each in look.found], "seen": asdict(look.seen), "lines": look.lines}
    path.write_text(json.dumps(told))


def kept(path: Path) -> Look:
    told = json.loads(path.read_text())
    found = tuple(Finding(**each) for each in told["found"])
    return Look(read(path.with_suffix(".png")), found, Seen(**told["seen"]), tuple(told["lines"]))


def write(picture: Picture, path: Path) -> None:
    """Whole, or not at all."""
    _, packed = cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(packed.tobytes())
    temporary.replace(path)


def read(path: Path) -> Picture:
    picture = cv2.imread(str(path))
    assert picture is not None, "what was written can be read"
    return np.ascontiguousarray(picture[..., ::-1], np.uint8)


def fingerprint(paths: Iterable[Path]) -> str:
    """Of what the files hold: other weights, or another judge, look anew."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def exact(scene: Scene, sprites: Sprites, letters: str = "", is_large: bool = True) -> Picture:
    """A scene as the renderer has it: at the base size, or at full size with its finish and its letters."""
    if not is_large:
        return in_bytes(render(scene, sprites, whole(scene)))
    seen, plain = view_of(scene, sprites, 0, 0, scene.width, scene.height, scene.seed)
    picture = in_bytes(finished(plain, seen, scene.light, scene.style))
    return lettered(picture, scene, letters) if letters else picture


def lettered(picture: Picture, scene: Scene, letters: str) -> Picture:
    """As the engine does it, but on the face that is known to be there."""
    thing = next(thing for thing in scene.things if thing.name in FACE_ROOMS)
    left, top, right, bottom = FACE_ROOMS[thing.name]
    x, y, half_w, half_h = thing.x, thing.y, thing.width / 2, thing.height / 2
    edges = (x + left * half_w, y + top * half_h, x + right * half_w, y + bottom * half_h)
    across, down = scene.width, scene.height
    room = (edges[0] / across, edges[1] / down, edges[2] / across, edges[3] / down)
    return set_letters(picture, room, letters, typeface_for("", thing.name))


def in_bytes(picture: NDArray[np.float32]) -> Picture:
    return np.asarray((picture * 255 + 0.5).clip(0, 255), np.uint8)
