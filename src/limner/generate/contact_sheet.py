"""All pictures of a batch on a page or more, small, each with the words it was made from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIDE = 240  # pixels, of a picture on the sheet
GAP = 12
CAPTION = 34
LINES = 2
MOST_LETTERS = 200  # more do not fit, and to measure them takes its time
FONT_SIZE = 13
MOST_COLUMNS = 8
MOST_ON_A_SHEET = 96
PAPER, INK = (250, 250, 248), (40, 40, 40)

Font = ImageFont.ImageFont | ImageFont.FreeTypeFont


@dataclass(frozen=True, slots=True)
class Print:
    path: Path
    caption: str


def write_sheets(prints: Sequence[Print], folder: Path) -> list[Path]:
    """contact-sheet.jpg, and with more pictures than one holds contact-sheet-2.jpg and so on."""
    sheets = []
    for number, start in enumerate(range(0, len(prints), MOST_ON_A_SHEET), 1):
        path = folder / ("contact-sheet.jpg" if number == 1 else f"contact-sheet-{number}.jpg")
        _sheet(prints[start : start + MOST_ON_A_SHEET]).save(path, "JPEG", quality=90)
        sheets.append(path)
    return sheets


def _sheet(prints: Sequence[Print]) -> Image.Image:
    columns = min(MOST_COLUMNS, math.ceil(math.sqrt(len(prints))))
    rows = math.ceil(len(prints) / columns)
    size = (GAP + columns * (SIDE + GAP), GAP + rows * (SIDE + CAPTION + GAP))
    sheet = Image.new("RGB", size, PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    for place, one in enumerate(prints):
        row, column = divmod(place, columns)
        left, top = GAP + column * (SIDE + GAP), GAP + row * (SIDE + CAPTION + GAP)
        _paste(sheet, one.path, left, top)
        text = "\n".join(_wrapped(one.caption, font))
        draw.multiline_text((left, top + SIDE + 3), text, fill=INK, font=font, spacing=1)
    return sheet


def _paste(sheet: Image.Image, path: Path, left: int, top: int) -> None:
    with Image.open(path) as picture:
        small = picture.convert("RGB")
    small.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    sheet.paste(small, (left + (SIDE - small.width) // 2, top + (SIDE - small.height) // 2))


def _wrapped(caption: str, font: Font) -> list[str]:
    """At most so many lines, each no wider than a picture; what does not fit ends in an ellipsis."""
    lines: list[str] = [""]
    for word in caption[:MOST_LETTERS].split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= SIDE or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    shown = [_cut(line, font, "") for line in lines[:LINES]]
    if len(lines) > LINES:
        shown[-1] = _cut(f"{shown[-1]} {lines[LINES]}", font, "…")
    return shown


def _cut(line: str, font: Font, ending: str) -> str:
    if font.getlength(line + ending) <= SIDE:
        return line + ending
    while line and font.getlength(line + "…") > SIDE:
        line = line[:-1]
    return line + "…"
