"""The judge: a small classifier trained on renders only, which says what thing it sees in a picture.

It reports; it never chooses among samples. Evaluation on the model's own pictures is in training/evaluate.py.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.networks import ChannelNorm, Conv
from training.scenes import Scene, SceneMaker, render, whole
from training.sprites import Sprites
from training.vocabulary import COLOUR_NAMES, PLACES, THINGS

SIDE = 64  # the judge looks at pictures of this size


class Judge(nn.Module):
    """(B, 3, SIDE, SIDE) in [-1, 1] -> logits of the single thing, of its colour, and of the place."""

    def __init__(self, things: int) -> None:
        super().__init__()
        self.sizes = (things, len(COLOUR_NAMES), len(PLACES))
        layers: list[nn.Module] = []
        for inputs, outputs in ((12, 48), (48, 96), (96, 160), (160, 224)):
            layers += [
                Conv(inputs, outputs),
                nn.SiLU(),
                ChannelNorm(),
                Conv(outputs, outputs),
                nn.SiLU(),
                ChannelNorm(),
                nn.MaxPool2d(2),
            ]
        self.trunk = nn.Sequential(*layers)
        self.head = nn.Linear(224 * 4, sum(self.sizes))

    def forward(self, x: Tensor) -> list[Tensor]:
        seen = self.trunk(F.pixel_unshuffle(x, 2))
        return list(self.head(seen.flatten(1)).split(self.sizes, -1))


def single(scene: Scene) -> Scene:
    return replace(scene, things=scene.things[:1])


def judge_batches(sprites: Sprites, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    maker = SceneMaker(sprites, seed)
    rng = np.random.default_rng(seed)
    while True:
        scenes = [single(maker.scene(square=True)) for _ in range(size)]
        pictures = np.stack([render(scene, sprites, whole(scene, SIDE / 128)) for scene in scenes])
        pictures += rng.normal(0, rng.uniform(0, 0.06), pictures.shape)
        yield {
            "pixels": torch.from_numpy(pictures * 2 - 1).permute(0, 3, 1, 2).float(),
            "thing": torch.tensor([THINGS.index(scene.things[0].name) for scene in scenes]),
            "colour": torch.tensor([COLOUR_NAMES.index(scene.things[0].colour) for scene in scenes]),
            "place": torch.tensor([scene.place for scene in scenes]),
        }


def judge_loss(judge: Judge, batch: dict[str, Tensor]) -> Tensor:
    answers = judge(batch["pixels"])
    return sum(
        (
            F.cross_entropy(a.float(), batch[k])
            for a, k in zip(answers, ("thing", "colour", "place"), strict=True)
        ),
        torch.zeros(()),
    )
