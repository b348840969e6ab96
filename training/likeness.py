"""Whether a thing stands in two pictures in the same way: as large, and facing the same side.

What is about its centre in one picture is laid over that in the other, as it is, mirrored, larger and
smaller. Alike is what agrees most as it is. Colours are compared, not outlines: the thing is the same in
both, and what is around it is not, so its outlines are lost among those of the ground.
"""

from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Array = NDArray[np.float32]
REACH = 40  # base pixels about the centre
SCALES = (0.7, 1.4)
STRAYS = (-4, -2, 0, 2, 4)  # base pixels by which a centre may have been found beside itself
SAME = 0.1  # a difference of colour that a thing and itself, painted twice, may have
SLACK = 0.02  # a thing that is its own mirror image agrees as well mirrored


def is_alike(a: Picture, at: tuple[float, float], b: Picture, there: tuple[float, float]) -> bool:
    """Of two pictures at the base size, and the centre (x, y) of the thing in each."""
    first, second = about(a, at), about(b, there)
    as_is = agreement(first, second)
    otherwise = [second[:, ::-1], *(scaled(second, scale) for scale in SCALES)]
    return as_is >= max(agreement(first, other) for other in otherwise) - SLACK


def about(picture: Picture, at: tuple[float, float]) -> Array:
    """(side, side, 3): what is within REACH of the centre, and a little more, softened."""
    reach = REACH + max(STRAYS)
    soft = cv2.GaussianBlur(picture.astype(np.float32) / np.float32(255), (0, 0), 0.8)
    padded = cv2.copyMakeBorder(soft, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    x, y = round(at[0]), round(at[1])
    return np.asarray(padded[y : y + 2 * reach, x : x + 2 * reach], np.float32)


def scaled(window: Array, scale: float) -> Array:
    side = window.shape[0]
    shift = side / 2 * (1 - scale)
    matrix = np.array([[scale, 0, shift], [0, scale, shift]], np.float32)
    return np.asarray(
        cv2.warpAffine(window, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def agreement(a: Array, b: Array) -> float:
    """Share of the pixels that have the same colour, the middle weighed most, where the two agree best."""
    ys, xs = np.mgrid[-1 : 1 : 2j * REACH, -1 : 1 : 2j * REACH]
    weight = np.exp(-2 * (xs * xs + ys * ys))
    weight /= weight.sum()
    inner, margin = a[max(STRAYS) : -max(STRAYS), max(STRAYS) : -max(STRAYS)], max(STRAYS)
    shares = []
    for down, across in product(STRAYS, STRAYS):
        rows, columns = (slice(margin + shift, margin + shift + 2 * REACH) for shift in (down, across))
        apart = np.abs(inner - b[rows, columns]).max(-1)
        shares.append(float((weight * np.exp(-((apart / SAME) ** 2))).sum()))
    return max(shares)
