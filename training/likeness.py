"""Whether a thing stands in two pictures in the same way: as large, and facing the same side.

The outlines about its centre in one picture are laid over those in the other, as they are, mirrored,
larger and smaller. Alike is what fits best as it is.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Array = NDArray[np.float32]
REACH = 40  # base pixels about the centre
SCALES = (0.7, 1.4)
SLACK = 0.02  # a thing that is its own mirror image fits as well mirrored


def is_alike(a: Picture, at: tuple[float, float], b: Picture, there: tuple[float, float]) -> bool:
    """Of two pictures at the base size, and the centre (x, y) of the thing in each."""
    first, second = outlines_about(a, at), outlines_about(b, there)
    as_is = fit(first, second)
    otherwise = [fit(first, second[:, ::-1]), *(fit(first, scaled(second, scale)) for scale in SCALES)]
    return bool(as_is >= max(otherwise) - SLACK)


def outlines_about(picture: Picture, at: tuple[float, float]) -> Array:
    """(2 REACH, 2 REACH): how fast the colours change, softened, weighed less towards the rim."""
    soft = cv2.GaussianBlur(picture.astype(np.float32) / np.float32(255), (0, 0), 1)
    dx, dy = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    steep = cv2.GaussianBlur(np.sqrt((dx * dx + dy * dy).max(-1)), (0, 0), 1.5)
    padded = cv2.copyMakeBorder(steep, REACH, REACH, REACH, REACH, cv2.BORDER_REPLICATE)
    x, y = round(at[0]), round(at[1])
    return np.asarray(padded[y : y + 2 * REACH, x : x + 2 * REACH], np.float32)


def scaled(outlines: Array, scale: float) -> Array:
    matrix = np.array([[scale, 0, REACH * (1 - scale)], [0, scale, REACH * (1 - scale)]], np.float32)
    size = (2 * REACH, 2 * REACH)
    return np.asarray(cv2.warpAffine(outlines, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.float32)


def fit(a: Array, b: Array) -> float:
    """Correlation of two windows, their middles weighed most."""
    ys, xs = np.mgrid[-1 : 1 : 2j * REACH, -1 : 1 : 2j * REACH]
    weight = np.exp(-2 * (xs * xs + ys * ys))
    a, b = a - np.average(a, weights=weight), b - np.average(b, weights=weight)
    power = float((weight * a * a).sum() * (weight * b * b).sum())
    return float((weight * a * b).sum()) / math.sqrt(max(power, 1e-12))
