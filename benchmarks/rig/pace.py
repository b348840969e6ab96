"""A load generator that keeps a pace: requests are due at fixed times, whether or not the last is answered,
and a latency is counted from when a request was due. So a server that falls behind shows it.

A process of its own; the loopback alone; as many connections as are needed at once, up to a bound.
"""

import json
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import cycle

from benchmarks.rig.load import PATIENCE_SECONDS, Connection

MOST_CONNECTIONS = 256


@dataclass(frozen=True)
class Pace:
    """``requests``: (kind, a whole HTTP request), due in turn, so many a second, for so long."""

    port: int
    requests: list[tuple[str, str]]
    per_second: float
    seconds: float


@dataclass(frozen=True)
class Kept:
    """Seconds of each answer, by kind; requests due that found no connection within the bound of time;
    answers that were no 200, by status."""

    latencies: dict[str, list[float]] = field(repr=False)
    seconds: float
    unsent: int
    refused: Mapping[str, int]

    @property
    def per_second(self) -> float:
        return sum(map(len, self.latencies.values())) / self.seconds


class _Line(Connection):
    """One connection, and what it is busy with."""

    kind = ""
    due = 0.0

    def status(self) -> str:
        return self._answer[9:12].decode()


def measure(pace: Pace) -> Kept:
    """Runs it in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.rig.pace"]
    limit = pace.seconds + 4 * PATIENCE_SECONDS
    result = subprocess.run(
        command, input=json.dumps(asdict(pace)), stdout=subprocess.PIPE, text=True, check=True, timeout=limit
    )
    return Kept(**json.loads(result.stdout))


def keep(pace: Pace) -> Kept:
    started = time.perf_counter()
    latencies: dict[str, list[float]] = {kind: [] for kind, _ in pace.requests}
    refused: dict[str, int] = {}
    waiting: deque[tuple[float, str, bytes]] = deque()
    dues = _dues(pace, started)
    following = next(dues, None)
    idle: list[_Line] = []
    busy: set[_Line] = set()
    with selectors.DefaultSelector() as selector:
        while following or waiting or busy:
            now = time.perf_counter()
            if now > started + pace.seconds + PATIENCE_SECONDS:
                break
            while following and following[0] <= now:
                waiting.append(following)
                following = next(dues, None)
            while waiting and (line := _line(pace.port, idle, busy, selector)):
                line.due, line.kind, request = waiting.popleft()
                busy.add(line)
                line.send(request)
            pause = max(0.0, following[0] - time.perf_counter()) if following else 0.1
            for key, _ in selector.select(min(pause, 0.1)):
                line = key.data
                if line not in busy:  # the server has closed what nobody needed for a while
                    selector.unregister(line.socket)
                    idle.remove(line)
                elif line.receive() is not None:
                    _note(line, latencies, refused)
                    busy.discard(line)
                    idle.append(line)
        seconds = max(pace.seconds, time.perf_counter() - started)
        return Kept(latencies, seconds, len(waiting) + len(busy), refused)


def _note(line: _Line, latencies: dict[str, list[float]], refused: dict[str, int]) -> None:
    if line.status() == "200":
        latencies[line.kind].append(time.perf_counter() - line.due)
    else:
        refused[line.status()] = refused.get(line.status(), 0) + 1


def _dues(pace: Pace, started: float) -> Iterator[tuple[float, str, bytes]]:
    requests = cycle([(kind, request.encode()) for kind, request in pace.requests])
    for number in range(round(pace.per_second * pace.seconds)):
        kind, request = next(requests)
        yield started + number / pace.per_second, kind, request


def _line(port: int, idle: list[_Line], busy: set[_Line], selector: selectors.BaseSelector) -> _Line | None:
    if idle:
        return idle.pop()
    if len(busy) >= MOST_CONNECTIONS:
        return None
    line = _Line(port, accepts_all=True)
    selector.register(line.socket, selectors.EVENT_READ, line)
    return line


if __name__ == "__main__":
    print(json.dumps(asdict(keep(Pace(**json.load(sys.stdin))))))
