"""What people hand to `limner generate`, in whatever encoding: it is read, or one line says what to do."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from limner.errors import BadSettings
from limner.settings import read_settings
from tests.server import COMMAND_SECONDS, environment

LIMNER = [sys.executable, "-m", "limner.cli", "generate", "--seed", "5"]
WRONG_KEY = "setting api_key: must be 16 to 200 printable characters of ASCII, without spaces"
BOM = b"\xef\xbb\xbf"


def generate(
    variables: Mapping[str, str], *arguments: str, content: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*LIMNER, "-o", str(Path(variables["HOME"]) / "out"), *arguments],
        env=variables,
        input=content,
        capture_output=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


def complaint(result: subprocess.CompletedProcess[bytes]) -> str:
    """The only line of a command that made nothing."""
    (line,) = result.stderr.decode().splitlines()
    assert (result.returncode, result.stdout) == (1, b"")
    return line


def prompts(folder: Path, content: bytes) -> str:
    path = folder / "prompts.txt"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize(("encoding", "is_file"), [("latin-1", False), ("utf-16", True)])
def test_prompts_that_are_not_in_utf_8_are_refused_with_a_remedy(
    tmp_path: Path, encoding: str, is_file: bool
) -> None:
    content = "ein roter Käfer\n".encode(encoding)
    arguments = ("--batch", prompts(tmp_path, content)) if is_file else ("-",)
    said = complaint(generate(environment(tmp_path, {}), *arguments, content=content))
    assert ("prompts.txt" if is_file else "stdin") in said
    assert "is not a text file in UTF-8: save it as one" in said


@pytest.mark.parametrize(("first", "is_file"), [(b"# a remark\n", False), (b'{"prompt": "a fox"}\n', True)])
def test_a_mark_at_the_beginning_is_no_part_of_the_first_line(
    tmp_path: Path, first: bytes, is_file: bool
) -> None:
    content = BOM + first + "ein Käfer\r\n".encode()
    arguments = ("--batch", prompts(tmp_path, content)) if is_file else ("-",)
    result = generate(environment(tmp_path, {}), *arguments, content=content)
    assert result.returncode == 0, result.stderr
    names = [Path(line).name for line in result.stdout.decode().splitlines()]
    foxes = ["001-a-fox-5.png"] if b"fox" in first else []
    assert names == [*foxes, f"00{len(foxes) + 1}-ein-käfer-5.png"]


def test_a_key_that_cannot_be_sent_is_named(tmp_path: Path) -> None:
    variables = environment(tmp_path, {}, LIMNER_API_KEY="schlüssel_0123456789")
    said = complaint(generate(variables, "a fox", "--server", "http://127.0.0.1:9"))
    assert said == f"limner: {WRONG_KEY}"


@pytest.mark.parametrize("key", ["short", "wsk_0123456789abcdef\n", "one two three four five"])
def test_so_is_one_that_no_server_takes(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("LIMNER_API_KEY", key)
    with pytest.raises(BadSettings, match=WRONG_KEY):
        read_settings()
