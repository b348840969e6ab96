"""Distils the composer: guidance into the network, and sixteen steps into four.

``python -m training.distil --folder runs/first --minutes 20`` learns from ``composer.pt`` of that folder and
keeps its own checkpoint in ``distilled`` there, going on from it when started again. ``--measure`` trains
nothing, and prints how often either composes exactly what a caption asks for, and at what cost.

The student begins as its teacher. It is shown the way that its teacher took from noise, with guidance, and
learns to say where that ended (Luhman & Luhman 2021, with moments of the way as examples), unguided.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.batches import composer_example, stacked
from training.composer import CODES, Composer, Composition
from training.compositions import SceneMaker
from training.graphs import guided, guided_kinds
from training.run import Run, rate_at
from training.sheets import certain
from training.sprites import Sprites, fetch
from training.stages import load, seed_of

Batch = dict[str, Tensor]
GUIDANCE = 3.0
MEASURED = 20261121  # seed of the captions that measure: of combinations that no training has
POWER = 1.7  # of the times, as in limner.nano.sampler


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--folder", type=Path, default=Path("runs/first"), help="where composer.pt is, and drawings go")
    add("--minutes", type=float, default=20, help="training time in all, resumed runs counted in")
    add("--batch", type=int, default=24, help="captions a step")
    add("--teacher-steps", type=int, default=16, help="guided steps of the teacher")
    add("--examples", type=int, default=4, help="moments of each way that are learned from")
    add("--rate", type=float, default=4e-4, help="peak learning rate")
    add("--seed", type=int, default=1)
    add("--threads", type=int, default=1)
    add("--measure", action="store_true", help="only print how good and how fast both are")
    add("--captions", type=int, default=200, help="that measure")
    return parser.parse_args()


def moments(steps: int) -> list[float]:
    return [(k / steps) ** POWER for k in range(steps + 1)]


class Way:
    """How a network comes from noise to a scene: the noisy scenes, their times, and the end."""

    def __init__(self) -> None:
        self.noisy: list[Tensor] = []
        self.times: list[float] = []
        self.end: Composition | None = None


@torch.no_grad()
def way_of(network: Composer, batch: Batch, noise: Tensor, steps: int, guidance: float | None) -> Way:
    """With guidance away from no words, or without guidance (None)."""
    way, x = Way(), noise
    words, size = batch["words"], batch["size"]
    if guidance is not None:
        words, size = torch.cat([words, torch.zeros_like(words)]), torch.cat([size, size])
    read = network.read(words)
    spread = moments(steps)
    for t, following in pairwise(spread):
        way.noisy.append(x)
        way.times.append(t)
        twice = torch.cat([x, x]) if guidance is not None else x
        out = network(twice, torch.full((len(twice),), t), size, *read)
        way.end = led(out, guidance) if guidance is not None else out
        clean = network.encode(certain(way.end)).float()
        x = x + (following - t) / (1 - t) * (clean - x)
    return way


def led(out: Composition, guidance: float) -> Composition:
    """Of words and no words (2B, ...): guided as at run time, (B, ...)."""
    strength, no_ban = torch.tensor(guidance), torch.zeros(1)
    kinds = {
        name: guided(getattr(out, name).float(), strength, no_ban)
        for name in ("colours", "place", "light", "style")
    }
    things = guided_kinds(out.things.float(), strength, torch.zeros(1, 1, out.things.shape[-1]))
    frames, horizon = out.frames.chunk(2)[0], out.horizon.chunk(2)[0]
    return Composition(
        things, kinds["colours"], frames, kinds["place"], kinds["light"], kinds["style"], horizon
    )


def loss_of(student: Composer, batch: Batch, way: Way, chosen: list[int]) -> Tensor:
    """How far the student is, at some moments of the way, from where it ended; weighed as in training."""
    assert way.end is not None, "a way has at least one step"
    end, many = way.end, len(chosen)
    meaning, there = student.read(batch["words"])
    noisy = torch.cat([way.noisy[k] for k in chosen])
    t = torch.tensor([way.times[k] for k in chosen]).repeat_interleave(len(batch["words"]))
    size = batch["size"].repeat(many, 1)
    out = student(noisy, t, size, meaning.repeat(many, 1, 1), there.repeat(many, 1))
    things = end.things.argmax(-1).repeat(many, 1)
    there_is = (things > 0).float()
    objects = there_is.sum().clamp(min=1)
    loss = F.cross_entropy(out.things.float().transpose(1, 2), things, reduction="none").sum() / objects
    colours = end.colours.argmax(-1).repeat(many, 1)
    loss = loss + (named(out.colours, colours) * there_is).sum() / objects
    wrong = (out.frames.float() - end.frames.float().repeat(many, 1, 1)).square().mean(-1)
    loss = loss + 4 * (wrong * there_is).sum() / objects
    for kind in ("place", "light", "style"):
        loss = loss + 0.3 * named(getattr(out, kind), getattr(end, kind).argmax(-1).repeat(many)).mean()
    total: Tensor = loss + 0.3 * (out.horizon.float() - end.horizon.float().repeat(many, 1)).square().mean()
    return total


def named(logits: Tensor, kinds: Tensor) -> Tensor:
    logits = logits.float()
    return F.cross_entropy(logits.transpose(1, 2) if logits.dim() == 3 else logits, kinds, reduction="none")


def captions(sprites: Sprites, size: int, seed: int, evaluation: bool = False) -> Iterator[Batch]:
    for step in count():
        maker = SceneMaker(sprites, seed_of(seed, step), evaluation)
        yield stacked([composer_example(maker.scene(), sprites) for _ in range(size)])


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    sprites, teacher = Sprites(fetch(args.folder / "drawings")), load(args.folder / "composer.pt")
    kept = argparse.Namespace(**{**vars(args), "folder": args.folder / "distilled"})
    kept.stage, kept.size = "composer", "standard"
    kept.folder.mkdir(exist_ok=True)
    run = Run(kept)
    if not run.step:
        run.network.load_state_dict(teacher.state_dict())
        run.average = {name: value.clone() for name, value in teacher.state_dict().items()}
    if args.measure:
        measure(teacher, run, sprites, args.captions)
        return
    started, before = time.monotonic(), run.seconds
    rng = np.random.default_rng(seed_of(args.seed, run.step))
    for batch in captions(sprites, args.batch, seed_of(args.seed, run.step)):
        done = run.seconds / (args.minutes * 60)
        if done >= 1:
            break
        torch.manual_seed(seed_of(args.seed, run.step))
        with torch.autocast("cpu", torch.bfloat16):
            way = way_of(teacher, batch, torch.randn(args.batch, CODES), args.teacher_steps, GUIDANCE)
            chosen = rng.choice(args.teacher_steps, args.examples, replace=False).tolist()
            loss = loss_of(run.network, batch, way, [0, *chosen[1:]])  # type: ignore[arg-type]  # a Composer
        loss.backward()  # type: ignore[no-untyped-call]
        run.descend(rate_at(done, run.step))
        run.samples += args.batch
        run.seconds = before + time.monotonic() - started
        run.loss = loss.item()
        if run.step % 10 == 0:
            print(f"step {run.step}  minute {run.seconds / 60:.2f}  loss {run.loss:.4f}", flush=True)
            run.save()
    run.save()
    measure(teacher, run, sprites, args.captions)


def measure(teacher: Composer, run: Run, sprites: Sprites, count: int) -> None:
    """Exactly the things and colours of held-out captions, one noise each; passes of the network for it."""
    batch = next(captions(sprites, count, MEASURED, evaluation=True))
    student = run.averaged()
    torch.manual_seed(MEASURED)
    noise = torch.randn(count, CODES)
    print("| network | steps | passes | things and colours exact | place right | overlap | spread |")
    print("|---|---|---|---|---|---|---|")
    told = shape_told(batch["things"] > 0, batch["frames"])
    print(f"| captions' own scenes | | | | | {told} |")
    for name, network, guidance in (("teacher", teacher, GUIDANCE), ("student", student, None)):
        for steps in (16, 8, 4, 2):
            if name == "student" and steps == 16:
                continue
            with torch.autocast("cpu", torch.bfloat16):
                end = way_of(network, batch, noise, steps, guidance).end  # type: ignore[arg-type]
            assert end is not None
            exact = sum(asked(batch, k) == composed(end, k) for k in range(count)) / count
            place = float((end.place.argmax(-1) == batch["place"]).float().mean())
            passes = steps * (2 if guidance is not None else 1)
            shaped = shape_told(end.things.argmax(-1) > 0, end.frames.float())
            print(f"| {name} | {steps} | {passes} | {exact:.3f} | {place:.3f} | {shaped} |", flush=True)


def shape_told(there: Tensor, frames: Tensor) -> str:
    """How much boxes overlap (mean of intersection over union), and how far their centres are spread
    (standard deviation, in position units). Whoever knows only the mean scene has much of the one and little
    of the other."""
    low, high = (frames[..., :2] + sign * frames[..., 2:4].exp2() / 2 for sign in (-1, 1))
    least = torch.minimum(high[:, :, None], high[:, None]) - torch.maximum(low[:, :, None], low[:, None])
    shared, area = least.clamp(min=0).prod(-1), (high - low).prod(-1)
    pairs = (there[:, :, None] & there[:, None]).triu(1)
    overlap = (shared / (area[:, :, None] + area[:, None] - shared))[pairs].mean()
    spread = frames[..., :2][there].std(0).mean()
    return f"{overlap:.3f} | {spread:.3f}"


def asked(batch: Batch, number: int) -> Counter[tuple[int, int]]:
    pairs = zip(batch["things"][number].tolist(), batch["colours"][number].tolist(), strict=True)
    return Counter(pair for pair in pairs if pair[0])


def composed(end: Composition, number: int) -> Counter[tuple[int, int]]:
    things, colours = (logits[number].argmax(-1).tolist() for logits in (end.things, end.colours))
    return Counter(pair for pair in zip(things, colours, strict=True) if pair[0])


if __name__ == "__main__":
    main()
