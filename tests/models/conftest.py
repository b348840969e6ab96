"""What the model's tests stand on: the real drawings, fetched once a checkout, and one CPU thread."""

import shutil

import pytest
import torch

from tests.rules.sources import ROOT
from training.sprites import Sprites, fetch

DRAWINGS = ROOT / ".cache" / "drawings"


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """The networks here are too small to share out."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def sprites() -> Sprites:
    if shutil.which("npm") is None and not DRAWINGS.exists():
        pytest.skip("npm is not installed: it fetches the drawings that training renders")
    return Sprites(fetch(DRAWINGS))
