"""Batches for the illustrator: whole pictures at the base size, parts of them at twice that, captions."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from limner.nano.boxes import HALF_CELL, REFINING_FROM, TEXT_TOKENS, pixel_positions
from limner.nano.captions import Captions
from training.batches import softened, stacked
from training.pictures import Shard

CAPTION_DROPOUT = 0.1  # for classifier-free guidance (Ho & Salimans 2022)
REFINING_SHARE = 0.25  # of the examples: for these, twice the base size
Array = NDArray[Any]
Example = dict[str, NDArray[Any]]


def own_batch(
    shards: Sequence[Shard], captions: Captions, size: int, ratio_seed: int, seed: int
) -> dict[str, Tensor]:
    """All pictures are of one ratio, drawn by ``ratio_seed`` as often as there are pictures of it."""
    sizes = sorted({shard.size for shard in shards})
    counts = [sum(len(shard.captions) for shard in shards if shard.size == each) for each in sizes]
    shares = np.array(counts) / sum(counts)
    chosen = sizes[np.random.default_rng(ratio_seed).choice(len(sizes), p=shares)]
    of_ratio = [shard for shard in shards if shard.size == chosen]
    rng = np.random.default_rng(seed)
    return stacked([example(*drawn(of_ratio, rng), captions, rng) for _ in range(size)])


def drawn(shards: Sequence[Shard], rng: np.random.Generator) -> tuple[Array, str]:
    """A picture (2h, 2w, 3) in [-1, 1], and its caption."""
    number = int(rng.integers(sum(len(shard.captions) for shard in shards)))
    for shard in shards:
        if number < len(shard.captions):
            picture = shard.pixels[number].astype(np.float32) / np.float32(127.5) - 1
            return picture, shard.captions[number]
        number -= len(shard.captions)
    raise AssertionError("a number below the count of all is in one of them")


def example(picture: Array, caption: str, captions: Captions, rng: np.random.Generator) -> Example:
    """The whole made small, or as large a part of it as it is."""
    h, w = picture.shape[0] // 2, picture.shape[1] // 2
    is_part = rng.random() < REFINING_SHARE
    if is_part:
        row, column = (int(rng.integers(side // HALF_CELL + 1)) for side in (h, w))
        top, left = row * HALF_CELL, column * HALF_CELL
        pixels = picture[top : top + h, left : left + w]
        known = softened(pixels) if rng.random() < 0.6 else pixels
        position = pixel_positions(2 * w, 2 * h)
        position = position[:, row : row + h // HALF_CELL, column : column + w // HALF_CELL]
    else:
        pixels = known = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
        position = pixel_positions(w, h)
    ids = np.zeros(TEXT_TOKENS, np.int64)
    said = captions.read(caption).ids
    if rng.random() >= CAPTION_DROPOUT:
        ids[: len(said)] = said
    return {
        "words": ids,
        "pixels": np.ascontiguousarray(pixels.transpose(2, 0, 1)),
        "known": np.ascontiguousarray(known.transpose(2, 0, 1)),
        "position": np.ascontiguousarray(position),
        "noise": rng.standard_normal((3, h, w), np.float32),
        "t": np.array(rng.random() ** 1.6 * 0.97, np.float32),
        "least_time": np.array(REFINING_FROM if is_part else 0, np.float32),
    }
