"""What can be trained: for each stage its network, in several sizes, its batches and its loss.

Batches follow from seed and step, so that a run that was cut off goes on as if it had not been; but for those
of the finisher, the classifier and the upscaler to 1k, which are drawn one after the other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from limner.nano.captions import Captions, commonest
from training import upscale
from training.batches import composer_batches, painter_batches
from training.classifier import Classifier, classifier_batches, classifier_loss
from training.composer import Composer, ComposerShape
from training.finisher import Finisher, FinisherShape, finisher_loss
from training.finishing import finisher_batches
from training.illustrator import Illustrator, IllustratorShape, illustrator_loss
from training.judge import Judge, judge_batches, judge_loss
from training.objective import DRAWS, composer_loss, composer_times, painter_loss, painter_times
from training.own import own_batch
from training.painter import Painter, PainterShape
from training.pictures import Shard
from training.ranks import LossOf
from training.sprites import Sprites
from training.vocabulary import COLOUR_NAMES, LIGHTS, PAINTED, PLACE_KINDS, PLACES, STYLES, THINGS, WORDS

Batch = dict[str, Tensor]
Shape = Mapping[str, int]
STAGES = ("composer", "painter", "finisher", "upscale4", "upscale2", "judge", "classifier", "own")
MOST_WORDS = 16384  # of captions of a user's own

# What differs from the standard shape of a stage: "large" is for GPUs, "small" for a first try.
SIZES: Mapping[str, Mapping[str, Shape]] = {
    "small": {
        "composer": {"width": 128, "readers": 2, "depth": 3, "heads": 4},
        "painter": {"width": 64, "condition": 64, "middle": 96, "deep": 128},
        "finisher": {"width": 40, "condition": 32, "depth": 3, "fine": 32, "fine_depth": 1},
        "upscale4": {"width": 24, "depth": 2},
        "upscale2": {"width": 24, "depth": 2},
        "own": {"width": 48, "condition": 64, "middle": 96, "deep": 128, "heads": 4, "readers": 1,
                "depth": 1},
    },
    "standard": {},
    "large": {
        "composer": {"width": 512, "readers": 6, "depth": 12, "heads": 16},
        "painter": {"width": 256, "condition": 256, "middle": 384, "deep": 768},
        "finisher": {"width": 160, "condition": 96, "depth": 8, "fine": 96, "fine_depth": 3},
        "upscale4": {"width": 96, "depth": 8},
        "upscale2": {"width": 96, "depth": 6},
        "own": {"width": 256, "condition": 256, "middle": 384, "deep": 768, "heads": 12, "readers": 6,
                "depth": 8},
    },
}  # fmt: skip


@dataclass(frozen=True)
class Material:
    """What batches are made from: drawings, or shards of pictures and the words of their captions."""

    sprites: Sprites | None = None
    shards: Sequence[Shard] = ()
    words: tuple[str, ...] = ()

    @cached_property
    def captions(self) -> Captions:
        return Captions(self.words)

    @property
    def drawings(self) -> Sprites:
        assert self.sprites is not None, "every stage but own renders drawings"
        return self.sprites


def words_in(shards: Sequence[Shard]) -> tuple[str, ...]:
    return commonest((caption for shard in shards for caption in shard.captions), MOST_WORDS)


def shape_of(stage: str, size: str, words: Sequence[str] = ()) -> dict[str, int]:
    """Of the network that is trained with this vocabulary, or for own pictures with these words."""
    known = {"things": len(THINGS), "colours": len(COLOUR_NAMES), "places": PLACE_KINDS}
    finishes = {"lights": len(LIGHTS), "styles": len(STYLES)}
    fixed: Mapping[str, Shape] = {
        "composer": known | finishes | {"words": len(WORDS)},
        "painter": known | {"things": len(PAINTED)},
        "finisher": finishes,
        **{name: vars(shape) for name, shape in upscale.SHAPES.items()},
        "own": {"words": len(words)},
        "judge": {},
        "classifier": {},
    }
    return {**fixed[stage], **SIZES[size].get(stage, {})}


def networks(stage: str, shape: Shape | None = None, size: str = "standard") -> nn.Module:
    """A fresh network of a stage: of the shape given, or of the one that is trained with this vocabulary."""
    shape = shape_of(stage, size) if shape is None else shape
    if stage == "composer":
        return Composer(ComposerShape(**shape))
    if stage == "finisher":
        return Finisher(FinisherShape(**shape))
    if stage in upscale.SHAPES:
        return upscale.Upscaler(upscale.UpscalerShape(**shape))
    if stage == "own":
        return Illustrator(IllustratorShape(**shape))
    if stage == "judge":
        return Judge(len(THINGS), len(COLOUR_NAMES))
    if stage == "classifier":
        return Classifier(len(PLACES), len(LIGHTS), len(STYLES))
    return Painter(PainterShape(**shape))


def load(path: Path) -> Any:
    """The averaged network of a checkpoint, of the shape that is written there, ready for use on the CPU."""
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    network = networks(checkpoint["stage"], checkpoint["shape"])
    network.load_state_dict(checkpoint["average"])
    return network.eval()


def loss_of(stage: str, batch: int, device: str) -> LossOf:
    losses: Mapping[str, LossOf] = {
        "composer": lambda n, b: composer_loss(n, b, composer_times(DRAWS * batch).to(device)),
        "painter": lambda n, b: painter_loss(n, b, painter_times(batch).to(device)),
        "finisher": finisher_loss,
        "upscale4": upscale.loss,
        "upscale2": upscale.loss,
        "judge": judge_loss,
        "classifier": classifier_loss,
        "own": illustrator_loss,
    }
    return losses[stage]


def seed_of(*numbers: int) -> int:
    """One seed of several numbers, unlike that of any others."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0] >> 1)


@dataclass(frozen=True)
class Order:
    """Which batches: ``size`` examples a step, made in so many ``lanes``, of which these are ``mine``."""

    stage: str
    size: int
    crop: int
    seed: int
    lanes: int = 1
    mine: tuple[int, ...] = (0,)

    @property
    def of_a_lane(self) -> int:
        return self.size // self.lanes


def batches(material: Material, order: Order, first: int, every: int) -> Iterator[Batch]:
    """Of the steps ``first``, ``first + every`` and so on."""
    seed, size = seed_of(order.seed, first, order.mine[0]), order.of_a_lane * len(order.mine)
    one_after_the_other: Mapping[str, upscale.Drawn] = {
        "classifier": classifier_batches,
        "finisher": finisher_batches,
        "upscale4": upscale.crops_to_1k,
    }
    if order.stage in one_after_the_other:
        yield from one_after_the_other[order.stage](material.drawings, size, seed)
    for step in count(first, every):
        parts = [lane_of(material, order, step, lane) for lane in order.mine]
        yield {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def lane_of(material: Material, order: Order, step: int, lane: int) -> Batch:
    size, seed = order.of_a_lane, seed_of(order.seed, step, lane)
    if order.stage == "own":
        return own_batch(material.shards, material.captions, size, seed_of(order.seed, step), seed)
    if order.stage == "painter":
        return next(painter_batches(material.drawings, size, order.crop, seed))
    makers: Mapping[str, Callable[[Sprites, int, int], Iterator[Batch]]] = {
        "composer": composer_batches,
        "upscale2": upscale.batches,
        "judge": judge_batches,
    }
    return next(makers[order.stage](material.drawings, size, seed))
