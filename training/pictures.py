"""Pictures of the user's own: found with their captions, cut to five ratios, and kept in shards.

A folder may hold any number of pictures, in folders within it too. The caption of ``cat.jpg`` is
``cat.txt`` or ``cat.caption`` beside it, or a line of a ``metadata.jsonl``: ``{"file_name": "cat.jpg",
"text": "a cat"}``. A shard holds some pictures of one ratio as plain bytes, at twice the base size, which
training maps into memory.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from training.scenes import BASE_SIZES

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"))
BESIDE = (".txt", ".caption")
SAID = ("text", "caption", "prompt")  # what a line of metadata.jsonl calls the caption
SHARD = 4096  # pictures: some 800 MB
Bytes = NDArray[np.uint8]


class NoPictures(Exception):
    """There is nothing to learn from, and why."""


@dataclass(frozen=True)
class Shard:
    """Pictures of one ratio, (N, 2h, 2w, 3), and what is said of each."""

    pixels: Bytes
    captions: tuple[str, ...]
    size: tuple[int, int]  # width and height in base pixels


@dataclass
class Found:
    """What a folder holds."""

    pairs: list[tuple[Path, str]] = field(default_factory=list)
    without_caption: int = 0

    @classmethod
    def within(cls, folder: Path) -> "Found":
        """Raises NoPictures where none has a caption."""
        found, said = cls(), dict(_metadata(folder))
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in SUFFIXES:
                continue
            caption = said.get(path) or _beside(path)
            if caption:
                found.pairs.append((path, caption))
            else:
                found.without_caption += 1
        if not found.pairs:
            why = f"{folder} has no picture with a caption ({found.without_caption} without one)."
            raise NoPictures(f"{why} Put a .txt beside each, or a metadata.jsonl with file_name and text.")
        return found


def _metadata(folder: Path) -> Iterator[tuple[Path, str]]:
    for listing in folder.rglob("metadata.jsonl"):
        for number, line in enumerate(listing.read_text("utf-8").splitlines(), 1):
            try:
                entry = json.loads(line) if line.strip() else {}
                caption = next((str(entry[name]) for name in SAID if entry.get(name)), "")
                if caption:
                    yield listing.parent / entry["file_name"], caption.strip()
            except (ValueError, KeyError, AttributeError) as error:
                raise NoPictures(f"{listing}, line {number}: {error!r}") from error


def _beside(path: Path) -> str:
    for suffix in BESIDE:
        beside = path.with_suffix(suffix)
        if beside.exists():
            return " ".join(beside.read_text("utf-8", errors="replace").split())
    return ""


def prepare(folder: Path, shards: Path) -> dict[str, Any]:
    """Writes the shards of a folder, if they are not those of what it holds now; returns what it found.

    Raises NoPictures.
    """
    found = Found.within(folder)
    newest = max(path.stat().st_mtime for path, _ in found.pairs)
    told = {"folder": str(folder.resolve()), "pictures": len(found.pairs), "newest": newest}
    index = shards / "index.json"
    if index.exists():
        known: dict[str, Any] = json.loads(index.read_text())
        if all(known.get(key) == value for key, value in told.items()):
            return known
    shards.mkdir(parents=True, exist_ok=True)
    for old in (index, *shards.glob("*.rgb"), *shards.glob("*.json")):
        old.unlink(missing_ok=True)
    unreadable = _write(found, shards)
    counts = {"without_caption": found.without_caption, "unreadable": unreadable}
    index.write_text(json.dumps(told | counts))  # last: without it, the shards are not whole
    return told | counts


def _write(found: Found, shards: Path) -> int:
    """Returns how many pictures could not be read."""
    captions: dict[str, list[str]] = {}
    counts = dict.fromkeys(BASE_SIZES, 0)
    unreadable = 0
    for path, caption in found.pairs:
        try:
            size, pixels = fitted(path)
        except (OSError, ValueError, Image.DecompressionBombError):
            unreadable += 1
            continue
        name = f"{size[0]}x{size[1]}-{counts[size] // SHARD:04}"
        counts[size] += 1
        with (shards / f"{name}.rgb").open("ab") as file:
            file.write(pixels.tobytes())
        captions.setdefault(name, []).append(caption)
    if not captions:
        raise NoPictures(f"None of {len(found.pairs)} pictures could be read.")
    for name, said in captions.items():
        (shards / f"{name}.json").write_text(json.dumps(said))
    return unreadable


def fitted(path: Path) -> tuple[tuple[int, int], Bytes]:
    """The nearest of the five ratios, and the picture cut to it, at twice the base size. Raises OSError."""
    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened)
        if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA"):
            picture = picture.convert("RGBA")
            ground = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(ground, picture)
        ratio = picture.width / picture.height
        size = min(BASE_SIZES, key=lambda each: abs(np.log(each[0] / each[1] / ratio)))
        wide, high = 2 * size[0], 2 * size[1]
        cut = ImageOps.fit(picture.convert("RGB"), (wide, high), Image.Resampling.LANCZOS)
        return size, np.asarray(cut, np.uint8)


def opened(shards: Path) -> list[Shard]:
    """All shards, their pixels left on disk."""
    found = []
    for path in sorted(shards.glob("*.rgb")):
        width, height = map(int, path.stem.partition("-")[0].split("x"))
        captions = tuple(json.loads(path.with_suffix(".json").read_text()))
        shape = (len(captions), 2 * height, 2 * width, 3)
        found.append(Shard(np.memmap(path, np.uint8, "r", shape=shape), captions, (width, height)))
    return found
