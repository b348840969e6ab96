"""What a level of effort is worth: how much of a render's fine contrast is in the picture of the same scene.

``python -m training.detail`` has the shipped networks paint scenes of which everything is known, at each
effort, renders the same scenes, and prints a table in Markdown. Contrast is taken apart into octaves, from
details two pixels wide to those of sixty-four: what is painted in too few steps is soft, and lacks the finest
most. Whether the right things are there is not seen here (training/evaluate.py).
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from limner.nano.weights import BUILT_IN, Weights
from training.cases import EFFORTS, interval
from training.edges import SIZES, painted, rendered, scenes_of, steps_of
from training.scenes import Scene
from training.sprites import Sprites, fetch

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]  # (h, w, 3)
OCTAVES = tuple(2**k for k in range(1, 7))  # pixels: the width of the details in each
LEAST = 1e-9  # variance of lightness that is taken for none


def contrasts(picture: Picture) -> Array:
    """(6,): of each octave, the binary logarithm of how far lightness strays there, root mean square."""
    level = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    found = []
    for _ in OCTAVES:
        h, w = level.shape
        half = cv2.resize(level, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
        rest = level - cv2.resize(half, (w, h), interpolation=cv2.INTER_CUBIC)
        found.append(np.log2(np.square(rest).mean() + LEAST) / 2)
        level = half.astype(np.float32)
    return np.array(found)


def lacking(weights: Weights, scenes: Sequence[Scene], sprites: Sprites) -> dict[str, Array]:
    """By effort (scenes, 6): the contrasts of the model's pictures less those of the renders."""
    found: dict[str, list[Array]] = {name: [] for name in EFFORTS}
    for seed, scene in enumerate(scenes):
        exact = contrasts(rendered(scene, sprites, SIZES["1k"]))
        for name in EFFORTS:
            found[name].append(contrasts(painted(weights, scene, seed, steps_of(name), False)) - exact)
    return {name: np.stack(each) for name, each in found.items()}


def off(lack: Array) -> Array:
    """(scenes, 6) -> (scenes,): by how many factors of two the contrast is off the render's, on average."""
    return np.asarray(np.abs(lack).mean(1))


def rows(found: Mapping[str, Array]) -> list[str]:
    """A row an effort: the share of the render's contrast in each octave, how far off, and against the
    effort before it, in how many of the scenes it is nearer."""
    lines, before = [], None
    for name, lack in found.items():
        strays = off(lack)
        margin = 1.96 * strays.std(ddof=1) / np.sqrt(len(strays))
        nearer = "" if before is None else interval(int((strays < before).sum()), len(strays))
        shares = " | ".join(f"{share:.2f}" for share in np.exp2(lack.mean(0)))
        lines.append(f"| {name} | {shares} | **{strays.mean():.3f}** ± {margin:.3f} | {nearer} |")
        before = strays
    return lines


def heading() -> str:
    columns = [
        "effort",
        *(f"{octave} px" for octave in OCTAVES),
        "off, factors of two",
        "nearer than the one before",
    ]
    return f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--folder", type=Path, default=Path("runs/first"), help="where the drawings are")
    add("--weights", type=Path, default=BUILT_IN, help="exported weights; the shipped ones if unset")
    add("--count", type=int, default=200, help="scenes")
    add("--seed", type=int, default=2028, help="of the scenes")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    sprites = Sprites(fetch(args.folder / "drawings"))
    scenes = scenes_of(sprites, args.count, args.seed)
    print(heading())
    print("\n".join(rows(lacking(Weights(args.weights), scenes, sprites))), flush=True)


if __name__ == "__main__":
    main()
