"""Training: it learns what it is shown, it can be cut off at any time, and its help tells all."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.models.conftest import DRAWINGS
from tests.rules.sources import ROOT
from training import upscale
from training.batches import composer_batches, painter_batches
from training.composer import Composer, ComposerShape
from training.feed import fed
from training.judge import Judge, judge_batches, judge_loss
from training.objective import DRAWS, composer_loss, painter_loss
from training.painter import Painter, PainterShape
from training.run import Run, optimizers, rate_at
from training.sprites import Sprites
from training.stages import SIZES as NETWORK_SIZES
from training.stages import STAGES, networks, shape_of
from training.vocabulary import COLOUR_NAMES, LIGHTS, PAINTED, PLACE_KINDS, STYLES, THINGS, WORDS

SIZES = (len(THINGS), len(COLOUR_NAMES), PLACE_KINDS)
Batch = dict[str, Tensor]


def losses(network: nn.Module, loss_of: Callable[[], Tensor], steps: int) -> tuple[float, float]:
    """The loss under one fixed draw of noise, before and after some steps under others."""
    torch.manual_seed(0)
    before = loss_of().item()
    chosen = optimizers(network, rate=5e-3)
    for _ in range(steps):
        loss_of().backward()  # type: ignore[no-untyped-call]
        for optimizer in chosen:
            optimizer.step()
            optimizer.zero_grad()
    torch.manual_seed(0)
    return before, loss_of().item()


def test_eight_captions_are_soon_learned(sprites: Sprites) -> None:
    torch.manual_seed(1)
    shape = ComposerShape(len(WORDS), *SIZES, len(LIGHTS), len(STYLES), width=32, readers=1, depth=2, heads=2)
    network, batch = Composer(shape), next(composer_batches(sprites, 8, seed=1))
    t = torch.linspace(0, 0.9, 8 * DRAWS)
    before, after = losses(network, lambda: composer_loss(network, batch, t), steps=40)
    assert after < before / 2


def test_eight_pictures_are_soon_learned(sprites: Sprites) -> None:
    torch.manual_seed(1)
    network = Painter(PainterShape(len(PAINTED), *SIZES[1:], width=16, condition=16))
    batch = next(painter_batches(sprites, 8, 32, seed=1))
    t = torch.linspace(0, 0.9, 8)
    before, after = losses(network, lambda: painter_loss(network, batch, t), steps=24)
    assert after < before / 2


def test_eight_enlargements_are_soon_learned(sprites: Sprites) -> None:
    torch.manual_seed(1)
    network = upscale.Upscaler(upscale.UpscalerShape(2, 16, 2, group=2))
    batch = next(upscale.batches(sprites, 8, 1))
    batch["large"] = 0.5 * batch["large"] + 0.3  # crisp it is from the beginning, but not paler
    before, after = losses(network, lambda: upscale.loss(network, batch), steps=100)
    assert after < before / 2


def test_the_way_to_1k_is_learned_from_renders_that_are_worn_anew(sprites: Sprites) -> None:
    torch.manual_seed(1)
    network = upscale.Upscaler(upscale.UpscalerShape(4, 16, 2))
    first, second = islice(upscale.crops_to_1k(sprites, 2, 1), 2)
    assert first["large"].shape == (2, 3, 256, 256) and first["small"].shape == (2, 3, 64, 64)
    assert not torch.equal(first["small"], second["small"])
    first["large"] = 0.5 * first["large"] + 0.3
    before, after = losses(network, lambda: upscale.loss(network, first), steps=60)
    assert after < before / 2


def test_the_judge_soon_knows_what_it_is_shown(sprites: Sprites) -> None:
    torch.manual_seed(1)
    network, batch = Judge(len(THINGS), len(COLOUR_NAMES)), next(judge_batches(sprites, 2, 1))
    before, after = losses(network, lambda: judge_loss(network, batch), steps=12)
    assert after < before / 2


@pytest.mark.parametrize("stage", ["composer", "painter", "judge"])
def test_batches_of_a_seed_are_the_same_again(sprites: Sprites, stage: str) -> None:
    def batches() -> list[Batch]:
        if stage == "painter":
            return list(islice(painter_batches(sprites, 3, 64, 5), 2))
        make = composer_batches if stage == "composer" else judge_batches
        return list(islice(make(sprites, 2, 5), 2))

    for one, other in zip(batches(), batches(), strict=True):
        assert all(torch.equal(one[key], other[key]) for key in one)


def options(folder: Path) -> argparse.Namespace:
    return argparse.Namespace(stage="upscale2", folder=folder, batch=1, rate=1e-3, seed=1, size="standard")


def step(run: Run, batch: Batch) -> None:
    upscale.loss(run.network, batch).backward()  # type: ignore[arg-type, no-untyped-call]
    run.descend(1.0)
    run.seconds += 1.5


def test_a_run_ends_before_what_is_no_number_spoils_it(tmp_path: Path) -> None:
    run = Run(options(tmp_path))
    for parameter in run.network.parameters():
        parameter.grad = torch.full_like(parameter, torch.nan)
    with pytest.raises(SystemExit, match="no numbers at step 0"):
        run.descend(1.0)
    assert all(parameter.isfinite().all() for parameter in run.network.parameters())
    assert run.step == 0


def test_a_run_goes_on_from_its_checkpoint_as_if_it_had_not_been_cut(tmp_path: Path) -> None:
    torch.manual_seed(3)
    batch = {"small": torch.rand(1, 3, 8, 8), "large": torch.rand(1, 3, 16, 16)}
    run = Run(options(tmp_path))
    step(run, batch)
    run.save()
    resumed = Run(options(tmp_path))
    assert (resumed.step, resumed.seconds) == (1, 1.5)
    for _ in range(2):
        step(run, batch)
        step(resumed, batch)
    for name, value in run.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name])
        assert torch.equal(run.average[name], resumed.average[name])


def test_a_checkpoint_is_whole_or_the_one_before(tmp_path: Path) -> None:
    run = Run(options(tmp_path))
    run.save()
    (tmp_path / "upscale2.tmp").write_bytes(b"cut off while writing")
    assert Run(options(tmp_path)).step == 0
    run.save()
    assert [path.name for path in tmp_path.iterdir()] == ["upscale2.pt"]


def train(*words: str) -> str:
    command = [sys.executable, "-m", "training.train", *words]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def smallest(folder: Path, *words: str) -> list[str]:
    """What to say to train the smallest network, with the drawings that there are."""
    folder.mkdir(exist_ok=True)
    if not (folder / "drawings").exists():
        (folder / "drawings").symlink_to(DRAWINGS)
    return ["upscale2", "--folder", str(folder), "--size", "small", "--sheet-every", "0", *words]


def left_in(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(folder / "upscale2.pt", weights_only=True)
    return found


def test_the_program_resumes_and_ends_on_time(sprites: Sprites, tmp_path: Path) -> None:
    asked = smallest(tmp_path, "--batch", "1", "--minutes", "0.005")
    assert "from step 0" in train(*asked)
    saved = left_in(tmp_path)
    assert saved["step"] > 0
    assert saved["card"]["command"].endswith("--minutes 0.005")
    assert f"from step {saved['step']}" in train(*asked)  # its time is over already
    after = left_in(tmp_path)
    assert (after["step"], after["seconds"]) == (saved["step"], saved["seconds"])
    json.dumps(after["card"])


@pytest.mark.timeout(600)  # several processes, each of which has torch to load
def test_a_run_that_was_killed_ends_as_one_that_was_not(sprites: Sprites, tmp_path: Path) -> None:
    """The same batches, noise and rates, so the same numbers to the last bit."""
    how = ("--batch", "2", "--steps", "12", "--save-every", "0")
    train(*smallest(tmp_path / "whole", *how))
    killed = tmp_path / "killed"
    with subprocess.Popen([sys.executable, "-m", "training.train", *smallest(killed, *how)], cwd=ROOT) as run:
        while not (killed / "upscale2.pt").exists():
            time.sleep(0.01)
        run.kill()
    assert 0 < left_in(killed)["step"] < 12
    train(*smallest(killed, *how))
    one, other = left_in(tmp_path / "whole"), left_in(killed)
    assert one["step"] == other["step"] == 12
    for kind in ("network", "average"):
        assert all(torch.equal(value, other[kind][name]) for name, value in one[kind].items())


@pytest.mark.timeout(600)  # several processes, each of which has torch to load
def test_two_processes_learn_what_one_does_from_the_same_batches(sprites: Sprites, tmp_path: Path) -> None:
    how = ("--batch", "4", "--lanes", "2", "--steps", "5")
    train(*smallest(tmp_path / "one", *how))
    two = smallest(tmp_path / "two", *how)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run([*launch, "-m", "training.train", *two], cwd=ROOT, check=True, capture_output=True)
    fresh = Run(argparse.Namespace(**{**vars(options(tmp_path)), "size": "small"}))
    one, other = (flat(left_in(tmp_path / name)["network"]) for name in ("one", "two"))
    start = flat(fresh.network.state_dict())
    way = (one - start).norm()
    assert way > 0
    assert (one - other).norm() < 0.05 * way  # sums are rounded in another order, to half precision


def flat(state: dict[str, Tensor]) -> Tensor:
    return torch.cat([value.flatten() for value in state.values()])


def numbered(first: int, every: int) -> Iterator[Batch]:
    return ({"step": torch.tensor(step)} for step in count(first, every))


@pytest.mark.parametrize("processes", [0, 2])
def test_batches_come_in_the_order_of_their_steps_however_many_make_them(processes: int) -> None:
    made = fed(numbered, 3, processes, is_pinned=False)
    assert [int(batch["step"]) for batch in islice(made, 5)] == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("size", NETWORK_SIZES)
@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_network_of_every_size(stage: str, size: str) -> None:
    with torch.device("meta"):
        network = networks(stage, shape_of(stage, size, words=("", "cat")))
    assert sum(p.numel() for p in network.parameters()) > 10_000


def test_the_help_names_every_stage_and_every_option() -> None:
    told = train("--help")
    assert [stage for stage in STAGES if stage not in told] == []
    assert [word for word in ("--minutes", "--folder", "--seed", "--device") if word not in told] == []


def test_the_rate_warms_up_holds_and_falls() -> None:
    assert rate_at(0, 0) < 0.01
    assert rate_at(0.2, 1000) == 1
    assert 0 < rate_at(1, 10_000) < 0.02
