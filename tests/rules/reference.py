"""Writes docs/api.md from the description of the API: python -m tests.rules.reference"""

import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from limner.api.app import create_app
from limner.api.reference import markdown
from limner.runtime import build_runtime
from limner.settings import Settings
from tests.rules.sources import ROOT

PAGE = ROOT / "docs" / "api.md"


def description() -> dict[str, Any]:
    """Of a server with the default settings."""
    folder = tempfile.mkdtemp()
    with closing(build_runtime(Settings(data_dir=Path(folder)))) as runtime:
        document = create_app(runtime).openapi()
    shutil.rmtree(folder)
    return document


if __name__ == "__main__":
    PAGE.write_text(markdown(description()))
