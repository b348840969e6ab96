"""What others made and the pages use: these very bytes, and NOTICE.md says whose they are."""

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "src/limner/api/web/vendor"
MANIFEST = json.loads((VENDOR / "vendor.json").read_text())


def test_the_vendored_files_are_those_that_were_recorded() -> None:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name not in ("vendor.json", "LICENCES.txt")
    }
    assert found == {name: file["sha256"] for name, file in MANIFEST["files"].items()}


def test_each_is_named_with_version_and_licence() -> None:
    notice, licences = (ROOT / "NOTICE.md").read_text(), (VENDOR / "LICENCES.txt").read_text()
    for name, package in MANIFEST["packages"].items():
        assert f"`{name}` {package['version']}" in notice
        assert f"{name} {package['version']} ({package['licence']})" in licences


def test_no_library_asks_for_what_is_not_there() -> None:
    """Browsers find imports by relative paths only, without an import map."""
    for path in VENDOR.glob("*.js"):
        for target in re.findall(r"""\b(?:from|import) ?["']([^"']+)["']""", path.read_text()):
            assert (VENDOR / target).is_file(), (path.name, target)
