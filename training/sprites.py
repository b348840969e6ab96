"""The drawings of things: rasterised once, recoloured with their shading kept, placed at any scale.

The drawings come from the npm package @iconify-json/fluent-emoji (MIT); ``fetch`` asks npm for it. They are
training material only: none of them is in the wheel.
"""

import json
import subprocess
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from training.vocabulary import COLOURS, drawings_of

Array = NDArray[Any]  # float32
Sprite = NDArray[np.uint8]  # (size, size, 4): premultiplied sRGB and alpha
ALIKE = 1.25  # times as far as the nearest colour, and a drawing is still taken for it
SIZES = (512, 256, 128, 64)  # levels of the pyramid
PACKAGE = "@iconify-json/fluent-emoji"
VERSION = "1.2.7"

_PAPER = """<defs><linearGradient id="b" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#f4f1ea"/>
<stop offset="1" stop-color="#d8d2c4"/></linearGradient></defs>"""
OWN_DRAWINGS = {  # what has room for letters; the room is FACE_ROOMS
    "sign": _PAPER
    + """<rect x="14.7" y="17" width="2.6" height="14" rx=".6" fill="#7a5332"/>
<rect x="15.9" y="17" width="1.4" height="14" fill="#5d3d22"/>
<rect x="1.6" y="4" width="28.8" height="15.4" rx="1.4" fill="#6d4a2c"/>
<rect x="2.5" y="4.9" width="27" height="13.6" rx=".9" fill="url(#b)"/>""",
    "poster": _PAPER
    + """<rect x="5" y="1" width="22" height="30" rx=".5" fill="#31343b"/>
<rect x="6" y="2" width="20" height="28" fill="url(#b)"/>
<rect x="6" y="24" width="20" height="6" fill="#c9574b"/>""",
    "card": _PAPER
    + """<path d="M1 7 L31 5 L31 27 L1 27Z" fill="#b9b2a6"/>
<rect x="1" y="7" width="30" height="20" rx=".8" fill="url(#b)"/>
<rect x="2" y="8" width="28" height="18" rx=".6" fill="none" stroke="#d0606e" stroke-width=".7"/>""",
    "bubble": _PAPER
    + """<path d="M9 20 L7 29 L16 21Z" fill="#3a3a40"/>
<ellipse cx="16" cy="13" rx="15" ry="10.5" fill="#3a3a40"/>
<path d="M10 20 L8.2 26.8 L15 20.6Z" fill="url(#b)"/>
<ellipse cx="16" cy="13" rx="14.3" ry="9.8" fill="url(#b)"/>""",
    "label": _PAPER
    + """<path d="M1 16 L7 8 L30 8 Q31 8 31 9 L31 23 Q31 24 30 24 L7 24Z" fill="#8f6a3c"/>
<path d="M2.2 16 L7.5 9 L30 9 L30 23 L7.5 23Z" fill="url(#b)"/>
<circle cx="6" cy="16" r="1.3" fill="#5d4526"/>""",
}
FACE_ROOMS = {  # left, top, right, bottom in u and v of the drawn box, from -1 to 1
    "sign": (-0.90, -0.90, 0.90, 0.04),
    "poster": (-0.84, -0.88, 0.84, 0.48),
    "card": (-0.86, -0.72, 0.86, 0.84),
    "bubble": (-0.70, -0.72, 0.70, 0.34),
    "label": (-0.52, -0.78, 0.88, 0.78),
}


def fetch(folder: Path) -> Path:
    """Downloads the drawings into ``folder`` with npm, once. Returns their file.

    They are downloaded beside it and moved there whole, so that a download that was cut off, or another
    stage's that is under way, is never taken for them.
    """
    modules = folder / "node_modules"
    if not modules.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as fresh:
            command = ["npm", "install", "--no-save", "--prefix", fresh, f"{PACKAGE}@{VERSION}"]
            subprocess.run(command, check=True, capture_output=True)
            try:
                (Path(fresh) / "node_modules").rename(modules)
            except OSError:
                if not modules.exists():  # nor was another stage first
                    raise
    return modules / PACKAGE / "icons.json"


