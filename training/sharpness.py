"""How crisp a picture is: widths of its edges, halos beside them, and whether straight lines are straight.

Everything is measured across strong edges, along the way the brightness changes fastest, in steps of a
quarter of a pixel. Knows nothing of scenes and of models.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Picture = NDArray[np.uint8]  # (h, w, 3)
STEP = 0.25  # pixels between the samples of a profile
REACH = 10  # pixels to either side of an edge, in a picture of 1024 pixels; twice that in one of 2048
MOST_EDGES = 4000  # of a picture, drawn at random
STRONG = 0.2  # least contrast of an edge, of the range from black to white
FLAT = 0.02  # of the contrast, a pixel: where a profile rises no faster, the edge is over
UNEVEN = 0.04  # of the brightness beyond a halo: more, and there is no level to compare with
NEAR = 2  # pixels beyond an edge's end that a halo lies in
ROW = 1024  # places that are read at once
LONG_LINE = 90  # pixels at 1024: least length of a line that should be straight


@dataclass(frozen=True)
class Sharpness:
    """Of one picture, one value an edge or a line; lengths in pixels."""

    widths: Array  # from 10 to 90 % of the rise
    halos: Array  # how far the brightness shoots past the level beyond the edge, as a share of the contrast
    wobbles: Array  # of each straight line, by how much its edge strays from it: root mean square


def sharpness(picture: Picture, seed: int = 1) -> Sharpness:
    level = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    reach = round(REACH * max(picture.shape) / 1024)
    points, normals = steep_points(level, reach, np.random.default_rng(seed))
    widths, halos = rises(profiles(level, points, normals, reach))
    return Sharpness(widths, halos, wobbles(level, reach))


def steep_points(level: Array, reach: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """(N, 2) pixels where the slope is steepest of all along itself, and (N, 2) where it rises to."""
    soft = cv2.GaussianBlur(level, (0, 0), 1)
    dx, dy = cv2.Scharr(soft, cv2.CV_32F, 1, 0) / 32, cv2.Scharr(soft, cv2.CV_32F, 0, 1) / 32
    slope = np.hypot(dx, dy)
    ys, xs = np.nonzero(slope > STRONG / (2 * reach))
    inside = (xs >= reach) & (ys >= reach) & (xs < level.shape[1] - reach) & (ys < level.shape[0] - reach)
    ys, xs = ys[inside], xs[inside]
    normals = np.stack([dx[ys, xs], dy[ys, xs]], 1) / slope[ys, xs][:, None]
    points = np.stack([xs, ys], 1).astype(np.float32)
    ahead, behind = (read_at(slope, points + side * normals) for side in (1, -1))
    peak = np.flatnonzero((slope[ys, xs] >= ahead) & (slope[ys, xs] > behind))
    chosen = rng.choice(peak, min(MOST_EDGES, len(peak)), replace=False)
    return points[chosen], normals[chosen].astype(np.float32)


def read_at(picture: Array, points: Array) -> Array:
    """(...,) values at (..., 2) places between pixels, without the ringing of cubic interpolation."""
    flat = points.reshape(-1, 2)
    rows = -(-len(flat) // ROW)  # OpenCV takes no side of 2**15
    padded = np.zeros((rows * ROW, 2), np.float32)
    padded[: len(flat)] = flat
    x, y = (np.ascontiguousarray(padded[:, axis].reshape(rows, ROW)) for axis in (0, 1))
    read = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(read, np.float32).ravel()[: len(flat)].reshape(points.shape[:-1])


def profiles(level: Array, points: Array, normals: Array, reach: int) -> Array:
    """(N, S): brightness along each normal, from ``reach`` pixels before a point to as many behind it."""
    along = np.arange(-reach, reach + STEP, STEP, dtype=np.float32)
    return read_at(level, points[:, None, :] + along[None, :, None] * normals[:, None, :])


def rises(found: Array) -> tuple[Array, Array]:
    """Widths and halos of the profiles that are one strong edge."""
    widths, halos = [], []
    for profile in found:
        low, high = ends(profile)
        contrast = float(profile[high] - profile[low])
        if contrast < STRONG or low == 0 or high == len(profile) - 1:
            continue
        share = (profile[low : high + 1] - profile[low]) / contrast
        widths.append(float(crossing(share, 0.9) - crossing(share, 0.1)) * STEP)
        halos.append(max(overshoot(profile[high:]), overshoot(-profile[low::-1])) / contrast)
    return np.array(widths, np.float32), np.array(halos, np.float32)


def ends(profile: Array) -> tuple[int, int]:
    """Where the rise about the middle begins and where it ends."""
    middle, pixel = len(profile) // 2, round(1 / STEP)
    steps = profile[pixel:] - profile[:-pixel]
    around = float(np.ptp(profile[middle - 2 * pixel : middle + 2 * pixel + 1]))
    flat = np.flatnonzero(steps <= FLAT * max(around, STRONG)) + pixel // 2
    before, after = flat[flat < middle - 1], flat[flat > middle + 1]
    return int(before[-1]) if len(before) else 0, int(after[0]) if len(after) else len(profile) - 1


def crossing(share: Array, value: float) -> float:
    """At which index a rising row first reaches a value, between samples."""
    index = int(np.argmax(share >= value))
    if index == 0:
        return 0.0
    return index - 1 + float((value - share[index - 1]) / (share[index] - share[index - 1]))


def overshoot(beyond: Array) -> float:
    """How far the end of a rise lies above the level that follows it; 0 where none follows within reach."""
    near = round(NEAR / STEP)
    following = beyond[2 * near :]
    if len(following) < near or float(np.ptp(following)) > UNEVEN:
        return 0.0
    return max(0.0, float(beyond[:near].max() - np.median(following)))


def wobbles(level: Array, reach: int) -> Array:
    """Of long straight lines, how far their edge strays from the line through it."""
    detected = cv2.createLineSegmentDetector().detect((level * 255).astype(np.uint8))[0]
    found = cast("Array | None", detected)  # OpenCV's types do not say that there may be none
    lines = np.asarray(() if found is None else found, np.float32).reshape(-1, 4)
    strayed = []
    for x0, y0, x1, y1 in lines:
        length = float(np.hypot(x1 - x0, y1 - y0))
        if length < LONG_LINE * max(level.shape) / 1024:
            continue
        along = np.array([x1 - x0, y1 - y0], np.float32) / length
        normal = np.array([-along[1], along[0]], np.float32)
        shares = np.linspace(0.06, 0.94, int(length / 2), dtype=np.float32)[:, None]
        points = np.array([x0, y0], np.float32) + shares * length * along
        number, off = offsets(profiles(level, points, np.tile(normal, (len(points), 1)), reach // 2))
        if len(off) > 20:
            straight = np.polynomial.Polynomial.fit(number, off, 1)
            strayed.append(float(np.sqrt(np.mean((off - straight(number)) ** 2))))
    return np.array(strayed, np.float32)


def offsets(found: Array) -> tuple[Array, Array]:
    """Numbers of the profiles with a clear edge, and at which pixel each crosses its middle level."""
    numbers, where = [], []
    for number, profile in enumerate(found):
        low, high = float(profile.min()), float(profile.max())
        if high - low < STRONG / 2:
            continue
        share = (profile - low) / (high - low)
        is_rising = share[-1] > share[0]
        at = crossing(share if is_rising else share[::-1], 0.5)
        numbers.append(number)
        where.append((at if is_rising else len(share) - 1 - at) * STEP)
    return np.array(numbers, np.float32), np.array(where, np.float32)
