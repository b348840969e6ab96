"""The clients of others that the tests run: where scripts/test put them, and how each is started."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rules.sources import ROOT

INSTALLED = ROOT / ".venv" / "clients"
PROGRAMS = Path(__file__).parent / "programs"
PATIENCE_SECONDS = 150


def installed(*parts: str) -> str:
    """The path of an installed client. Raises when it is not there: its tests must fail, not be skipped."""
    path = INSTALLED.joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; scripts/test installs it")
    return str(path)


@dataclass(frozen=True)
class Home:
    """A folder that is all a client knows of its user."""

    folder: Path
    origin: str
    key: str

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder / ".config"),
            "NODE_PATH": installed("npm", "node_modules"),
            "NO_COLOR": "1",
            **more,
        }

    def run(
        self, command: list[str], environment: Mapping[str, str] | None = None, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """The command to its end, in this home."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment or self.environment(),
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def program(self, language: str, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One of our programs that use a client; Python's with a folder of packages before ours."""
        if language == "node":
            return self.run(["node", str(PROGRAMS / f"{name}.cjs"), *arguments, self.origin, self.key])
        environment = self.environment(PYTHONPATH=installed(*arguments)) if arguments else None
        return self.run([sys.executable, str(PROGRAMS / f"{name}.py"), self.origin, self.key], environment)
