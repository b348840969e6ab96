"""Imports the modules named on the command line, and prints whatever they did besides defining things.

Run by test_imports.py in a bare process. What a third-party package does while it is imported is its own
affair: an event counts only when the nearest code that is not the standard library's is ours.
"""

import importlib
import logging
import sys
import sysconfig
from pathlib import Path
from types import FrameType

import limner

OURS = str(Path(limner.__path__[0]))
STANDARD_LIBRARY = sysconfig.get_path("stdlib")
SITE_PACKAGES = sysconfig.get_path("purelib")
EFFECTS = {
    "open",
    "sqlite3.connect",
    "socket.__new__",
    "subprocess.Popen",
    "os.putenv",
    "os.unsetenv",
    "os.mkdir",
    "os.listdir",
}
seen: list[str] = []


def is_our_doing(frame: FrameType | None) -> bool:
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(OURS):
            return True
        if name.startswith(("<frozen importlib", SITE_PACKAGES)) or not name.startswith(STANDARD_LIBRARY):
            return False
        frame = frame.f_back
    return False


def watch(event: str, arguments: tuple[object, ...]) -> None:
    if event in EFFECTS and is_our_doing(sys._getframe(1)):
        seen.append(f"{event} {arguments}")


def main(names: list[str]) -> None:
    sys.addaudithook(watch)
    for name in names:
        importlib.import_module(name)
    if logging.getLogger().handlers or logging.getLogger("limner").handlers:
        seen.append("a logger was configured")
    print(*seen, sep="\n", end="")


main(sys.argv[1:])
