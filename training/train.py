"""Trains one network of the built-in model: ``python -m training.train painter --minutes 85``.

The stages: composer, painter, finisher, upscale4 and upscale2 make pictures, judge measures them
(training/README.md); own learns pictures of your own: ``python -m training.train own --data FOLDER``.
A run writes a checkpoint every few minutes and goes on from it when started again with the same folder; the
learning rate follows the minutes trained, so a run that was cut off ends as one that was not. Beside the
checkpoint stands a sheet of samples. On several GPUs: ``torchrun --nproc-per-node 8 -m training.train …``.
"""

import argparse
import ctypes
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from training.feed import Batch, fed
from training.finisher import Finisher
from training.fitting import fit
from training.journal import Journal
from training.pictures import NoPictures, opened, prepare
from training.ranks import Objective, Ranks
from training.run import Run, rate_at
from training.sprites import Sprites, fetch
from training.stages import SIZES, STAGES, Material, Order, batches, loss_of, seed_of, words_in


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("stage", choices=STAGES)
    add("--minutes", type=float, default=60, help="training time in all, resumed runs counted in")
    add("--steps", type=int, help="so many steps in all, instead of --minutes")
    add("--folder", type=Path, default=Path("runs/first"), help="checkpoints, sheets, drawings")
    add("--data", type=Path, help="pictures of your own with captions beside them, for the stage own")
    add(
        "--size",
        choices=tuple(SIZES),
        default="standard",
        help="of a new network; see training/stages.py",
    )
    add("--batch", type=int, default=32, help="examples a step, of all processes together")
    add("--crop", type=int, default=64, help="side of the painter's crops: 64 or 96 base pixels")
    add("--rate", type=float, default=3e-3, help="peak learning rate, of Muon and of AdamW alike")
    add("--seed", type=int, default=1, help="of the data and of the weights")
    add("--threads", type=int, default=1, help="CPU threads; one stage a core beats one stage on two")
    add(
        "--device",
        default="cpu",
        choices=("cpu", "cuda"),
        help="torchrun gives each process its GPU",
    )
    add("--workers", type=int, default=0, help="processes that make batches ahead; a GPU wants many")
    add(
        "--lanes",
        type=int,
        help="pieces of a batch, each of a seed; unless said, one a process",
    )
    add("--compile", action="store_true", help="compile the network first: a minute or two, then faster")
    add("--save-every", type=float, default=3, help="minutes between checkpoints")
    add("--sheet-every", type=float, default=6, help="minutes between sheets of samples; 0 makes none")
    args = parser.parse_args()
    if args.steps is not None and args.steps < 1:
        parser.error("--steps: at least one")
    return args


def material_of(args: argparse.Namespace, ranks: Ranks) -> Material:
    """What batches are made of. The first process fetches or cuts it; the others wait."""
    if args.stage != "own":
        if ranks.is_first:
            fetch(args.folder / "drawings")
        ranks.wait()
        return Material(Sprites(fetch(args.folder / "drawings")))
    if args.data is None:
        raise SystemExit("own needs --data: a folder of pictures with captions beside them.")
    shards = args.folder / "pictures"
    if ranks.is_first:
        try:
            print(prepare(args.data, shards), flush=True)
        except NoPictures as error:
            raise SystemExit(str(error)) from error
    ranks.wait()
    pictures = opened(shards)
    return Material(shards=pictures, words=words_in(pictures))


def keep_memory() -> None:
    """Tells glibc to keep freed blocks: faulting them in again and again costs a tenth of a run on a CPU."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-4, 0)  # M_MMAP_MAX
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


def main() -> None:
    # --- Arguments, processes, data ---------------------------------------------------------------------
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a spinning libgomp starves the other stage
    keep_memory()
    args = arguments()
    torch.set_num_threads(args.threads)
    args.folder.mkdir(parents=True, exist_ok=True)
    ranks = Ranks.joined(args.device)
    material = material_of(args, ranks)

    # --- Network, optimizers, resume --------------------------------------------------------------------
    run = Run(args, ranks.device, material.words)
    material = replace(material, words=run.words)  # of own pictures: as they were in the first run
    if isinstance(run.network, Finisher) and run.step == 0:
        fit(run.network, material.drawings, args.seed)
    if args.compile:
        run.network.compile()
    size = sum(p.numel() for p in run.network.parameters()) / 1e6

    # --- Batches and objective --------------------------------------------------------------------------
    lanes = args.lanes or ranks.count
    mine = tuple(range(ranks.rank, lanes, ranks.count))
    order = Order(args.stage, args.batch, args.crop, args.seed, lanes, mine)
    made = partial(batches, material, order)
    feed = fed(made, run.step, args.workers, is_pinned=args.device == "cuda")
    losses = loss_of(args.stage, order.of_a_lane * len(mine), ranks.device)
    objective = ranks.parallel(Objective(run.network, losses))
    journal = Journal(run, material) if ranks.is_first else None
    if journal:
        print(
            f"{args.stage}: {size:.2f} M parameters, from step {run.step}, {ranks.count} processes",
            flush=True,
        )

    # --- Loop -------------------------------------------------------------------------------------------
    learn(run, args, ranks, objective, feed, journal)
    if journal:
        journal.close()
    del objective
    ranks.leave()


def learn(
    run: Run,
    args: argparse.Namespace,
    ranks: Ranks,
    objective: nn.Module,
    feed: Iterator[Batch],
    journal: Journal | None,
) -> None:
    """Until the minutes are over, or the steps done."""
    started, before = time.monotonic(), run.seconds
    while (done := run.step / args.steps if args.steps else run.seconds / (args.minutes * 60)) < 1:
        torch.manual_seed(seed_of(args.seed, run.step, ranks.rank))  # so a run goes on as if not cut off
        batch = {key: value.to(ranks.device, non_blocking=True) for key, value in next(feed).items()}
        with torch.autocast(args.device, torch.bfloat16):
            loss = objective(batch)
        loss.backward()
        run.descend(rate_at(done, run.step))
        run.samples += args.batch
        run.seconds = ranks.agreed(before + time.monotonic() - started)
        if journal:
            journal.note(loss.item())


if __name__ == "__main__":
    main()
