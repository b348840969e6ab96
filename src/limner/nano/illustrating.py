"""Sampling with weights of a user's own pictures: words to a small picture, by flow matching in pixels.

The same steps as the painter's (limner.nano.sampler), guided by the words throughout.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from limner.nano.boxes import REFINING_FROM, pixel_positions
from limner.nano.finish import noise
from limner.nano.sampler import Floats, Look, Painting, Scene, doubled, text, times
from limner.nano.weights import Array, OwnWeights

REFINING_SHARE = 8  # one step in as many


def split(steps: int) -> tuple[int, int]:
    """Of painting and of refining, where a step costs as much as four."""
    refining = max(1, steps // REFINING_SHARE)
    return max(1, steps - refining), refining


def illustrate(
    weights: OwnWeights,
    words: tuple[int, ...],
    against: tuple[int, ...],
    size: tuple[int, int],
    seed: int,
    steps: tuple[int, int],
    guidance: float,
    look: Look,
) -> Painting:
    """A picture of width x height base pixels, at twice that. ``look`` sees every step."""
    width, height = size
    read = weights.reader({"words": np.stack([text(words), text(against)])})
    fixed = read | {"guidance": np.array([guidance], np.float32)}
    painting, refining = steps
    x = noise(seed, 1, (1, 3, height, width))
    x = flowed(weights, x, fixed, times(painting, 1.5), look)
    start = REFINING_FROM
    x = (1 - start) * noise(seed, 3, (1, 3, 2 * height, 2 * width)) + start * doubled(x)
    moments = [start + (1 - start) * k / refining for k in range(refining + 1)]
    x = flowed(weights, x, fixed, pairwise(moments), look)
    return Painting(x.clip(-1, 1), np.zeros((1, 1, height // 4, width // 4), np.float32))


def flowed(
    weights: OwnWeights,
    x: Floats,
    fixed: dict[str, Array],
    moments: Iterable[tuple[float, float]],
    look: Look,
) -> Floats:
    position = pixel_positions(x.shape[3], x.shape[2])[None]
    for t, following in moments:
        told = {"noisy": x, "t": np.array([t], np.float32), "position": position}
        clean = weights.illustrator(told | fixed)["clean"]
        x = x + (following - t) / (1 - t) * (clean - x)
        look(clean)
    return x


def nothing_in(size: tuple[int, int]) -> Scene:
    """What the finisher is told where there are no objects: plain light, no style."""
    none = np.zeros(0, np.int64)
    width, height = size
    return Scene(width, height, none, none, none, np.zeros((0, 5), np.float32), 0, 0, 0, height / 2)
