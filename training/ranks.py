"""Several processes that train one network, as torchrun starts them; one process is the special case.

Gradients are averaged by torch's DistributedDataParallel: over gloo on CPUs, over nccl on GPUs. Whatever
depends on a clock is decided by the first process, or the others would wait for it for ever.
"""

import gc
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

LossOf = Callable[[Any, dict[str, Tensor]], Tensor]


@dataclass(frozen=True)
class Ranks:
    """Which process this is, of how many, and what it computes on."""

    rank: int
    count: int
    device: str

    @classmethod
    def joined(cls, device: str) -> "Ranks":
        """Waits for all that torchrun started; each has a GPU of its own where ``device`` is cuda."""
        count, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
        if device == "cuda":
            device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
            torch.cuda.set_device(device)
        if count > 1:
            dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
        return cls(rank, count, device)

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def parallel(self, module: nn.Module) -> nn.Module:
        """What to call instead, so that all processes have the mean of their gradients."""
        return DistributedDataParallel(module) if self.count > 1 else module

    def agreed(self, value: float) -> float:
        """The first process's value."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=self.device)
        dist.broadcast(shared, 0)
        return float(shared.item())

    def wait(self) -> None:
        """Until all are here."""
        if self.count > 1:
            dist.barrier()

    def leave(self) -> None:
        """When all are done. What ``parallel`` returned must be gone by then: it holds on to the group, whose
        threads would outlive it and abort the process."""
        if self.count > 1:
            dist.barrier()
            gc.collect()
            dist.destroy_process_group()


class Objective(nn.Module):
    """A network and its loss as one module, so that all that the loss asks goes through here."""

    def __init__(self, network: nn.Module, loss_of: LossOf) -> None:
        super().__init__()
        self.network, self.loss_of = network, loss_of

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        loss: Tensor = self.loss_of(self.network, batch)
        return loss
