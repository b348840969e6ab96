"""Contact sheets: every picture is on one, in its place, with its words."""

from pathlib import Path

import numpy as np
from PIL import Image

from limner.generate.contact_sheet import CAPTION, GAP, INK, MOST_ON_A_SHEET, SIDE, Print, write_sheets


def prints(folder: Path, count: int, caption: str = "a colour") -> list[Print]:
    found = []
    for number in range(count):
        path = folder / f"{number}.png"
        Image.new("RGB", (64, 36), (number % 250, 80, 160)).save(path)
        found.append(Print(path, caption))
    return found


def test_every_picture_is_in_its_place(tmp_path: Path) -> None:
    (sheet,) = write_sheets(prints(tmp_path, 5), tmp_path)
    assert sheet.name == "contact-sheet.jpg"
    with Image.open(sheet) as opened:
        assert opened.size == (3 * (SIDE + GAP) + GAP, 2 * (SIDE + CAPTION + GAP) + GAP)
        for number in range(5):
            row, column = divmod(number, 3)
            at = (GAP + column * (SIDE + GAP) + SIDE // 2, GAP + row * (SIDE + CAPTION + GAP) + SIDE // 2)
            red = opened.getpixel(at)[0]  # type: ignore[index]
            assert abs(red - number) < 6


def test_more_than_one_sheet_holds_go_on_the_next(tmp_path: Path) -> None:
    sheets = write_sheets(prints(tmp_path, MOST_ON_A_SHEET + 1), tmp_path)
    assert [sheet.name for sheet in sheets] == ["contact-sheet.jpg", "contact-sheet-2.jpg"]


def test_words_of_any_length_stay_under_their_picture(tmp_path: Path) -> None:
    for caption in ("word " * 400, "x" * 4000, "", "漢字 🦊 \u202e"):
        (sheet,) = write_sheets(prints(tmp_path, 1, caption), tmp_path)
        with Image.open(sheet) as opened:
            pixels = np.asarray(opened.convert("L")).astype(int)
        dark = pixels < sum(INK) // 3 + 60
        assert not dark[:, : GAP - 2].any()
        assert not dark[:, GAP + SIDE + 2 :].any()
        assert not dark[GAP + SIDE + CAPTION + 4 :].any()
