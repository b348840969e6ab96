"""API and worker processes that share nothing but a database and an object store; any may die at any time.

They are forked from one process that has imported Limner, so that a start costs a tenth of a second and not
two; what runs in each is Limner's own command line.
"""

import ctypes
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx

from limner.cli import main
from tests.chaos.points import API, WORKER, Orders, Point, arm
from tests.server import KEY, environment, wait_until

PR_SET_PDEATHSIG = 1
PATIENCE_SECONDS = 240
HEARTBEAT_SECONDS = 0.3
SILENCE_SECONDS = 5
ENGINE = "gradient step_seconds=0.02"
MODELS = ("google/imagen4", "google/imagen4-fast", "google/imagen4-ultra")


@dataclass
class Member:
    """A place in the fleet, and the process that fills it now."""

    name: str
    role: str
    arguments: Sequence[str]
    variables: Mapping[str, str]
    folder: Path
    orders: Path
    process: ForkServerProcess | None = None
    num_starts: int = 0
    exit_codes: list[int] = field(default_factory=list)

    @property
    def pid(self) -> int:
        assert self.process is not None and self.process.pid is not None
        return self.process.pid

    @property
    def log(self) -> Path:
        return self.folder / "stderr.log"

    def is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def start(self) -> None:
        self.bury()
        given = (self.arguments, dict(self.variables), str(self.log), str(self.orders), self.role)
        self.process = _NURSERY.Process(target=_live, args=given, daemon=True)
        self.process.start()
        self.num_starts += 1

    def start_if_down(self) -> None:
        if not self.is_alive():
            self.start()

    def kill(self) -> None:
        """Does not return before it is dead."""
        self.send(signal.SIGKILL)
        self.bury()

    def bury(self) -> None:
        if self.process is not None:
            self.process.join()
            self.exit_codes.append(self.process.exitcode or 0)
            self.process = None

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


def _live(arguments: Sequence[str], variables: Mapping[str, str], log: str, orders: str, role: str) -> None:
    """In the process of a member: as if it had been started by its command line. With a library to be loaded
    before all others, it must be so indeed, and then no death can be ordered."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # nothing is left of a test that was killed
    if "LD_PRELOAD" in variables:
        _redirect(log)
        python = sys.executable
        os.execve(python, [python, "-m", "limner.cli", *arguments], dict(variables))
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:0] = variables["PYTHONPATH"].split(os.pathsep)
    sys.argv = ["limner", *arguments]
    _redirect(log)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arm(Path(orders), role)
    main()


def _redirect(log: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)


_NURSERY = multiprocessing.get_context("forkserver")
_NURSERY.set_forkserver_preload(["limner.cli", "tests.chaos.fleet"])


class Fleet:
    """So many of each; ``settings`` are environment variables for all of them."""

    def __init__(
        self, folder: Path, num_apis: int, num_workers: int, engines: Mapping[str, str], **settings: str
    ) -> None:
        self.folder = folder
        self.orders = Orders(folder / "orders")
        ports = [_free_port() for _ in range(num_apis)]
        self.origins = [f"http://127.0.0.1:{port}" for port in ports]
        shared = {
            "LIMNER_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
            "LIMNER_SILENCE_SECONDS": str(SILENCE_SECONDS),
            "LIMNER_WEBHOOK_ALLOW_PRIVATE": "1",
            "LIMNER_PUBLIC_URL": self.origins[0],
        }
        self.environment = environment(folder, engines, **(shared | settings))
        commands = [(API, ["serve", "--no-worker", "--port", str(port)]) for port in ports]
        commands += [(WORKER, ["worker"])] * num_workers
        self.members = [self._member(k, *command) for k, command in enumerate(commands)]

    def _member(self, number: int, role: str, arguments: Sequence[str]) -> Member:
        """With a data folder of its own."""
        folder = self.folder / f"{role}-{number}"
        folder.mkdir()
        variables = self.environment | {"HOME": str(folder), "LIMNER_DATA_DIR": str(folder / "state")}
        return Member(folder.name, role, arguments, variables, folder, self.folder / "orders")

    def of(self, role: str) -> list[Member]:
        return [member for member in self.members if member.role == role]

    def mend(self) -> None:
        """Starts whatever is down."""
        for member in self.members:
            member.start_if_down()

    def close(self) -> None:
        for member in self.members:
            if member.process is not None:
                member.kill()

    def wait_until_it_serves(self) -> None:
        """Whoever falls at his start, as from a database that is not there yet, is started again."""
        wait_until(self._serves, seconds=PATIENCE_SECONDS, pause=0.1)

    def _serves(self) -> bool:
        self.mend()
        return all(answers(origin) for origin in self.origins)

    def strike(self, point: Point, patience_seconds: float) -> bool:
        """Has a process die at this point. False when none came by in time."""
        self.orders.place(point)
        deadline = time.monotonic() + patience_seconds
        while self.orders.is_open(point):
            self.mend()
            if time.monotonic() > deadline:
                return not self.orders.withdraw(point)
            time.sleep(0.02)
        return True

    def client(self, number: int = 0, key: str = KEY) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.origins[number], headers=headers, timeout=15)

    def logged(self, is_told: Callable[[str], bool]) -> list[str]:
        """The lines of all logs for which this is true."""
        texts = [member.log.read_text(errors="replace") for member in self.members if member.log.exists()]
        return [line for text in texts for line in text.splitlines() if is_told(line)]


def answers(origin: str) -> bool:
    """Whether a server is ready there."""
    try:
        return httpx.get(f"{origin}/health").is_success
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
