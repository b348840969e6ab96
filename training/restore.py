"""Reads a network back from exported graphs, so that training can go on from weights that were shipped.

``python -m training.restore finisher --folder runs/first`` writes ``finisher.pt`` as if it had been trained
there. Which constant of a graph is which parameter is found by exporting a network of random numbers in the
same way. Optimizers begin anew. The composer's sharpness is folded into its graph, and is solved for.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.export import save_composer, save_finisher, save_painter, save_upscaler
from training.run import Run
from training.train import arguments

Array = NDArray[np.float32]
SAVERS: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
    "composer": (save_composer, ("reader.xml", "composer.xml")),
    "painter": (save_painter, ("condition.xml", "painter.xml")),
    "finisher": (save_finisher, ("finisher.xml",)),
    "upscale4": (save_upscaler, ("upscale4.xml",)),
    "upscale2": (save_upscaler, ("upscale2.xml",)),
}
SHIPPED = Path("src/limner/nano/weights")


def constants(graph: Path) -> list[Array]:
    """Every floating-point constant of a graph, in the order of its operations."""
    ops = ov.Core().read_model(graph).get_ordered_ops()
    found = [op.get_data() for op in ops if op.get_type_name() == "Constant"]
    return [value.astype(np.float32) for value in found if value.dtype.kind == "f"]


def scrambled(network: nn.Module) -> nn.Module:
    """With numbers of which no two are alike, so that each constant says whose it is."""
    for parameter in network.parameters():
        nn.init.normal_(parameter)
    return network


def placed(value: Tensor, known: Sequence[Array]) -> tuple[int, bool] | None:
    """Which constant a parameter became, and whether it lies transposed there."""
    wanted = value.detach().numpy().astype(np.float16).astype(np.float32)
    for index, constant in enumerate(known):
        if constant.size != wanted.size:
            continue
        if np.allclose(constant.ravel(), wanted.ravel(), rtol=2e-3, atol=1e-4):
            return index, False
        if wanted.ndim == 2 and np.allclose(constant.ravel(), wanted.T.ravel(), rtol=2e-3, atol=1e-4):
            return index, True
    return None


def folded(value: Tensor, scramble: Sequence[Array], shipped: Sequence[Array]) -> Array | None:
    """A factor's logarithm, whose exponential the graph holds times something that never changes."""
    factor = value.detach().exp().numpy()
    for before, after in zip(scramble, shipped, strict=True):
        if before.size == factor.size:
            times = before.ravel() / factor.ravel()
            if np.allclose(times, times[0], rtol=2e-3):
                logarithm: Array = np.log(after.reshape(factor.shape) / times[0])
                return logarithm
    return None


def restore(network: nn.Module, stage: str, weights: Path) -> list[str]:
    """Fills a network of this stage from the graphs in ``weights``; returns what is not there."""
    save, names = SAVERS[stage]
    with tempfile.TemporaryDirectory() as folder:
        save(scrambled(network).eval(), Path(folder))
        scrambles = [constants(Path(folder) / name) for name in names]
    shipped = [constants(weights / name) for name in names]
    missing = []
    for name, parameter in network.named_parameters():
        for scramble, values in zip(scrambles, shipped, strict=True):
            found = placed(parameter, scramble)
            if found is not None:
                index, is_turned = found
                value = torch.from_numpy(values[index])
                turned = value.view(parameter.shape[::-1]).T if is_turned else value.view(parameter.shape)
                parameter.data = turned.contiguous().clone()
                break
            logarithm = folded(parameter, scramble, values)
            if logarithm is not None:
                parameter.data = torch.from_numpy(logarithm).float()
                break
        else:
            missing.append(name)
    return missing


def main() -> None:
    args = arguments()
    args.folder.mkdir(parents=True, exist_ok=True)
    run = Run(args)
    if run.step:
        raise SystemExit(f"{run.path} has been trained already: move it away first.")
    missing = restore(run.network, args.stage, SHIPPED)
    print(json.dumps({"stage": args.stage, "not found": missing}))
    run.average = {name: value.detach().clone() for name, value in run.network.state_dict().items()}
    run.save()


if __name__ == "__main__":
    main()
