"""Export: OpenVINO computes what torch computes, and the engine draws every size with any weights."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from limner.engines.engine import GenerationRequest
from limner.engines.nano import load as load_engine
from limner.inputs import SIZES_1K
from limner.nano.weights import Network, Weights
from training import upscale
from training.batches import WORDS
from training.export import GuidedLayout, Painting, export, layout_example, painting_example
from training.networks import LayoutShape, LayoutTransformer, PixelNetwork, PixelShape
from training.train import load
from training.vocabulary import COLOUR_NAMES, PLACE_KINDS, THINGS

SIZES = (len(THINGS), len(COLOUR_NAMES), PLACE_KINDS)
CLOSE = 0.05  # relative error: OpenVINO computes in half precision on machines that have it

# OpenVINO reads networks through torch's tracer, which torch calls old, and which warns of shapes that vary.
pytestmark = pytest.mark.filterwarnings(
    "ignore::torch.jit.TracerWarning", "ignore:`torch.jit.trace:DeprecationWarning"
)


def tiny(stage: str) -> nn.Module:
    if stage == "layout":
        return LayoutTransformer(LayoutShape(len(WORDS), *SIZES, width=32, depth=1, heads=2))
    if stage == "pixels":
        return PixelNetwork(PixelShape(*SIZES, width=8, condition=8))
    scale = upscale.SHAPES[stage].scale
    return upscale.Upscaler(upscale.UpscalerShape(scale, 8, 1, group=scale // 2 if scale == 2 else 1))


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(1)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as training leaves it, of networks that have learned nothing."""
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(1)
    for stage in ("layout", "pixels", "upscale8", "upscale2"):
        network = tiny(stage)
        shape = asdict(network.shape)  # type: ignore[call-overload]
        card = {"command": "a test", "seed": 1, "batch": 1, "commit": "", "loss": 1.0, "samples": 0}
        state = {"stage": stage, "shape": shape, "average": network.state_dict(), "card": card}
        torch.save({**state, "step": 0, "seconds": 0.0}, folder / f"{stage}.pt")
    return folder


@pytest.fixture(scope="module")
def exported(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("weights")
    export(checkpoints, out, "test")
    return out


def assert_agree(network: Network, module: nn.Module, example: dict[str, Tensor]) -> None:
    with torch.no_grad():
        wanted = module(*example.values())
    found = network({name: value.numpy() for name, value in example.items()})
    outputs = wanted if isinstance(wanted, tuple) else (wanted,)
    for one, (name, other) in zip(outputs, found.items(), strict=True):
        error = np.linalg.norm(other - one.numpy()) / np.linalg.norm(one.numpy())
        assert error < CLOSE, name


def test_the_layout_agrees_with_torch(checkpoints: Path, exported: Path) -> None:
    example = layout_example() | {"guidance": torch.tensor([2.5])}
    example["words"][1] = 0
    module = GuidedLayout(load(checkpoints / "layout.pt"))
    assert_agree(Weights(exported, threads=1).layout, module, example)


@pytest.mark.parametrize(("h", "w"), [(16, 16), (12, 22)])
def test_the_pixels_agree_with_torch_in_every_size(checkpoints: Path, exported: Path, h: int, w: int) -> None:
    example = painting_example(h, w)
    example["thing"][:, 2:9, 3:8] = 4
    module = Painting(load(checkpoints / "pixels.pt"))
    assert_agree(Weights(exported, threads=1).pixels, module, example)


@pytest.mark.parametrize("stage", ["upscale8", "upscale2"])
def test_the_upscalers_agree_with_torch_in_every_size(checkpoints: Path, exported: Path, stage: str) -> None:
    network = getattr(Weights(exported, threads=1), stage)
    for side in (16, 32):
        example = {"small": torch.rand(1, 3, side, 2 * side) * 2 - 1}
        assert_agree(network, load(checkpoints / f"{stage}.pt"), example)


@pytest.mark.parametrize("ratio", SIZES_1K)
def test_the_engine_draws_every_ratio_with_them(exported: Path, ratio: str) -> None:
    width, height = SIZES_1K[ratio]
    engine = load_engine({"weights": str(exported), "threads": "1"})
    request = GenerationRequest('a red apple "YES"', width, height, (1,), num_inference_steps=3)
    made = engine.generate(request, lambda progress: None)
    assert made.made_by == "nano/test"
    assert made.images[0].shape == (height, width, 3)


def test_a_missing_stage_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"layout\.pt"):
        export(tmp_path, tmp_path / "out", "test")
