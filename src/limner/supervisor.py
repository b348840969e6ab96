"""Keeps child processes running: started again when they die or cannot be started, after a pause that grows
with repetition.

Knows nothing of what the children do.
"""

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import structlog

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
SOUND_SECONDS = 60.0  # a child that lived this long died of something new
LOOK_SECONDS = 0.2
STOP_SECONDS = 60.0  # for a child to end when it is asked to, unless it is given longer

log = structlog.get_logger()


class Supervisor:
    """Runs ``command`` in this process's group, so that a Ctrl-C reaches the child as well: it starts with
    SIGINT blocked, and unblocks it when it knows what to do then."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], stop_seconds: float = STOP_SECONDS
    ) -> None:
        self._stop_seconds = stop_seconds
        self._command = list(command)
        self._environment = dict(environment)
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        # The child asks the kernel to be told of its parent's death, and for the kernel the parent is
        # the thread that started it: one thread must start every child, and outlive it.
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        self.start()
        try:
            yield
        finally:
            self.stop()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks the child to finish, and waits until it has."""
        self._stopping.set()
        self._thread.join()

    def hurry(self) -> None:
        """Asks the child once more: by SIGUSR1, for a SIGTERM may have reached it from elsewhere too."""
        if self._child is not None:
            with suppress(ProcessLookupError):
                self._child.send_signal(signal.SIGUSR1)

    @property
    def child_pid(self) -> int | None:
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def _watch(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # of this thread, for the child to inherit
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            end = self._run_once()
            if self._stopping.is_set():
                return
            if time.monotonic() - started > SOUND_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            _tell(end, pause)
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _run_once(self) -> int | OSError:
        """The child's exit code, or why there was no child: memory or processes may be short for a moment."""
        try:
            self._child = subprocess.Popen(self._command, env=self._environment)  # noqa: S603, our own command
        except OSError as error:
            return error
        while self._child.poll() is None:
            if self._stopping.wait(LOOK_SECONDS):
                return self._end(self._child)
        return self._child.returncode

    def _end(self, child: subprocess.Popen[bytes]) -> int:
        log.info("waiting for the worker to finish or put back what it has in hand")
        child.send_signal(signal.SIGTERM)
        try:
            return child.wait(self._stop_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()


def _tell(end: int | OSError, pause: float) -> None:
    if isinstance(end, OSError):
        log.error("worker cannot be started, trying again", cause=str(end), pause_seconds=pause)
    else:
        log.warning("worker ended, starting another", exit_code=end, pause_seconds=pause)


class Crew:
    """Several children of one command, each of which may die without the others, until this process is told
    to stop, or its parent is gone. Told twice, it tells the children twice, who then take less time."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], count: int, stop_seconds: float
    ) -> None:
        self._members = [Supervisor(command, environment, stop_seconds) for _ in range(count)]
        self._told: Counter[int] = Counter()

    def run(self, parent_pid: int | None = None) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for member in self._members:
            member.start()
        while not self._told and parent_pid in (None, os.getppid()):
            time.sleep(LOOK_SECONDS)
        self._stop()

    def _stop(self) -> None:
        stopping = [threading.Thread(target=member.stop) for member in self._members]
        for thread in stopping:
            thread.start()
        has_hurried = False
        while any(thread.is_alive() for thread in stopping):
            if not has_hurried and max(self._told.values(), default=0) > 1:
                has_hurried = True
                for member in self._members:
                    member.hurry()
            time.sleep(LOOK_SECONDS)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._told[number] += 1