class Sprites:
    """Every drawing of every thing in every colour, made when first asked for and kept."""

    def __init__(self, icons: Path) -> None:
        self._bodies: dict[str, str] = {
            name: icon["body"] for name, icon in json.loads(icons.read_text())["icons"].items()
        }
        self.level = lru_cache(maxsize=8000)(self._level)
        self._rasterise = lru_cache(maxsize=None)(self._draw)
        self.box = lru_cache(maxsize=None)(self._find_box)
        self._body = lru_cache(maxsize=None)(self._find_body)

    def _level(self, thing: str, colour: str, size: int, drawing: int = 0) -> Sprite:
        """The sprite of (thing, colour) at one of SIZES; colour "natural" leaves it as drawn."""
        drawn = self._rasterise(thing, size, drawing)
        rgb, alpha = drawn[..., :3], drawn[..., 3:]
        if colour != "natural":
            body = cv2.resize(self._body(thing, drawing), (size, size), interpolation=cv2.INTER_AREA)
            rgb = recolour(drawn, body, COLOURS[colour])
        return (np.concatenate([rgb * alpha, alpha], -1) * 255 + 0.5).astype(np.uint8)

    def _draw(self, thing: str, size: int, drawing: int) -> Array:
        body = OWN_DRAWINGS.get(thing) or self._bodies[drawings_of(thing)[drawing]]
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="0 0 32 32" width="{size}" height="{size}">{body}</svg>'
        )
        png = np.frombuffer(resvg_py.svg_to_bytes(svg_string=svg), np.uint8)
        bgra = cv2.imdecode(png, cv2.IMREAD_UNCHANGED)
        assert bgra is not None, f"resvg drew no picture of {thing}"
        return cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA).astype(np.float32) / 255

    def _find_body(self, thing: str, drawing: int) -> Array:
        drawn = self._rasterise(thing, SIZES[0], drawing)
        return body_mask(cv2.cvtColor(np.ascontiguousarray(drawn[..., :3]), cv2.COLOR_RGB2LAB), drawn[..., 3])

    def _find_box(self, thing: str, drawing: int = 0) -> tuple[float, float, float, float]:
        """left, top, right, bottom of what is drawn, as shares of the sprite's square."""
        alpha = self._rasterise(thing, 128, drawing)[..., 3] > 0.1
        ys, xs = np.where(alpha.any(1))[0], np.where(alpha.any(0))[0]
        return xs[0] / 128, ys[0] / 128, (xs[-1] + 1) / 128, (ys[-1] + 1) / 128

    def stretch(self, thing: str, drawing: int) -> tuple[float, float]:
        """How many times as wide and as high as the thing's first drawing another is, drawn in as large a
        square."""
        first, other = self.box(thing), self.box(thing, drawing)
        before, after = ((box[2] - box[0], box[3] - box[1]) for box in (first, other))
        return after[0] / before[0], after[1] / before[1]

    def own_colours(self, thing: str, drawing: int = 0) -> list[str]:
        """The colours that a drawing is taken for as it is: those in which it looks most like itself."""
        drawn = self.level(thing, "natural", SIZES[-1], drawing).astype(np.float32)
        tinted = {name: self.level(thing, name, SIZES[-1], drawing) for name in COLOURS}
        far = {name: float(np.abs(tint - drawn).mean()) for name, tint in tinted.items()}
        nearest = min(far.values())
        return [name for name in COLOURS if far[name] <= ALIKE * nearest]


def recolour(drawn: Array, body: Array, target: tuple[int, int, int]) -> Array:
    """(size, size, 3): the body of a drawing in another colour, its shading and its other parts kept."""
    lab = cv2.cvtColor(np.ascontiguousarray(drawn[..., :3]), cv2.COLOR_RGB2LAB)
    goal = cv2.cvtColor(np.array(target, np.float32).reshape(1, 1, 3) / 255, cv2.COLOR_RGB2LAB)[0, 0]
    mean = np.average(lab[..., 0], weights=body * drawn[..., 3] + 1e-6)
    shade = lab[..., 0] - mean
    light = np.clip(goal[0] + shade * (0.45 if goal[0] > 88 or goal[0] < 25 else 0.8), 2, 99)
    fall = np.clip(1 - np.abs(light - goal[0]) / 120, 0.4, 1)
    new = np.stack([light, goal[1] * fall, goal[2] * fall], -1).astype(np.float32)
    rgb = np.clip(cv2.cvtColor(new, cv2.COLOR_LAB2RGB), 0, 1)
    out: Array = drawn[..., :3] * (1 - body[..., None]) + rgb * body[..., None]
    return out


def body_mask(lab: Array, alpha: Array) -> Array:
    """(size, size) in [0, 1]: the parts that share the drawing's main colour.

    That is the hue of the largest of five clusters (k-means in Lab).
    """
    small, cover = cv2.resize(lab, (64, 64), interpolation=cv2.INTER_AREA), cv2.resize(alpha, (64, 64))
    points = small[cover > 0.9].reshape(-1, 3).astype(np.float32)
    cv2.setRNGSeed(1)
    scaled = points * np.array([0.5, 1, 1], np.float32)
    first = np.empty((len(scaled), 1), np.int32)  # written to, never read
    _, labels, centres = cv2.kmeans(scaled, 5, first, (3, 20, 0.5), 2, cv2.KMEANS_PP_CENTERS)
    counts = np.bincount(labels.ravel(), minlength=5).astype(float)
    # Dark outlines and wheels are not the body, unless there is little else.
    counts[centres[:, 0] * 2 < 18] *= 0.3
    main = centres[int(counts.argmax())]
    chroma, vividness = np.hypot(lab[..., 1], lab[..., 2]), float(np.hypot(main[1], main[2]))
    if vividness < 16:
        dull = fall_off(chroma, 18, 8) * fall_off(np.abs(lab[..., 0] - 2 * main[0]), 24, 10)
        return np.asarray(dull, np.float32)
    hue = np.angle(np.exp(1j * (np.arctan2(lab[..., 2], lab[..., 1]) - np.arctan2(main[2], main[1]))))
    vivid = fall_off(np.abs(hue), 0.62, 0.2) * np.clip((chroma - 8) / 10, 0, 1)
    return np.asarray(vivid, np.float32)


def fall_off(x: Array, start: float, width: float) -> Array:
    """1 up to ``start``, and from there down as a Gaussian."""
    fallen: Array = np.exp(-((np.maximum(x - start, 0) / width) ** 2))
    return fallen
