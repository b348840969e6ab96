"""Plays docs/tutorial.md on a fresh clone: every command in it, in its order, as it stands there.

The clone is what a commit of this checkout would hold. Only what takes minutes is taken over: the packages,
from this checkout's .venv, and the SDK from that same place; and a free port stands for 8000.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.rules.sources import ROOT
from tests.server import ANSWER_SECONDS, STOP_SECONDS

PAGE = ROOT / "docs" / "tutorial.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVE = "scripts/serve"
INSTALL_SDK = "python3 -m venv sdk\nsdk/bin/pip install --quiet wavespeed\n"
LIMIT_SECONDS = 400  # 30 or so where nobody else computes


@dataclass(frozen=True)
class Clone:
    folder: Path
    environment: dict[str, str]
    origin: str

    def play(self, script: str) -> str:
        """What it prints. Any command that fails ends it."""
        finished = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:8000", self.origin)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout


def fences() -> list[tuple[str, str]]:
    return FENCE.findall(PAGE.read_text())


def copy_of_the_checkout(folder: Path) -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def take_over_the_packages(folder: Path) -> None:
    """As scripts/environment leaves them, with this clone's sources."""
    venv = folder / ".venv"
    (venv / "bin").mkdir(parents=True)
    for name in ("python", "limner"):
        program = [sys.executable] + (["-m", "limner.cli"] if name == "limner" else [])
        (venv / "bin" / name).write_text(f'#!/bin/sh\nexec {" ".join(program)} "$@"\n')
        (venv / "bin" / name).chmod(0o755)
    wanted = "pwd; cat pyproject.toml requirements.txt"
    (venv / "installed").write_bytes(subprocess.check_output(["bash", "-c", wanted], cwd=folder))
    sdk = folder / "sdk" / "bin"
    sdk.mkdir(parents=True)
    (sdk / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (sdk / "python").chmod(0o755)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    folder, home = tmp_path / "limner", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    copy_of_the_checkout(folder)
    take_over_the_packages(folder)
    own = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(folder / "src")}
    return Clone(folder, own, f"http://127.0.0.1:{free_port()}")


@contextmanager
def served(clone: Clone) -> Iterator[list[str]]:
    """What scripts/serve prints first."""
    command = [str(clone.folder / SERVE), "--port", clone.origin.rpartition(":")[2]]
    with (clone.folder / "serve.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=clone.folder,
            env=clone.environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        yield [process.stdout.readline() for _ in range(3)]
    finally:
        process.send_signal(signal.SIGINT)  # Ctrl-C
        code = process.wait(STOP_SECONDS)
        process.stdout.close()
    assert code == 0


@pytest.mark.timeout(2 * LIMIT_SECONDS)
def test_the_tutorial_does_what_it_says(clone: Clone) -> None:
    first, *others = fences()
    assert first == ("sh", f"{SERVE}\n")
    script = ""
    for language, text in others:
        if language == "python":
            name = text.splitlines()[0].removeprefix("# ")
            script += f"cat >{name} <<'PROGRAM'\n{text}PROGRAM\n"
        elif language == "sh" and text != INSTALL_SDK:
            script += f"{text}\n"
    with served(clone) as said:
        check_greeting(said, clone.origin)
        printed = clone.play(script)
        sign_in(clone.origin, printed.split()[-1].replace("http://127.0.0.1:8000", clone.origin))
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{clone.origin}/health", timeout=5)
    check_what_was_made(clone.folder, printed)


def check_greeting(said: list[str], origin: str) -> None:
    """As the page shows it, but for the port and what is drawn by lot."""
    shown = next(text for language, text in fences() if language == "text").splitlines()
    patterns = [re.escape(line.replace("http://127.0.0.1:8000", origin)) for line in shown]
    for line, pattern in zip(said, patterns, strict=True):
        assert re.fullmatch(re.sub(r"[0-9a-f]{4}…", "[0-9a-f]{64}", pattern), line.rstrip("\n")), line
    sign_in(origin, said[-1].split()[-1])


def sign_in(origin: str, link: str) -> None:
    """As the page at the link does."""
    prefix, ticket = link.split("#ticket=")
    assert httpx.get(prefix, timeout=30).headers["content-type"].startswith("text/html")
    answer = httpx.post(
        f"{origin}/session", json={"ticket": ticket}, headers={"Origin": origin}, timeout=ANSWER_SECONDS
    )
    assert answer.json()["data"]["signed_in"]


def check_what_was_made(folder: Path, printed: str) -> None:
    assert '"name":"studio"' in printed
    assert '"balance":5.0' in printed
    assert "25.000000" in printed
    sizes = {"fox.png": (1024, 1024), "batch/003-a-house-by-a-lake-at-night-7.png": (1408, 768)}
    for name, size in sizes.items():
        with Image.open(folder / name) as picture:
            assert picture.size == size
    assert len(list((folder / "pictures").glob("a-yellow-car-under-a-blue-sky-*.png"))) == 2
    assert len(list((folder / "batch").glob("00[123]-*.png"))) == 3
    assert (folder / "batch" / "contact-sheet.jpg").is_file()
    assert len(re.findall(r"http://\S+/predictions/[0-9a-f]{32}/[12]\.png\n", printed)) == 2
