"""Reads the letters in a picture with Tesseract (Debian's package tesseract-ocr), which knows nothing of
us.

Tesseract expects a page, and finds no line in a landscape with a sign. So rows of shapes of about one
height are looked for first, as letters are, anywhere in the picture and whatever they say; each is read
as a line.
"""

import subprocess
from dataclasses import dataclass
from shutil import which

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # (h, w, 3)
Page = NDArray[np.uint8]  # (h, w), dark letters on light ground
COMMAND = "tesseract"
ONE_LINE = "7"  # page segmentation
AROUND, DARKER = 151, 12  # pixels about a pixel, and by how much a letter is darker than they are
HEIGHTS, WIDEST = (14, 320), 420  # of letters, pixels at 1024
ALIKE = 2.4  # times as high may one letter be as its neighbour
MOST_ROWS = 6
LETTER_HEIGHT = 44  # pixels: what Tesseract reads best
WHITE = 255


@dataclass(frozen=True)
class Box:
    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def joined(self, other: "Box") -> "Box":
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def is_able_to_read() -> bool:
    return which(COMMAND) is not None


def lines_in(picture: Picture) -> tuple[str, ...]:
    """Everything that is read, with its letters as they are. Raises FileNotFoundError without Tesseract."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    pages = (grey, np.asarray(WHITE - grey, np.uint8))
    return tuple(dict.fromkeys(read([cut(page, row) for page in pages for row in rows_of_letters(page)])))


def rows_of_letters(page: Page) -> list[Box]:
    """Where shapes of about one height stand in a row, the longest rows first."""
    dark = cv2.adaptiveThreshold(
        page, WHITE, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, AROUND, DARKER
    )
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark)
    letters = [
        Box(int(x), int(y), int(x + w), int(y + h))
        for x, y, w, h, area in stats[1:]
        if HEIGHTS[0] <= h <= HEIGHTS[1] and w <= WIDEST and is_like_a_letter(w, h, area)
    ]
    rows: list[tuple[Box, Box, int]] = []  # what a row covers, its last letter, how many letters it has
    for letter in sorted(letters, key=lambda box: box.left):
        fit = next((k for k, (_, last, _) in enumerate(rows) if is_next(last, letter)), None)
        if fit is None:
            rows.append((letter, letter, 1))
        else:
            row, _, count = rows[fit]
            rows[fit] = (row.joined(letter), letter, count + 1)
    longest = sorted((row for row in rows if row[2] > 1), key=lambda row: -row[2] * row[0].height)
    return [row for row, _, _ in longest[:MOST_ROWS]]


def is_like_a_letter(width: int, height: int, area: int) -> bool:
    """Neither a scratch nor a filled box, but that an l or an I is one."""
    filled = area / (width * height)
    return filled > 0.12 and (filled < 0.95 or width < 0.4 * height)


def is_next(last: Box, letter: Box) -> bool:
    """Whether a letter may follow another one."""
    low, high = sorted((last.height, letter.height))
    overlap = min(last.bottom, letter.bottom) - max(last.top, letter.top)
    return high <= ALIKE * low and overlap > 0.5 * low and letter.left - last.right < 0.9 * high


def cut(page: Page, row: Box) -> Page:
    """A row with some of its ground, at the size that Tesseract reads best, its brightness stretched."""
    edge = round(0.35 * row.height)
    top, left = max(row.top - edge, 0), max(row.left - edge, 0)
    line = page[top : row.bottom + edge, left : row.right + edge]
    scale = LETTER_HEIGHT / row.height
    sized = cv2.resize(
        line, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    low, high = np.percentile(sized, (2, 90))
    stretched = (sized.astype(np.float32) - low) / max(float(high - low), 1) * WHITE
    framed = cv2.copyMakeBorder(stretched.clip(0, WHITE), 12, 12, 12, 12, cv2.BORDER_REPLICATE)
    return np.asarray(framed, np.uint8)


def read(lines: list[Page]) -> list[str]:
    """What each of the pages says, one line each; those that say nothing are left out."""
    if not lines:
        return []
    _, packed = cv2.imencodemulti(".tiff", lines)
    command = [COMMAND, "stdin", "stdout", "--dpi", "96", "--psm", ONE_LINE]
    done = subprocess.run(command, input=packed.tobytes(), capture_output=True, check=True)
    return [line for page in done.stdout.decode().split("\f") for line in page.split("\n") if line.strip()]


def is_among(word: str, lines: tuple[str, ...]) -> bool:
    """Whether a word was read exactly, letter by letter, on a line of its own or within one."""
    return any(word == line or word in line.split() for line in lines)
