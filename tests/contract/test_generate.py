"""`limner generate` as people use it: files of prompts, broken off and gone on with; pictures shown."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.server import COMMAND_SECONDS, STOP_SECONDS, Server, balance, environment, serving, wait_until

LIMNER = [sys.executable, "-m", "limner.cli", "generate"]
BATCH = 'a red fox\n\n# a remark\n{"prompt": "a green hut", "seed": 5, "aspect_ratio": "16:9"}\n'


def generate(
    variables: Mapping[str, str], *arguments: str, text: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LIMNER, *arguments],
        env=variables,
        input=text,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


def batch_file(folder: Path, text: str = BATCH) -> str:
    path = folder / "prompts.txt"
    path.write_text(text)
    return str(path)


def made(result: subprocess.CompletedProcess[str]) -> list[str]:
    return [Path(line).name for line in result.stdout.splitlines()]


def test_a_file_of_prompts_becomes_pictures_and_a_contact_sheet(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = generate(environment(tmp_path, {}), "--batch", batch_file(tmp_path), "-o", str(out))
    assert (result.returncode, result.stderr) == (0, f"contact sheet: {out}/contact-sheet.jpg\n")
    first, second = made(result)
    assert re.fullmatch(r"001-a-red-fox-\d+\.png", first)
    assert second == "002-a-green-hut-5.png"
    with Image.open(out / second) as wide, Image.open(out / "contact-sheet.jpg") as sheet:
        assert wide.width > wide.height
        assert sheet.width > sheet.height


def test_prompts_come_from_stdin_too(tmp_path: Path) -> None:
    for option in (("-",), ("--batch", "-")):
        out = str(tmp_path / option[-1] / str(len(option)))
        result = generate(environment(tmp_path, {}), *option, "--seed", "3", "-o", out, text="a hut\na fox\n")
        assert made(result) == ["001-a-hut-3.png", "002-a-fox-3.png"]


def test_the_same_command_goes_on_and_makes_nothing_again(tmp_path: Path) -> None:
    variables, out = environment(tmp_path, {}), tmp_path / "out"
    command = ("--batch", batch_file(tmp_path), "-o", str(out))
    first = generate(variables, *command)
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.png")}
    with (tmp_path / "prompts.txt").open("a") as file:
        file.write("a blue pear\n")
    second = generate(variables, *command)
    assert made(second)[:2] == made(first)
    assert len(made(second)) == 3
    assert {name: (out / name).stat().st_mtime_ns for name in before} == before


def test_one_that_cannot_be_made_leaves_the_others(tmp_path: Path) -> None:
    objects = '{"prompt": "a hut", "num_images": 9}\n{"prompt": "x", "model": "no/model"}'
    text = f"a fox\na nude woman\n{objects}\na pear\n"
    result = generate(
        environment(tmp_path, {}), "--batch", batch_file(tmp_path, text), "--seed", "1", "-o", str(tmp_path)
    )
    assert made(result) == ["001-a-fox-1.png", "005-a-pear-1.png"]
    assert result.returncode == 1
    for words in ("2: Content is filtered", '3: field "num_images"', '4: there is no model "no/model"'):
        assert words in result.stderr
    assert "3 of 5 could not be made; the same command tries again" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "say what to make"),
        (("a fox", "--batch", "prompts.txt"), "say what to make"),
        (("--batch", "/nowhere/prompts.txt"), "/nowhere/prompts.txt: No such file"),
        (("-",), "stdin holds no prompt"),
        (("--batch", sys.executable), "not a text file"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    result = generate(environment(tmp_path, {}), *arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


GATED = "google/imagen4-ultra"


def gated(folder: Path) -> dict[str, str]:
    """The engines of a server where that model waits inside its engine for the file ``open``."""
    return {GATED: f"gate folder={folder}"}


def break_off(process: subprocess.Popen[str], number: signal.Signals) -> tuple[str, str]:
    process.send_signal(number)
    return process.communicate(timeout=STOP_SECONDS)


def started(variables: Mapping[str, str], *arguments: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*LIMNER, *arguments], env=variables, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("is_on_server", [False, True])
def test_after_ctrl_c_the_same_command_goes_on(
    tmp_path: Path, ground: dict[str, str], is_on_server: bool
) -> None:
    out = tmp_path / "out"
    hut = json.dumps({"prompt": "a hut", "model": GATED})
    command = ["--batch", batch_file(tmp_path, f"a fox\n{hut}\na pear\n"), "-o", str(out)]
    with serving(tmp_path, gated(tmp_path), **ground) as server, server.client() as client:
        command += ["--server", server.origin] if is_on_server else []
        process = started(server.environment, *command)
        wait_until(lambda: list(out.glob("001-*.png")) and (tmp_path / "entered").exists())
        process.send_signal(signal.SIGINT)
        (tmp_path / "open").touch()
        _, complaint = process.communicate(timeout=STOP_SECONDS)
        assert process.returncode == 130
        assert complaint == "limner: stopped; the same command goes on from there\n"
        kept = list(out.glob("*.png"))
        assert len(kept) < 3
        result = generate(server.environment, *command)
        assert result.returncode == 0, result.stderr
        assert len(made(result)) == 3
        assert {path.name for path in kept} <= set(made(result))
        assert balance(client) == pytest.approx(1000 - is_on_server * (2 * 0.038 + 0.058))


def test_a_kill_between_paying_and_keeping_costs_nothing(tmp_path: Path, ground: dict[str, str]) -> None:
    out = tmp_path / "out"
    with serving(tmp_path, gated(tmp_path), **ground) as server, server.client() as client:
        prompts = ("--batch", batch_file(tmp_path, "a fox\n"), "-m", GATED)
        command = (*prompts, "-o", str(out), "--server", server.origin)
        process = started(server.environment, *command)
        wait_until((tmp_path / "entered").exists)
        break_off(process, signal.SIGKILL)
        assert not list(out.glob("*.png"))
        (tmp_path / "open").touch()
        result = generate(server.environment, *command)
        assert len(made(result)) == 1
        assert balance(client) == pytest.approx(1000 - 0.058)


def test_ctrl_c_cancels_a_single_one_on_a_server(tmp_path: Path, ground: dict[str, str]) -> None:
    engines = {"google/imagen4": "gradient step_seconds=0.5"}
    with serving(tmp_path, engines, **ground) as server, server.client() as client:
        process = started(server.environment, "a fox", "-o", str(tmp_path), "--server", server.origin)
        wait_until(lambda: balance(client) < 1000)
        output, complaint = break_off(process, signal.SIGINT)
        assert (output, complaint, process.returncode) == ("", "limner: stopped\n", 130)
        wait_until(lambda: balance(client) == 1000)


def test_one_that_failed_on_a_server_is_tried_anew(tmp_path: Path, ground: dict[str, str]) -> None:
    folder = batch_file(tmp_path, "a fox\n")
    for engine, code in (("raises", 1), ("gradient", 0)):
        with serving(tmp_path, {"google/imagen4": engine}, **ground) as server:
            result = generate(
                server.environment, "--batch", folder, "-o", str(tmp_path / "out"), "--server", server.origin
            )
            assert result.returncode == code, result.stderr


def in_terminal(variables: Mapping[str, str], *arguments: str) -> str:
    """What a terminal of 100 columns sees, which says nothing of itself."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*LIMNER, *arguments],
        env={**variables, "COLUMNS": "100", "LINES": "40"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert process.wait(STOP_SECONDS) == 0
    return seen.decode()


@pytest.mark.parametrize(
    ("terminal", "beginning"),
    [
        ({"TERM": "xterm-kitty"}, "\x1b_Ga=T,f=100,"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "\x1b]1337;File=inline=1;"),
        ({"TERM": "xterm-256color", "TMUX": "/tmp/x"}, "\x1b[38;2;"),
    ],
)
def test_a_terminal_shows_the_picture(tmp_path: Path, terminal: dict[str, str], beginning: str) -> None:
    words = ("a fox", "-n", "2", "--seed", "1", "-o", str(tmp_path))
    seen = in_terminal(environment(tmp_path, {}, **terminal), *words)
    assert "a-fox-2.png" in seen
    assert beginning in seen
    assert "picture 2 of 2" in seen
    assert "\x1b_G" not in in_terminal(environment(tmp_path, {}, **terminal), *words, "--no-show")


def test_open_hands_the_file_to_the_desktop(tmp_path: Path) -> None:
    """xdg-open is the desktop's; this one notes what it was asked for."""
    note = tmp_path / "opened"
    program = tmp_path / "xdg-open"
    program.write_text(f'#!/bin/sh\necho "$@" >>{note}\n')
    program.chmod(0o755)
    variables: dict[str, Any] = environment(tmp_path, {})
    variables["PATH"] = f"{tmp_path}:{variables['PATH']}"
    result = generate(variables, "a fox", "--seed", "1", "-o", str(tmp_path), "--open")
    assert result.returncode == 0, result.stderr
    wait_until(note.exists)
    assert note.read_text().strip() == str(tmp_path / "a-fox-1.png")


def test_the_journal_holds_no_secret(server: Server, tmp_path: Path) -> None:
    result = generate(
        server.environment, "--batch", batch_file(tmp_path), "-o", str(tmp_path), "--server", server.origin
    )
    assert result.returncode == 0
    journal = (tmp_path / ".limner-batch.jsonl").read_text()
    assert server.environment["LIMNER_API_KEY"] not in journal
    assert [list(json.loads(line)) for line in journal.splitlines()] == [["run"]] + [["item", "made"]] * 2
