"""Holds many event streams open, in a process of its own, and notes when each event of a step came.

Cheap on purpose: plain sockets, and of an event only the id, the step and the time are kept.
"""

import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

STEP = re.compile(rb'data: {"id":"([0-9a-f]{32})","status":"processing","progress":{"step":(\d+),')
Arrival = tuple[str, int, float]
"""Prediction id, step, and the time of the monotonic clock, which is the machine's."""


@dataclass
class Streams:
    """The process that holds them."""

    process: subprocess.Popen[str]

    def arrivals(self) -> list[Arrival]:
        """Ends it."""
        output, _ = self.process.communicate("stop\n")
        return [(one, step, at) for one, step, at in json.loads(output)]


@contextmanager
def streams(port: int, key: str, prediction_ids: Sequence[str]) -> Iterator[Streams]:
    """All open: each has sent its first event."""
    command = [sys.executable, "-m", "benchmarks.rig.streams", str(port), key]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(list(prediction_ids)) + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == "open\n"
            yield Streams(process)
        finally:
            process.kill()


class Holder:
    """Opens the streams, and reads them until it is told to stop."""

    def __init__(self, port: int, key: str, prediction_ids: Sequence[str]) -> None:
        self.arrivals: list[Arrival] = []
        self._selector = selectors.DefaultSelector()
        self._silent = {_open(port, key, one) for one in prediction_ids}
        for stream in self._silent:
            self._selector.register(stream, selectors.EVENT_READ, stream)
        self._selector.register(sys.stdin, selectors.EVENT_READ)

    def hold(self) -> None:
        while all([self._read(chosen.data) for chosen, _ in self._selector.select()]):
            pass

    def _read(self, stream: socket.socket | None) -> bool:
        """False when there is a line to stop instead."""
        if stream is None:
            return False
        received = stream.recv(1 << 20)
        assert received, "the server closed a stream"
        now = time.monotonic()
        self.arrivals += [(one.decode(), int(step), now) for one, step in STEP.findall(received)]
        if stream in self._silent and b"data: " in received:
            self._silent.remove(stream)
            if not self._silent:
                print("open", flush=True)
        return True


def _open(port: int, key: str, prediction_id: str) -> socket.socket:
    stream = socket.create_connection(("127.0.0.1", port), 10)
    path = f"/api/v3/predictions/{prediction_id}/events"
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
    return stream


def main() -> None:
    holder = Holder(int(sys.argv[1]), sys.argv[2], json.loads(sys.stdin.readline()))
    holder.hold()
    print(json.dumps(holder.arrivals))


if __name__ == "__main__":
    main()
