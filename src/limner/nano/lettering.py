"""Quoted words, set with a real font where the model made something to write on.

Letters are the one thing that is not sampled: at the base size a network cannot draw them. Where they stand
and on which colour the model says; the picture beneath shows through, so light and shade stay, and the
style's texture goes over the letters too (limner.nano.texture). Knows nothing of networks.
"""

import re
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from limner.nano.sampler import Scene
from limner.nano.texture import laid_on
from limner.nano.weights import Box, Page

FONTS = Path(__file__).parent / "fonts"
TYPEFACES = {
    "sans": "DejaVuSans-Bold.ttf", "serif": "NotoSerif-Bold.ttf", "handwritten": "Caveat-Bold.ttf",
    "comic": "ComicNeue-Bold.ttf", "typewriter": "CourierPrime-Bold.ttf",
}  # fmt: skip
ASKED = (  # what people write for a typeface; the first that is found counts
    ("sans", r"sans[- ]serif|bold|block letters"),
    ("handwritten", r"hand[- ]?written|hand[- ]?lettered|handwriting|cursive|script|calligraphy|chalk"),
    ("typewriter", r"typewriter|typewritten|monospaced?|courier"),
    ("comic", r"comic|cartoon letters"),
    ("serif", r"serif|roman letters"),
)
USUAL = {"bubble": "comic", "card": "serif", "label": "serif"}  # of what is written on
NO_CHARACTER = "\uffff"  # no font draws it: what comes out is the box for a missing letter
SMALLEST = 12  # pixels: less is no face to write on
MARGIN = 0.08  # of the face, on each side
ALONE = (0.06, 0.05, 0.94, 0.27)  # where letters stand that have no face: a title

Pixels = NDArray[np.uint8]


def typeface_for(prompt: str, face: str) -> str:
    """The typeface that a prompt asks for, outside of its quotes; else the usual one of a face."""
    said = re.sub(
        r'["\u201c\u201d\u00ab\u00bb][^"\u201c\u201d\u00ab\u00bb]*["\u201c\u201d\u00ab\u00bb]',
        " ",
        prompt.lower(),
    )
    for name, words in ASKED:
        if re.search(rf"\b(?:{words})\b", said):
            return name
    return USUAL.get(face, "sans")


def face_of(scene: Scene, page: Page) -> tuple[str, Box]:
    """What there is to write on, the frontmost, and where, as shares of the picture's width and height; the
    empty name and a title's place where there is nothing."""
    for thing, box in zip(reversed(scene.things.tolist()), scene.boxes[::-1], strict=True):
        room = page.rooms.get(page.vocabulary.things[thing])
        if room:
            x, y, half_w, half_h = (float(value) for value in box[:4])
            left, top, right, bottom = room
            across, down = scene.width, scene.height
            edges = (x + left * half_w, y + top * half_h, x + right * half_w, y + bottom * half_h)
            box_of_room = (edges[0] / across, edges[1] / down, edges[2] / across, edges[3] / down)
            return page.vocabulary.things[thing], box_of_room
    return "", ALONE


def set_letters(pixels: Pixels, face: Box, text: str, typeface: str = "sans", style: str = "plain") -> Pixels:
    """The picture with the text on the face, as large as fits; a line break in the text is kept.

    ``style`` is the picture's: it says how the letters are laid on.
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = (edge * side for edge, side in zip(face, (width, height) * 2, strict=True))
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if min(right - left, bottom - top) < SMALLEST:
        return pixels
    room = ((right - left) * (1 - 2 * MARGIN), (bottom - top) * (1 - 2 * MARGIN))
    font, written = fitting(text, room, able(typeface, text))
    x0, y0, x1, y1 = int(left), int(top), int(right), int(bottom)
    mask = Image.new("L", (x1 - x0, y1 - y0))
    middle = ((left + right) / 2 - x0, (top + bottom) / 2 - y0)
    draw = ImageDraw.Draw(mask)
    draw.multiline_text(
        middle, written, fill=255, font=font, anchor="mm", align="center", spacing=font.size * 0.2
    )
    lettered = pixels.copy()
    lettered[y0:y1, x0:x1] = laid_on(pixels[y0:y1, x0:x1], np.asarray(mask), style, width)
    return lettered


def fitting(text: str, room: tuple[float, float], typeface: str) -> tuple[ImageFont.FreeTypeFont, str]:
    """The largest setting of a text, on one line or two, that fits into (width, height) pixels."""
    settings = [text] if "\n" in text else [text, *two_lines(text)]
    best = max(((size_for(each, room, typeface), each) for each in settings), key=lambda found: found[0])
    return font_of(typeface, best[0]), best[1]


def two_lines(line: str) -> list[str]:
    words = line.split(" ")
    return [" ".join(words[:k]) + "\n" + " ".join(words[k:]) for k in range(1, len(words))]


def size_for(text: str, room: tuple[float, float], typeface: str) -> int:
    probe = 100
    draw = ImageDraw.Draw(Image.new("L", (1, 1)))
    font = font_of(typeface, probe)
    left, top, right, bottom = draw.multiline_textbbox((0, 0), text, font, anchor="mm", spacing=probe * 0.2)
    # Anchored at the middle of the line, so the larger half counts twice.
    high = 2 * max(-top, bottom, 1)
    return max(6, int(probe * min(room[0] / max(right - left, 1), room[1] / high)))


@lru_cache(maxsize=64)
def font_of(typeface: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / TYPEFACES[typeface], size)


def able(typeface: str, text: str) -> str:
    """The typeface itself, or the widest one where it lacks a letter of the text."""
    return "sans" if missing(text, typeface) else typeface


def missing(text: str, typeface: str) -> tuple[str, ...]:
    font = font_of(typeface, 24)
    nothing = bytes(font.getmask(NO_CHARACTER))
    return tuple(c for c in dict.fromkeys(text) if not c.isspace() and bytes(font.getmask(c)) == nothing)


def unwritable(text: str) -> tuple[str, ...]:
    """The characters of a text that no font has letters for, each once."""
    return missing(text, "sans")
