"""Which pipelines are on a device: those used last, as many as there is room for.

A pipeline that has to go waits in the host's memory, if there is room, or else is read from disk again.
"""

import threading
from collections.abc import Callable
from functools import cache
from typing import Protocol

import structlog
import torch

from limner.engines.diffusers import hardware
from limner.engines.diffusers.pipelines import Pipeline, sizes_of
from limner.engines.diffusers.prompts import forget_prompts

log = structlog.get_logger()


class Tenant:
    """A pipeline, wherever it is. ``load`` reads it into the host's memory, ready to be moved."""

    def __init__(
        self, name: str, device: torch.device, load: Callable[[], Pipeline], is_offloaded: bool
    ) -> None:
        self.name = name
        self.device = device
        self.num_bytes = 0  # on the device; known once it was loaded
        self._load = load
        self._is_offloaded = is_offloaded  # brings its parts to the device by itself, one at a time
        self._pipeline: Pipeline | None = None

    @property
    def pipeline(self) -> Pipeline:
        """Read from disk when it is not in memory."""
        if self._pipeline is None:
            self._pipeline = self._load()
            parts = sizes_of(self._pipeline)
            self.num_bytes = max(parts) if self._is_offloaded else sum(parts)
        return self._pipeline

    def come_in(self) -> None:
        if not self._is_offloaded:
            self.pipeline.to(self.device)

    def go_out(self) -> None:
        forget_prompts(self.pipeline)
        if self._is_offloaded:
            return
        self._pipeline = self._in_the_host()
        hardware.empty_caches(self.device)

    def _in_the_host(self) -> Pipeline | None:
        if self.device.type == "cpu" or not _host_has_room(self.num_bytes):
            return None
        try:
            return self.pipeline.to("cpu")
        except (ValueError, RuntimeError):  # some that are quantized cannot be moved
            return None

    def vanish(self) -> None:
        self._pipeline = None
        hardware.empty_caches(self.device)


class Room(Protocol):
    """How many bytes there are on a device for pipelines, beside what those there take."""

    def __call__(self, taken_bytes: int) -> float: ...


class Residence:
    """Of one device. The order of ``_inside`` is that of their last use."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._inside: dict[Tenant, None] = {}
        self._lock = threading.RLock()

    def enter(self, tenant: Tenant) -> None:
        """Before every use. Those that were not used for longest leave until there is room."""
        with self._lock:
            if self._inside.pop(tenant, self) is self:
                pipeline = tenant.pipeline  # tells how much it takes
                self._make_room(tenant.num_bytes)
                tenant.come_in()
                log.info("weights are on the device", weights=tenant.name, kind=type(pipeline).__name__)
            self._inside[tenant] = None

    def leave(self, tenant: Tenant) -> None:
        """For good."""
        with self._lock:
            self._inside.pop(tenant, None)
            tenant.vanish()

    def make_others_leave(self, tenant: Tenant) -> None:
        """The device was too full for what this one had to do."""
        with self._lock:
            for other in [one for one in self._inside if one is not tenant]:
                self._evict(other)

    @property
    def names(self) -> list[str]:
        """Of those inside, the one that was used last at the end."""
        return [tenant.name for tenant in self._inside]

    def _make_room(self, wanted_bytes: int) -> None:
        while self._inside and self._room(sum(one.num_bytes for one in self._inside)) < wanted_bytes:
            self._evict(next(iter(self._inside)))

    def _evict(self, tenant: Tenant) -> None:
        del self._inside[tenant]
        tenant.go_out()
        log.info("weights make room for others", weights=tenant.name)


@cache
def residence_on(device: torch.device, memory_bytes: int | None) -> Residence:
    """One for all engines of this process that work on this device within the same limit."""

    def room(taken_bytes: int) -> float:
        limit = float("inf") if memory_bytes is None else float(memory_bytes - taken_bytes)
        free = hardware.free_bytes(device)
        return limit if free is None else min(limit, free)

    return Residence(room)


def _host_has_room(num_bytes: int) -> bool:
    """Half of what is free is left to others."""
    try:
        with open("/proc/meminfo") as file:  # noqa: PTH123
            free_kib = next(int(line.split()[1]) for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return True  # no Linux: let the system judge
    return num_bytes < free_kib * 1024 / 2
