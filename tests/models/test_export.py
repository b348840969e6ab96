"""Export: OpenVINO computes what torch computes, and the engine draws every size with any weights."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from limner.engines.engine import GenerationRequest
from limner.engines.nano import load as load_engine
from limner.inputs import SIZES_1K
from limner.nano.boxes import TEXT_TOKENS
from limner.nano.weights import Network, Weights
from training import upscale
from training.composer import Composer, ComposerShape
from training.export import export, export_words
from training.finisher import Finisher, FinisherShape
from training.graphs import (
    Describing,
    GuidedComposing,
    Reading,
    composing_example,
    describing_example,
    finishing_example,
    painting_example,
)
from training.painter import Painter, PainterShape
from training.stages import load
from training.vocabulary import COLOUR_NAMES, LIGHTS, PLACE_KINDS, STYLES, THINGS, WORDS

SIZES = (len(THINGS), len(COLOUR_NAMES), PLACE_KINDS)
STAGES = ("composer", "painter", "finisher", "upscale4", "upscale2")
CLOSE = 0.05  # relative error: OpenVINO computes in half precision on machines that have it

# OpenVINO reads networks through torch's tracer, which torch calls old, and which warns of shapes that vary.
pytestmark = pytest.mark.filterwarnings(
    "ignore::torch.jit.TracerWarning", "ignore:`torch.jit.trace:DeprecationWarning"
)


def tiny(stage: str) -> nn.Module:
    if stage == "composer":
        kinds = (len(LIGHTS), len(STYLES))
        return Composer(ComposerShape(len(WORDS), *SIZES, *kinds, width=32, readers=1, depth=1, heads=2))
    if stage == "painter":
        return Painter(PainterShape(*SIZES, width=8, condition=8))
    if stage == "finisher":
        return Finisher(FinisherShape(len(LIGHTS), len(STYLES), width=8, condition=8, depth=1, fine=8))
    if stage == "upscale4":
        return upscale.Upscaler(upscale.UpscalerShape(4, 8, 1))
    return upscale.Upscaler(upscale.UpscalerShape(2, 8, 1, group=2))


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(1)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as training leaves it, of networks that have learned nothing."""
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(1)
    for stage in STAGES:
        network = tiny(stage)
        shape = asdict(network.shape)  # type: ignore[call-overload]
        card = {"command": "a test", "seed": 1, "batch": 1, "commit": "", "loss": 1.0, "samples": 0}
        state = {"stage": stage, "shape": shape, "average": network.state_dict(), "card": card}
        torch.save({**state, "step": 0, "seconds": 0.0}, folder / f"{stage}.pt")
    return folder


@pytest.fixture(scope="module")
def exported(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("weights")
    export(checkpoints, out, "test", {"own_colours": {"apple": ["red"]}, "drawings": {}})
    return out


def assert_agree(network: Network, module: nn.Module, example: dict[str, Tensor]) -> None:
    with torch.no_grad():
        wanted = module(*example.values())
    found = network({name: value.numpy() for name, value in example.items()})
    outputs = wanted if isinstance(wanted, tuple) else (wanted,)
    for one, (name, other) in zip(outputs, found.items(), strict=True):
        error = np.linalg.norm(other - one.numpy()) / np.linalg.norm(one.numpy())
        assert error < CLOSE, name


def test_the_composer_agrees_with_torch(checkpoints: Path, exported: Path) -> None:
    network, weights = load(checkpoints / "composer.pt"), Weights(exported, threads=1)
    words = torch.zeros(2, TEXT_TOKENS, dtype=torch.long)
    words[0, :5] = torch.tensor([5, 60, 1, 8, 61])
    assert_agree(weights.reader, Reading(network), {"words": words})
    example = composing_example(network) | {"guidance": torch.tensor([2.5])}
    example["ban_colours"][:, 3] = -1e4
    assert_agree(weights.composer, GuidedComposing(network), example)


@pytest.mark.parametrize(("h", "w", "objects"), [(32, 32, 8), (32, 32, 2), (24, 44, 1)])
def test_the_painter_agrees_with_torch_in_every_size_and_with_any_number_of_objects(
    checkpoints: Path, exported: Path, h: int, w: int, objects: int
) -> None:
    network, weights = load(checkpoints / "painter.pt"), Weights(exported, threads=1)
    example = describing_example(h, w)
    example["things"][0, :2], example["colours"][0, 1] = 4, 2
    example["boxes"][0, :2] = torch.tensor([[40.0, 50, 20, 30, 1], [80, 60, 24, 24, -1]])
    for name in ("things", "colours", "boxes"):
        example[name] = example[name][:, :objects]
    assert_agree(weights.condition, Describing(network), example)
    assert_agree(weights.painter, network, painting_example(network, h, w))


@pytest.mark.parametrize(("h", "w"), [(32, 32), (16, 48)])
def test_the_finisher_agrees_with_torch_in_every_size(
    checkpoints: Path, exported: Path, h: int, w: int
) -> None:
    network = load(checkpoints / "finisher.pt")
    example = finishing_example(h, w) | {"style": torch.tensor([3]), "light": torch.tensor([2])}
    assert_agree(Weights(exported, threads=1).finisher, network, example)


@pytest.mark.parametrize("stage", ["upscale4", "upscale2"])
def test_the_upscalers_agree_with_torch_in_every_size(checkpoints: Path, exported: Path, stage: str) -> None:
    network, weights = load(checkpoints / f"{stage}.pt"), Weights(exported, threads=1)
    for side in (16, 32):
        example = {"small": torch.rand(1, 3, side, 2 * side) * 2 - 1}
        assert_agree(getattr(weights, stage), network, example)


@pytest.mark.parametrize("ratio", SIZES_1K)
def test_the_engine_draws_every_ratio_with_them(exported: Path, ratio: str) -> None:
    width, height = SIZES_1K[ratio]
    engine = load_engine({"weights": str(exported), "threads": "1"})
    request = GenerationRequest('a red apple "YES"', width, height, (1,), num_inference_steps=3)
    made = engine.generate(request, lambda progress: None)
    assert made.made_by == "nano/test"
    assert made.images[0].shape == (height, width, 3)


def test_words_are_exported_without_networks(exported: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(exported, tmp_path / "out"))
    export_words(out, "test.2", {})
    assert json.loads((out / "model.json").read_text())["version"] == "test.2"
    assert (out / "CARD.md").read_text() == (exported / "CARD.md").read_text().replace("test", "test.2", 1)
    assert (out / "painter.bin").read_bytes() == (exported / "painter.bin").read_bytes()


def test_a_missing_stage_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"composer\.pt"):
        export(tmp_path, tmp_path / "out", "test", {})
