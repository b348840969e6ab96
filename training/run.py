"""A run: the network in training, its running average, its optimizers, and how far it has come.

A checkpoint holds all of it; it is written whole, or the one before stays.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import nn

from training.stages import networks, shape_of

EDGES = (  # how the names of embeddings, first and last layers begin
    "words", "order", "objects.thing", "objects.form", "objects.colour", "place.", "head", "enter", "leave3",
    "patch", "first", "last", "style", "light", "tile", "at.",
)  # fmt: skip


def optimizers(network: nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    """Muon (Jordan 2024) for the matrices inside, AdamW for embeddings, biases, first and last layers."""
    named = list(network.named_parameters())
    inside = {name for name, _ in named if not name.startswith(EDGES) and "modulation" not in name}
    matrices = [p for name, p in named if p.ndim == 2 and name in inside]
    rest = [p for name, p in named if not any(p is m for m in matrices)]
    found: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
    ]
    if matrices:
        found.append(
            torch.optim.Muon(matrices, lr=rate, weight_decay=0.01, ns_steps=4, adjust_lr_fn="match_rms_adamw")
        )
    return found


def rate_at(done: float, step: int) -> float:
    """Share of the peak rate after ``done`` (0 to 1) of the time: a short warm-up, a plateau, a long fall."""
    return min(1.0, (step + 1) / 150) * min(1.0, max(0.01, (1 - done) / 0.65))


class Run:
    """What a checkpoint holds. ``words`` are those of own pictures, kept in the order of their first run."""

    def __init__(self, args: argparse.Namespace, device: str = "cpu", words: Sequence[str] = ()) -> None:
        torch.manual_seed(args.seed)
        self.args, self.path = args, args.folder / f"{args.stage}.pt"
        self.device, self.words = device, tuple(words)
        saved = torch.load(self.path, map_location=device, weights_only=True) if self.path.exists() else None
        shape = saved["shape"] if saved else shape_of(args.stage, args.size, words)
        self.network = networks(args.stage, shape).to(device)
        self.optimizers = optimizers(self.network, args.rate)
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.step, self.samples, self.seconds, self.loss = 0, 0, 0.0, float("nan")
        if saved:
            self.resume(saved)

    def resume(self, saved: dict[str, Any]) -> None:
        self.network.load_state_dict(saved["network"])
        for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.average, self.step, self.seconds = saved["average"], saved["step"], saved["seconds"]
        self.words = tuple(saved.get("words", ()))
        self.loss = saved["card"].get("loss", self.loss)
        self.samples = saved["card"].get("samples", self.step * self.args.batch)

    def save(self) -> None:
        shape: Any = getattr(self.network, "shape", None)
        state = {
            "stage": self.args.stage,
            "shape": asdict(shape) if shape else {},
            "words": list(self.words),
            "network": self.network.state_dict(),
            "average": self.average,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "seconds": self.seconds,
            "card": {
                "command": " ".join(sys.argv),
                "seed": self.args.seed,
                "batch": self.args.batch,
                "commit": commit(),
                "loss": self.loss,
                "samples": self.samples,
            },
        }
        temporary = self.path.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(self.path)

    def descend(self, share: float) -> None:
        """One step of the optimizers along the gradients that there are, at a share of the peak rate.

        Ends the run before gradients that are no numbers spoil it; the checkpoint stays as it is.
        """
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        if not norm.isfinite():
            raise SystemExit(
                f"Gradients are no numbers at step {self.step}: try a lower --rate, or no --compile."
            )
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.args.rate * share
            optimizer.step()
            optimizer.zero_grad()
        self.step += 1
        self.update_average()

    def update_average(self) -> None:
        decay = min(0.999, (1 + self.step) / (20 + self.step))
        for name, value in self.network.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)

    def averaged(self) -> nn.Module:
        """A copy of the network with its average, on the CPU."""
        shape: Any = getattr(self.network, "shape", None)
        network = networks(self.args.stage, asdict(shape) if shape else None)
        network.load_state_dict(self.average)
        return network.eval()


def commit() -> str:
    """What the code was at; the empty string outside of a checkout."""
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
