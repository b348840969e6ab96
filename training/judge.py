"""The judge: finds the things of a picture, their kinds, colours and places, from pixels alone.

A small detector (in the manner of CenterNet, Zhou et al. 2019) trained on renders only, with its own seed and
with blur, noise and changed light. It measures the model and never touches what the model makes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from training.batches import COLOUR_INDEX, THING_INDEX, Example, stacked
from training.compositions import SceneMaker, scene_of_either
from training.networks import ChannelNorm, Conv
from training.scenes import Scene, render, whole
from training.sprites import Sprites
from training.vocabulary import COLOUR_NAMES, THINGS

Picture = NDArray[np.float32]
STRIDE = 4  # base pixels a place of the heat map
SURE = 0.35  # of a centre, to count
PAIR_SHARE = 0.15  # of the scenes, those of two things, beside those that are by chance: the hardest
COLOURS_WEIGH = 2.0  # beside centres and kinds


@dataclass(frozen=True)
class Finding:
    """A thing that the judge sees: kind, colour, centre in base pixels."""

    name: str
    colour: str
    x: float
    y: float


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.conv1, self.conv2 = ChannelNorm(), Conv(width, width), Conv(width, width, gain=0.3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.conv2(F.silu(self.conv1(self.norm(x))))
        return out


class Judge(nn.Module):
    """(B, 3, h, w) in [-1, 1] -> logits (B, n, h/4, w/4) of centres (n = 1), things, colours but natural."""

    def __init__(self, things: int, colours: int) -> None:
        super().__init__()
        self.colours = colours - 1
        self.first, self.second = Conv(12, 40), Conv(4 * 40, 64, 1)
        self.down1, self.down2 = Conv(4 * 64, 128, 1), Conv(4 * 128, 192, 1)
        self.fine = Block(64)
        self.middle = nn.Sequential(Block(128), Block(128))
        self.coarse = nn.Sequential(Block(192), Block(192), Block(192))
        self.up2, self.up1 = Conv(192, 4 * 128, 1), Conv(128, 4 * 64, 1)
        self.late, self.last_block = Block(128), Block(64)
        self.head = Conv(64, 1 + things + colours - 1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = F.silu(self.first(F.pixel_unshuffle(x, 2)))
        a = self.fine(self.second(F.pixel_unshuffle(x, 2)))
        b = self.middle(self.down1(F.pixel_unshuffle(a, 2)))
        c = self.coarse(self.down2(F.pixel_unshuffle(b, 2)))
        b = self.late(b + F.pixel_shuffle(self.up2(c), 2))
        a = self.last_block(a + F.pixel_shuffle(self.up1(b), 2))
        out = self.head(a)
        things = out.shape[1] - self.colours
        return out[:, :1], out[:, 1:things], out[:, things:]


def judge_example(scene: Scene, sprites: Sprites, rng: np.random.Generator) -> Example:
    """A worn render of a square scene, the heat map of its centres, and what is about each centre.

    -1 stands for nothing to learn: no centre near, or a thing in the colours of its drawing.
    """
    side = scene.width // STRIDE
    heat = np.zeros((1, side, side), np.float32)
    things, colours = np.full((side, side), -1, np.int64), np.full((side, side), -1, np.int64)
    ys, xs = np.mgrid[0:side, 0:side] + 0.5
    for thing in scene.layers:
        x, y = thing.x / STRIDE, thing.y / STRIDE
        spread = max(0.7, 0.08 * min(thing.width, thing.height) / STRIDE)
        bump = np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * spread**2))
        column, row = min(int(x), side - 1), min(int(y), side - 1)
        bump[row, column] = 1
        heat[0] = np.maximum(heat[0], bump)
        near = (slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2))
        things[near], colours[near] = THING_INDEX[thing.name], COLOUR_INDEX[thing.colour] - 1
    picture = worn(render(scene, sprites, whole(scene)), rng).transpose(2, 0, 1) * 2 - 1
    example: Example = {"picture": picture, "heat": heat, "things": things, "colours": colours}
    return mirrored(example) if rng.random() < 0.5 else example


def mirrored(example: Example) -> Example:
    return {name: np.ascontiguousarray(values[..., ::-1]) for name, values in example.items()}


def worn(picture: Picture, rng: np.random.Generator) -> Picture:
    """As a painting is beside a render: softer, noisier, a little lighter or darker, a little off in hue."""
    if rng.random() < 0.7:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 1.1))).astype(np.float32)
    gain = rng.uniform(0.9, 1.1) * rng.uniform(0.97, 1.03, 3)
    noisy = picture * gain + rng.normal(0, rng.uniform(0, 0.03), picture.shape) + rng.uniform(-0.04, 0.04)
    return noisy.clip(0, 1).astype(np.float32)


def judge_batches(sprites: Sprites, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    """Of every combination, held out ones too: it must know what the model is asked for."""
    rng = np.random.default_rng(seed)
    makers = (SceneMaker(sprites, seed + 7919), SceneMaker(sprites, seed + 7920, evaluation=True))
    while True:
        scenes = (scene_of_either(makers, "pair", PAIR_SHARE, rng) for _ in range(size))
        yield stacked([judge_example(scene, sprites, rng) for scene in scenes])


def judge_loss(network: Judge, batch: dict[str, Tensor]) -> Tensor:
    """Focal loss of the centres (Law & Deng 2018), cross-entropy of what is there."""
    centres, things, colours = (out.float() for out in network(batch["picture"].float()))
    p, heat = centres.sigmoid().clamp(1e-4, 1 - 1e-4), batch["heat"].float()
    peak = (heat == 1).float()
    focal = peak * (1 - p).square() * p.log() + (1 - peak) * (1 - heat).pow(4) * p.square() * (1 - p).log()
    total: Tensor = -focal.sum() / peak.sum().clamp(min=1)
    total = total + F.cross_entropy(things, batch["things"], ignore_index=-1)
    return total + COLOURS_WEIGH * F.cross_entropy(colours, batch["colours"], ignore_index=-1)


@torch.no_grad()
def find(network: Judge, picture: Picture) -> list[Finding]:
    """The things in an (h, w, 3) picture in [0, 1] at the base size, the surest first; looked at as it is and
    mirrored."""
    x = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).float()[None] * 2 - 1
    centres, things, colours = (both_ways(out) for out in network(torch.cat([x, x.flip(-1)])))
    p = centres.sigmoid()[0, 0]
    top = F.max_pool2d(p[None, None], 3, 1, 1)[0, 0]
    rows, columns = torch.nonzero((p == top) & (p > SURE), as_tuple=True)
    kinds = F.avg_pool2d(things.softmax(1), 3, 1, 1, count_include_pad=False)[0]
    tones = F.avg_pool2d(colours.softmax(1), 3, 1, 1, count_include_pad=False)[0]
    found = []
    for row, column in sorted(
        zip(rows.tolist(), columns.tolist(), strict=True), key=lambda at: -float(p[at])
    ):
        name = THINGS[int(kinds[:, row, column].argmax())]
        colour = COLOUR_NAMES[1 + int(tones[:, row, column].argmax())]
        found.append(Finding(name, colour, (column + 0.5) * STRIDE, (row + 0.5) * STRIDE))
    return found


def both_ways(maps: Tensor) -> Tensor:
    """Logits of a picture and of its mirror image, (2, C, h, w) -> (1, C, h, w): their mean."""
    return (maps[:1] + maps[1:].flip(-1)) / 2
