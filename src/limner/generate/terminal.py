"""What the terminal can show: pictures by one of three protocols, else coloured half blocks.

Some terminals say so in the environment. The others are asked: a query that means nothing to most, and after
it one that all of them answer, so that nobody waits for an answer that does not come.
"""

import os
import re
import select
import shutil
import termios
import time
import tty
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from fcntl import ioctl
from pathlib import Path
from struct import unpack

ANSWER_SECONDS = 0.4
QUERY = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"  # kitty's, then "what are you" (DA1)
ANSWERED = re.compile(rb"\x1b\[\?([0-9;]*)c")
SIXEL = b"4"  # among the attributes in the answer to the latter
USUAL_CELL = (8, 16)  # pixels, where the terminal does not say


class Protocol(StrEnum):
    KITTY = "kitty"
    ITERM = "iterm"
    SIXEL = "sixel"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal: how pictures are sent to it, and its size in characters and pixels a character."""

    protocol: Protocol
    columns: int
    rows: int
    cell_width: int
    cell_height: int


def look_at_terminal(environment: Mapping[str, str], device: Path = Path("/dev/tty")) -> Screen:
    """Of this process. It may be asked, so nobody else may be reading from it meanwhile."""
    columns, rows = shutil.get_terminal_size()
    width, height = USUAL_CELL
    answer = b""
    with suppress(OSError, termios.error):
        terminal = os.open(device, os.O_RDWR | os.O_NOCTTY)
        try:
            num_rows, num_columns, x_pixels, y_pixels = unpack(
                "HHHH", ioctl(terminal, termios.TIOCGWINSZ, b"\0" * 8)
            )
            if x_pixels and y_pixels and num_rows and num_columns:
                width, height = x_pixels // num_columns, y_pixels // num_rows
            if said_by(environment) is None:
                answer = _ask(terminal)
        finally:
            os.close(terminal)
    return Screen(said_by(environment) or understood(answer), columns, rows, width, height)


def said_by(environment: Mapping[str, str]) -> Protocol | None:
    """What the environment tells; None when the terminal must be asked."""
    program = environment.get("TERM_PROGRAM", "")
    if environment.get("TERM", "") in ("", "dumb", "linux") or "TMUX" in environment:
        return Protocol.BLOCKS
    if program in ("iTerm.app", "WezTerm", "mintty") or environment.get("LC_TERMINAL") == "iTerm2":
        return Protocol.ITERM
    if "KITTY_WINDOW_ID" in environment or environment["TERM"] in ("xterm-kitty", "xterm-ghostty"):
        return Protocol.KITTY
    return None


def understood(answer: bytes) -> Protocol:
    """What an answer to the query means."""
    if b"_Gi=31;OK" in answer:
        return Protocol.KITTY
    attributes = ANSWERED.search(answer)
    if attributes and SIXEL in attributes[1].split(b";"):
        return Protocol.SIXEL
    return Protocol.BLOCKS


def _ask(terminal: int) -> bytes:
    before = termios.tcgetattr(terminal)
    answer, deadline = b"", time.monotonic() + ANSWER_SECONDS
    try:
        tty.setcbreak(terminal)
        os.write(terminal, QUERY)
        while not ANSWERED.search(answer) and (left := deadline - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                answer += os.read(terminal, 1024)
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)
    return answer
