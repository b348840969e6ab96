"""What may befall a fleet beside the death of a process; each holds for a while, and then it is over."""

import random
import resource
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.chaos.fleet import SILENCE_SECONDS, Fleet, Member
from tests.chaos.points import WORKER
from tests.chaos.postgres import Postgres
from tests.chaos.proxies import FailingStore, Wire
from tests.journeys.house import Records

LEASE_SECONDS = SILENCE_SECONDS * 1.8


def last(fleet: Fleet, seconds: float) -> None:
    """Goes on for so long; whoever dies meanwhile is started again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        fleet.mend()
        time.sleep(0.05)


def restart_database(fleet: Fleet, server: Postgres, chance: random.Random) -> None:
    """Killed, down for a moment, and started again with what its log has."""
    last(fleet, chance.uniform(0.3, 1.5))
    server.stop()
    last(fleet, chance.uniform(0, 0.5))
    server.start()


def cut_database(fleet: Fleet, wire: Wire, seconds: float) -> None:
    wire.cut()
    last(fleet, seconds)
    wire.mend()


def refuse_puts(fleet: Fleet, store: FailingStore, share: float, seconds: float) -> None:
    store.share = share
    last(fleet, seconds)
    store.share = 0.0


def freeze(fleet: Fleet, records: Records, seconds: float = LEASE_SECONDS) -> int:
    """Stops a worker that is at work for longer than its lease, and lets it go on. How it ended, or 0."""
    victim = _busy_worker(fleet, records)
    number = victim.num_starts
    victim.send(signal.SIGSTOP)
    last(fleet, seconds)
    victim.send(signal.SIGCONT)
    last(fleet, 2.0)
    return victim.exit_codes[number - 1] if victim.num_starts > number else 0


def _busy_worker(fleet: Fleet, records: Records) -> Member:
    at_work = "SELECT w.pid FROM workers w JOIN predictions p ON p.owner = w.id WHERE p.status = 'processing'"
    while True:
        pids = {row[0] for row in records.rows(at_work)}
        for member in fleet.of(WORKER):
            if member.is_alive() and member.pid in pids:
                return member
        last(fleet, 0.05)


def fill_disk(fleet: Fleet, folder: Path, seconds: float) -> None:
    """Where ``folder`` is, nothing more can be written, for all who write there."""
    filler = folder / "filler"
    with filler.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
            file.flush()
    last(fleet, seconds)
    filler.unlink()


def forbid_growth(members: Sequence[Member], fleet: Fleet, seconds: float) -> None:
    """As a full disk, but for these processes alone: no file of theirs may grow."""
    for member in members:
        with suppress(ProcessLookupError):
            _, hard = resource.prlimit(member.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(member.pid, resource.RLIMIT_FSIZE, (1, hard))
    pids = {member.pid: member for member in members}
    last(fleet, seconds)
    for pid, member in pids.items():
        if member.is_alive() and member.pid == pid:
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def build_clock(folder: Path) -> Path | None:
    """What makes a process read a clock of its own; None where there is no compiler. (libfaketime will not
    do: where it lets the steady clock alone, every sleep fails.)"""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def clock_variables(library: Path, clock: Path) -> dict[str, str]:
    """What makes a process read its clock, but for the steady one, as this file says: see ``set_clock``."""
    return {"LD_PRELOAD": str(library), "LIMNER_CLOCK": str(clock)}


def set_clock(clock: Path, ahead_seconds: float) -> None:
    """In place: whoever reads this clock has the file mapped."""
    with clock.open("r+b" if clock.exists() else "wb") as file:
        file.write(struct.pack("=q", round(ahead_seconds)))
