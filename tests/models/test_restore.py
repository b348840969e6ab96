"""Shipped graphs read back into networks are what was exported."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from training.restore import SAVERS, SHIPPED, constants, main, restore
from training.run import Run
from training.stages import networks
from training.train import arguments

pytestmark = pytest.mark.filterwarnings(
    "ignore::torch.jit.TracerWarning", "ignore:`torch.jit.trace:DeprecationWarning"
)
SOME = ("composer", "upscale2")  # with everything that is special: embeddings, folded factors, convolutions


@pytest.mark.parametrize("stage", SOME)
def test_a_restored_network_exports_to_the_same_numbers(stage: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = networks(stage)
    assert restore(network, stage, SHIPPED) == []
    save, names = SAVERS[stage]
    save(network.eval(), tmp_path)
    for name in names:
        pairs = zip(constants(SHIPPED / name), constants(tmp_path / name), strict=True)
        assert all(np.allclose(a, b, rtol=2e-3, atol=2e-4) for a, b in pairs)


def test_what_has_been_trained_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["restore", "upscale2", "--folder", str(tmp_path)])
    run = Run(arguments())
    run.step = 1
    run.save()
    before = run.path.read_bytes()
    with pytest.raises(SystemExit, match="trained already"):
        main()
    assert run.path.read_bytes() == before
