"""What a picture under way looks like: from latents to colours by a linear map, which costs next to
nothing.

The map is learned from the engine's own finished pictures, from the first one on, so that there is a
preview for every model without a table of models: colours are very nearly linear in the latents of all
their autoencoders.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from limner.engines.diffusers.sizes import Size
from limner.engines.engine import Pixels

SCALE = 8  # a preview is this much smaller than what was asked for, each way
RIDGE = 1e-3  # of the mean diagonal: keeps the map tame while few pictures were seen
LESSONS = 8  # pictures; more teach nothing new, and take a moment of the GPU's thread each

Colours = NDArray[np.float64]  # (cells, 3), 0 to 255


@dataclass(slots=True)
class LatentColours:
    """Linear least squares from a cell's channels, and a constant, to its colour."""

    _square: NDArray[np.float64] | None = field(default=None, init=False)
    _mixed: NDArray[np.float64] | None = field(default=None, init=False)
    _map: NDArray[np.float64] | None = field(default=None, init=False)
    _lessons: int = field(default=0, init=False)

    @property
    def is_learned(self) -> bool:
        return self._map is not None

    def learn(self, latents: torch.Tensor, pixels: Pixels) -> None:
        """From a finished picture and the latents that it was decoded from."""
        if self._lessons == LESSONS:
            return
        height, width, _ = pixels.shape
        found = as_cells(latents, Size(width, height))
        if found is None:
            return
        cells, (columns, rows) = found
        small = Image.fromarray(pixels).resize((columns, rows), Image.Resampling.BOX)
        colours = np.asarray(small, np.float64).reshape(-1, 3)
        square, mixed = cells.T @ cells, cells.T @ colours
        if self._square is not None and self._mixed is not None:
            square, mixed = square + self._square, mixed + self._mixed
        self._square, self._mixed, self._lessons = square, mixed, self._lessons + 1
        ridge = RIDGE * np.trace(square) / len(square) * np.eye(len(square))
        self._map = np.linalg.solve(square + ridge, mixed)

    def preview(self, latents: torch.Tensor, made: Size, asked: Size) -> Pixels:
        """A small picture in the proportions of what was asked for. To be called only once it is learned."""
        found = as_cells(latents, made)
        assert found is not None and self._map is not None
        cells, (columns, rows) = found
        pixels = np.clip(cells @ self._map, 0, 255).astype(np.uint8).reshape(rows, columns, 3)
        small = (max(1, asked.width // SCALE), max(1, asked.height // SCALE))
        return np.asarray(Image.fromarray(pixels).resize(small, Image.Resampling.BICUBIC))


def as_cells(latents: torch.Tensor, size: Size) -> tuple[NDArray[np.float64], tuple[int, int]] | None:
    """(cells by channels and a one, columns and rows), whether they come as a grid or as a row of
    patches; None where they are neither."""
    if latents.dim() == 5:  # of a video's autoencoder, for one frame
        latents = latents.flatten(0, 1)[:1] if latents.shape[1] == 1 else latents[:, :, 0]
    if latents.dim() == 4:
        rows, columns = latents.shape[-2:]
        rowwise = latents[0].flatten(1).T
    elif latents.dim() == 3:
        columns, rows = _grid(latents.shape[1], size)
        rowwise = latents[0]
    else:
        return None
    if columns * rows != len(rowwise):
        return None
    cells = rowwise.detach().float().cpu().numpy().astype(np.float64)
    return np.hstack([cells, np.ones((len(cells), 1))]), (int(columns), int(rows))


def _grid(count: int, size: Size) -> tuple[int, int]:
    """Columns and rows of patches."""
    side = max(1, round((size.pixels / count) ** 0.5))
    return size.width // side, size.height // side


def clean_latents(scheduler: Any, step: int, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """What the latents would become if the direction of this step, from 0, led to the end: nearly free of
    noise.

    Holds for schedulers that step along a line in sigma, which is all flow matching and Euler; of others
    the latents themselves are shown.
    """
    sigmas = getattr(scheduler, "sigmas", None)
    if sigmas is None or step + 1 >= len(sigmas) or "Euler" not in type(scheduler).__name__:
        return after
    here, there = float(sigmas[step]), float(sigmas[step + 1])
    return after if here == there else after - there * (after - before) / (there - here)
