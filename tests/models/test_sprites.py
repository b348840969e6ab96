"""The drawings: whoever asks for them gets all of them, others at the same time or not."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from training.sprites import fetch


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm fetches the drawings")
def test_drawings_fetched_by_two_at_once_are_whole_for_both(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        files = list(pool.map(fetch, [tmp_path, tmp_path]))
        counts = [len(json.loads(file.read_text())["icons"]) for file in files]
    assert counts[0] == counts[1] > 1000
    assert [found.name for found in tmp_path.iterdir()] == ["node_modules"]
