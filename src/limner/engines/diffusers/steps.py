"""Tells of finished steps when they are finished: a GPU is asked for a step long before it has made it."""

from collections import deque
from collections.abc import Callable

import torch

from limner.engines.engine import Preview, Progress

FINISHING = 1  # decoding counts as one step of each picture
AHEAD = 1  # steps that a GPU is asked for before the former one is made: it never waits for us


class Steps:
    """Of all pictures of a request, each of which has as many. ``tell`` may raise."""

    def __init__(
        self, pictures: int, steps: int, tell: Callable[[Progress], None], device: torch.device
    ) -> None:
        self._each = steps + FINISHING
        self._total = pictures * self._each
        self._tell, self._device = tell, device
        self._told = 0
        self._finished = 0  # pictures
        self._asked: deque[tuple[torch.cuda.Event, Preview | None]] = deque()

    def asked(self, preview: Preview | None) -> None:
        """A step was handed to the device. Returns when the one before it is made."""
        if self._device.type != "cuda":
            return self._report(preview)
        event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self._device))
        self._asked.append((event, preview))
        while len(self._asked) > AHEAD:
            self._wait_for_one()
        return None

    def picture_is_finished(self) -> None:
        """Whatever number of steps the scheduler made of those that were wanted."""
        while self._asked:
            self._wait_for_one()
        self._finished += 1
        while self._told < self._finished * self._each:
            self._advance(None)

    def _wait_for_one(self) -> None:
        event, preview = self._asked.popleft()
        event.synchronize()
        self._report(preview)

    def _report(self, preview: Preview | None) -> None:
        if self._told < (self._finished + 1) * self._each - FINISHING:
            self._advance(preview)

    def _advance(self, preview: Preview | None) -> None:
        self._told += 1
        self._tell(Progress(self._told, self._total, preview))
