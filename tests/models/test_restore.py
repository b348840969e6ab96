"""Shipped graphs read back into networks are what was exported."""

from pathlib import Path

import numpy as np
import pytest
import torch

from training.restore import SAVERS, SHIPPED, constants, restore
from training.stages import networks

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
