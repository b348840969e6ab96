"""Imports stand at the top, and importing does nothing."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.sources import PACKAGE, Source, own_sources, sources

WATCH = Path(__file__).with_name("import_watch.py")


@pytest.mark.parametrize("source", own_sources(), ids=lambda source: source.name)
def test_no_import_hides_inside_a_function(source: Source) -> None:
    hidden = [
        node.lineno
        for function in source.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_importing_any_module_has_no_effect(tmp_path: Path) -> None:
    """In a bare process: no file, socket, child, thread, logger or environment variable comes of it."""
    paths = (source.path.relative_to(PACKAGE.parent) for source in sources("src/limner"))
    modules = [str(path.with_suffix("")).replace("/", ".").removesuffix(".__init__") for path in paths]
    watched = [module for module in modules if not module.endswith("__main__") and ".versions." not in module]
    result = subprocess.run(
        [sys.executable, WATCH, *watched],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout, result.returncode) == ("", 0), result.stderr
    assert list(tmp_path.iterdir()) == []
