"""Trains one network of the built-in model: ``python -m training.train painter --minutes 85``.

The stages: composer, painter, finisher and upscale2 make pictures, judge measures them (training/README.md).
A run writes a checkpoint every few minutes and goes on from it when started again with the same folder; the
learning rate follows the minutes trained, so a run that was cut off ends as one that was not.
"""

import argparse
import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training import upscale
from training.batches import composer_batches, painter_batches
from training.composer import Composer, ComposerShape
from training.finisher import Finisher, FinisherShape, finisher_batches, finisher_loss, fit_tints
from training.judge import Judge, judge_batches, judge_loss
from training.objective import DRAWS, composer_loss, composer_times, painter_loss, painter_times
from training.painter import Painter, PainterShape
from training.sprites import Sprites, fetch
from training.vocabulary import COLOUR_NAMES, LIGHTS, PLACE_KINDS, STYLES, THINGS, WORDS

Batch = dict[str, Tensor]
STAGES = ("composer", "painter", "finisher", "upscale2", "judge")
EDGES = (  # how the names of embeddings, first and last layers begin
    "words", "order", "objects.thing", "objects.form", "objects.colour", "place.", "head", "enter", "leave3",
    "patch", "first", "last", "style", "light", "tile",
)  # fmt: skip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument(
        "--minutes", type=float, default=60, help="training time in all, resumed runs counted in"
    )
    parser.add_argument("--folder", type=Path, default=Path("runs/first"), help="checkpoints, logs, drawings")
    parser.add_argument("--batch", type=int, default=32, help="examples a step")
    parser.add_argument(
        "--crop", type=int, default=64, help="side of the crops of pixels: 64 or 96 base pixels"
    )
    parser.add_argument(
        "--rate", type=float, default=3e-3, help="peak learning rate, of Muon and of AdamW alike"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the data and of the weights")
    parser.add_argument(
        "--threads", type=int, default=1, help="CPU threads; one stage a core beats one stage on two"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--save-every", type=float, default=3, help="minutes between checkpoints")
    return parser.parse_args()


def networks(stage: str, shape: Mapping[str, int] | None = None) -> nn.Module:
    """A fresh network of a stage: of the shape given, or of the one that is trained with this vocabulary."""
    things, colours, places = len(THINGS), len(COLOUR_NAMES), PLACE_KINDS
    known = {"things": things, "colours": colours, "places": places}
    if stage == "composer":
        said = {"words": len(WORDS), "lights": len(LIGHTS), "styles": len(STYLES)}
        return Composer(ComposerShape(**(shape or known | said)))
    if stage == "finisher":
        return Finisher(FinisherShape(**(shape or {"lights": len(LIGHTS), "styles": len(STYLES)})))
    if stage == "upscale2":
        return upscale.Upscaler(upscale.UpscalerShape(**shape) if shape else upscale.SHAPES[stage])
    if stage == "judge":
        return Judge(things, colours)
    return Painter(PainterShape(**(shape or known)))


def objective(
    stage: str, sprites: Sprites, args: argparse.Namespace
) -> tuple[Iterator[Batch], Callable[[Any, Batch], Tensor]]:
    """The endless batches of a stage, and the loss of a network on one."""
    if stage == "composer":
        captions = composer_batches(sprites, args.batch, args.seed)
        return captions, lambda n, b: composer_loss(n, b, composer_times(DRAWS * args.batch).to(args.device))
    if stage == "judge":
        return judge_batches(sprites, args.batch, args.seed), judge_loss
    if stage == "upscale2":
        return upscale.batches(sprites, args.batch, args.seed), upscale.loss
    if stage == "finisher":
        made = args.folder / "painter.pt"  # finishing what it paints is better learned on what it paints
        painter = load(made) if made.exists() else None
        return finisher_batches(sprites, args.batch, args.seed, painter), finisher_loss
    crops = painter_batches(sprites, args.batch, args.crop, args.seed)
    return crops, lambda n, b: painter_loss(n, b, painter_times(args.batch).to(args.device))


def load(path: Path) -> Any:
    """The averaged network of a checkpoint, of the shape that is written there, ready for use on the CPU."""
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    network = networks(checkpoint["stage"], checkpoint["shape"])
    network.load_state_dict(checkpoint["average"])
    return network.eval()


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
    """What a checkpoint holds: the network, its running average, the optimizers, and how far it has come."""

    def __init__(self, args: argparse.Namespace) -> None:
        torch.manual_seed(args.seed)
        self.args, self.path = args, args.folder / f"{args.stage}.pt"
        self.network = networks(args.stage).to(args.device)
        self.optimizers = optimizers(self.network, args.rate)
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.step, self.samples, self.seconds, self.loss = 0, 0, 0.0, float("nan")
        if self.path.exists():
            self.resume()

    def resume(self) -> None:
        saved = torch.load(self.path, map_location=self.args.device, weights_only=True)
        self.network.load_state_dict(saved["network"])
        for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.average, self.step, self.seconds = saved["average"], saved["step"], saved["seconds"]
        self.loss = saved["card"].get("loss", self.loss)
        self.samples = saved["card"].get("samples", self.step * self.args.batch)
        torch.manual_seed(self.args.seed + self.step)

    def save(self) -> None:
        shape: Any = getattr(self.network, "shape", None)
        state = {
            "stage": self.args.stage,
            "shape": asdict(shape) if shape else {},
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

    def update_average(self) -> None:
        decay = min(0.999, (1 + self.step) / (20 + self.step))
        for name, value in self.network.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)


def commit() -> str:
    """What the code was at; the empty string outside of a checkout."""
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def keep_memory() -> None:
    """Tells glibc to keep freed blocks: faulting them in again and again costs a tenth of a run on a CPU."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-4, 0)  # M_MMAP_MAX
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


def main() -> None:
    # --- Arguments, device, data ----------------------------------------------------------------------------
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a spinning libgomp starves the other stage
    keep_memory()
    args = arguments()
    torch.set_num_threads(args.threads)
    args.folder.mkdir(parents=True, exist_ok=True)
    sprites = Sprites(fetch(args.folder / "drawings"))

    # --- Network, optimizer, resume -------------------------------------------------------------------------
    run = Run(args)
    if isinstance(run.network, Finisher) and run.step == 0:
        fit_tints(run.network, sprites, args.seed)
    fresh = argparse.Namespace(**{**vars(args), "seed": args.seed + 1000 * run.step})  # no scene twice
    batches, loss_of = objective(args.stage, sprites, fresh)
    size = sum(p.numel() for p in run.network.parameters()) / 1e6
    print(f"{args.stage}: {size:.2f} M parameters, from step {run.step}", flush=True)

    # --- Loop -----------------------------------------------------------------------------------------------
    started, before, recent = time.monotonic(), run.seconds, []
    saved = reported = started
    while run.seconds < args.minutes * 60:
        for optimizer in run.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = args.rate * rate_at(run.seconds / (args.minutes * 60), run.step)
        batch = {key: value.to(args.device) for key, value in next(batches).items()}
        with torch.autocast(args.device, torch.bfloat16):
            loss = loss_of(run.network, batch)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
        for optimizer in run.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        run.step += 1
        run.samples += args.batch
        run.update_average()
        recent.append(loss.item())
        now = time.monotonic()
        run.seconds = before + now - started

        # --- Report and save --------------------------------------------------------------------------------
        if now - reported > 30:
            mean = run.loss = round(sum(recent) / len(recent), 5)
            minutes = round(run.seconds / 60, 2)
            line = {"step": run.step, "minutes": minutes, "loss": mean, "samples": run.samples}
            print(json.dumps(line), flush=True)
            reported, recent = now, []
        if now - saved > args.save_every * 60:
            run.save()
            saved = now
    run.save()


if __name__ == "__main__":
    main()
