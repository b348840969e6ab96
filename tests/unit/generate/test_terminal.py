"""Finding out what a terminal can show, from its environment and from terminals made for it."""

import os
import pty
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from limner.generate.terminal import QUERY, Protocol, look_at_terminal, said_by, understood

XTERM = {"TERM": "xterm-256color"}
KITTY_SAYS = b"\x1b_Gi=31;OK\x1b\\\x1b[?62;c"
SIXEL_SAYS = b"\x1b[?62;4;22c"
PLAIN_SAYS = b"\x1b[?1;2c"


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, Protocol.KITTY),
        (XTERM | {"KITTY_WINDOW_ID": "1"}, Protocol.KITTY),
        ({"TERM": "xterm-ghostty"}, Protocol.KITTY),
        (XTERM | {"TERM_PROGRAM": "iTerm.app"}, Protocol.ITERM),
        (XTERM | {"TERM_PROGRAM": "WezTerm"}, Protocol.ITERM),
        (XTERM | {"LC_TERMINAL": "iTerm2"}, Protocol.ITERM),
        (XTERM | {"KITTY_WINDOW_ID": "1", "TMUX": "/tmp/tmux"}, Protocol.BLOCKS),
        ({"TERM": "dumb"}, Protocol.BLOCKS),
        ({}, Protocol.BLOCKS),
        (XTERM, None),
    ],
)
def test_some_terminals_say_so(environment: dict[str, str], protocol: Protocol | None) -> None:
    assert said_by(environment) == protocol


@pytest.mark.parametrize(
    ("answer", "protocol"),
    [
        (KITTY_SAYS, Protocol.KITTY),
        (SIXEL_SAYS, Protocol.SIXEL),
        (PLAIN_SAYS, Protocol.BLOCKS),
        (b"\x1b[?64;14;24c", Protocol.BLOCKS),
        (b"", Protocol.BLOCKS),
    ],
)
def test_an_answer_is_understood(answer: bytes, protocol: Protocol) -> None:
    assert understood(answer) == protocol


@contextmanager
def terminal(answer: bytes) -> Iterator[Path]:
    """A terminal that answers so when it is asked."""
    ours, theirs = pty.openpty()

    def respond() -> None:
        asked = b""
        while QUERY not in asked:
            asked += os.read(ours, 1024)
        os.write(ours, answer)

    thread = threading.Thread(target=respond)
    thread.start()
    try:
        yield Path(os.ttyname(theirs))
        thread.join()
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(
    ("answer", "protocol"), [(KITTY_SAYS, "kitty"), (SIXEL_SAYS, "sixel"), (PLAIN_SAYS, "blocks")]
)
def test_the_others_are_asked(answer: bytes, protocol: str) -> None:
    with terminal(answer) as device:
        assert look_at_terminal(XTERM, device).protocol == protocol


def test_nobody_waits_long_for_one_that_says_nothing() -> None:
    with terminal(b"") as device:
        started = time.monotonic()
        assert look_at_terminal(XTERM, device).protocol == Protocol.BLOCKS
        assert time.monotonic() - started < 5


def test_without_a_terminal_there_are_blocks(tmp_path: Path) -> None:
    seen = look_at_terminal(XTERM, tmp_path / "none")
    assert (seen.protocol, seen.cell_width, seen.cell_height) == (Protocol.BLOCKS, 8, 16)
