"""The finisher learns what it is shown, in each style by itself, and exports as it is."""

import numpy as np
import openvino as ov
import pytest
import torch
from torch import Tensor

from limner.nano.weights import Network
from training.export import save_finisher
from training.finisher import Finisher, FinisherShape, Known, finisher_loss
from training.finishing import CROP, finisher_batches
from training.run import optimizers
from training.sprites import Sprites
from training.vocabulary import LIGHTS, STYLES

Batch = dict[str, Tensor]
TINY = FinisherShape(len(LIGHTS), len(STYLES), width=16, condition=8, depth=1, fine=8)


@pytest.fixture(scope="module")
def batch(sprites: Sprites) -> Batch:
    return next(finisher_batches(sprites, 4, seed=1))


@pytest.fixture
def network() -> Finisher:
    torch.manual_seed(1)
    return Finisher(TINY)


def known(batch: Batch) -> Batch:
    return Known.of(batch)._asdict()


def test_batches_are_the_same_again_and_of_one_shape(sprites: Sprites, batch: Batch) -> None:
    again = next(finisher_batches(sprites, 4, seed=1))
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    assert batch["large"].shape == (4, 3, 8 * CROP, 8 * CROP)
    assert batch["small"].shape == (4, 3, 2 * CROP, 2 * CROP)


def test_a_few_finishes_are_soon_learned(network: Finisher, batch: Batch) -> None:
    cut = {"large": batch["large"][..., :128, :128], "small": batch["small"][..., :32, :32]}
    cut["mask"] = batch["mask"][..., :32, :32]
    cut["cover"] = batch["cover"][..., :4, :4]
    cut |= {name: batch[name][..., :16, :16] for name in ("around", "grain", "places")}
    cut |= {"light": torch.tensor([2, 0, 1, 0]), "style": torch.tensor([0, 4, 0, 7])}
    cut["large"] = cut["large"] * torch.tensor([1.0, 0.2, -1.0, 0.5]).view(4, 1, 1, 1)
    before = finisher_loss(network, cut).item()
    chosen = optimizers(network, rate=1e-2)
    for _ in range(40):
        finisher_loss(network, cut).backward()  # type: ignore[no-untyped-call]
        for optimizer in chosen:
            optimizer.step()
            optimizer.zero_grad()
    assert finisher_loss(network, cut).item() < before / 2


def test_by_day_and_in_no_style_a_picture_only_gets_crisp(network: Finisher, batch: Batch) -> None:
    inputs = known(batch) | {
        "light": torch.zeros(4, dtype=torch.long),
        "style": torch.zeros(4, dtype=torch.long),
    }
    with torch.no_grad():
        out = network(**inputs)
        network.last.weight.fill_(1)
        for of_each in (network.style_tint, network.light_tint, network.light_falls, network.light_fallen):
            of_each.weight[0] = 1  # as training leaves it, where a light comes without a style
        assert torch.equal(network(**inputs), out)
    soft = torch.nn.functional.interpolate(batch["small"], scale_factor=4.0, mode="bilinear")
    assert (out - soft).abs().mean() < 0.02  # the same but for the edges
    assert steepest(out) > 1.5 * steepest(soft)


def steepest(picture: Tensor) -> float:
    return float((picture[..., 1:] - picture[..., :-1]).abs().flatten().quantile(0.999))


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore:`torch.jit.trace:DeprecationWarning")
@pytest.mark.parametrize("side", [16, 32])
def test_the_exported_finisher_agrees_in_every_size(
    network: Finisher, batch: Batch, tmp_path_factory: pytest.TempPathFactory, side: int
) -> None:
    out = tmp_path_factory.mktemp("finisher")
    save_finisher(network.eval(), out)
    compiled = ov.Core().compile_model(out / "finisher.xml", "CPU", {"INFERENCE_NUM_THREADS": 1})
    inputs = {name: value[:1] for name, value in known(batch).items()}
    inputs["style"] = torch.tensor([7])
    inputs |= {name: inputs[name][..., :side, :side] for name in ("around", "grain", "places")}
    inputs["small"] = inputs["small"][..., : 2 * side, : 2 * side]
    inputs["cover"] = inputs["cover"][..., : side // 4, : side // 4]
    with torch.no_grad():
        wanted = network(**inputs).numpy()
    found = Network(compiled)({name: value.numpy() for name, value in inputs.items()})["large"]
    assert np.linalg.norm(found - wanted) / np.linalg.norm(wanted) < 0.05
