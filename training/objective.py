"""The objectives: flow matching with prediction of the clean sample (x-prediction), of objects and of pixels.

x_t = (1 - t) * noise + t * clean; t = 0 is noise. Both noise laws draw small t often, because there alone the
caption or the scene decides: uniform draws spend most of the work on nearly clean inputs.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from limner.nano.boxes import HALF_CELL
from training.composer import Composer, Composition
from training.painter import SKETCH_DIMS, Painter

CAPTION_DROPOUT = 0.1  # for classifier-free guidance (Ho & Salimans 2022)
DRAWS = 4  # of noise for each caption: it is read once
Batch = dict[str, Tensor]
COVER_WEIGHT, SKETCH_WEIGHT = 0.1, 0.3


def mixed(clean: Tensor, t: Tensor) -> Tensor:
    t = t.view(-1, *[1] * (clean.dim() - 1))
    return (1 - t) * torch.randn_like(clean) + t * clean


def composer_times(n: int) -> Tensor:
    return torch.rand(n).pow(1.3)


def one_hot_scene(batch: Batch, network: Composer) -> Composition:
    """The truth of a batch, as the composer would be sure of it."""
    s = network.shape
    kinds = (
        ("things", s.things),
        ("colours", s.colours),
        ("place", s.places),
        ("light", s.lights),
        ("style", s.styles),
    )
    hot = {name: F.one_hot(batch[name], count).float() for name, count in kinds}
    return Composition(
        hot["things"],
        hot["colours"],
        batch["frames"],
        hot["place"],
        hot["light"],
        hot["style"],
        batch["horizon"],
    )


def composer_loss(network: Composer, batch: Batch, t: Tensor) -> Tensor:
    """Cross-entropy of what there is, squared error of where; DRAWS times len(batch) noises, t of each."""
    dropped = torch.rand(len(batch["words"]), 1, device=t.device) < CAPTION_DROPOUT
    meaning, there = network.read(torch.where(dropped, 0, batch["words"]))
    many = {name: value.repeat_interleave(DRAWS, 0) for name, value in batch.items() if name != "words"}
    noisy = mixed(network.encode(one_hot_scene(many, network)), t)
    out = network(
        noisy, t, many["size"], meaning.repeat_interleave(DRAWS, 0), there.repeat_interleave(DRAWS, 0)
    )
    there_is = (many["things"] > 0).float()
    objects = there_is.sum().clamp(min=1)
    entropy = F.cross_entropy
    things = entropy(out.things.float().transpose(1, 2), many["things"], reduction="none")
    things = things.sum() / objects
    colours = entropy(out.colours.float().transpose(1, 2), many["colours"], reduction="none")
    colours = (colours * there_is).sum() / objects
    frames = ((out.frames.float() - many["frames"]).square().mean(-1) * there_is).sum() / objects
    around = (
        entropy(out.place.float(), many["place"])
        + entropy(out.light.float(), many["light"])
        + entropy(out.style.float(), many["style"])
        + (out.horizon.float() - many["horizon"]).square().mean()
    )
    total: Tensor = things + colours + 4 * frames + 0.3 * around
    return total


def painter_times(n: int) -> Tensor:
    """A third at pure noise, where the scene alone decides; the rest squared uniform up to .95."""
    return torch.where(torch.rand(n) < 0.33, torch.zeros(n), torch.rand(n).square() * 0.95)


def painter_condition(network: Painter, batch: Batch) -> tuple[Tensor, Tensor]:
    names = ("things", "colours", "boxes", "place", "ground", "position")
    condition: tuple[Tensor, Tensor] = network.condition(*(batch[name] for name in names))
    return condition


def painter_loss(network: Painter, batch: Batch, t: Tensor) -> Tensor:
    """Squared error of pixels and of their differences; of how much things cover; of the first guess of them.

    The first two are least at the conditional mean; the second asks for edges. The last two reach each
    thing's own layer without the detour through the U-Net.
    """
    condition, cover = painter_condition(network, batch)
    t = batch["least_time"] + (1 - batch["least_time"]) * t
    error = network(mixed(batch["known"], t), t, condition).float() - batch["pixels"]
    across, down = error[..., 1:] - error[..., :-1], error[:, :, 1:] - error[:, :, :-1]
    steps = across.square().mean((1, 2, 3)) + down.square().mean((1, 2, 3))
    weight = 1 / (1 - t).clamp(min=0.5).square()
    covered = F.mse_loss(cover.float(), batch["cover"])
    sketch = condition[:, -SKETCH_DIMS:].float() - F.pixel_unshuffle(batch["pixels"], HALF_CELL)
    sketched = (sketch.square().mean(1, keepdim=True) * batch["cover"]).mean()
    painted = (weight * (error.square().mean((1, 2, 3)) + steps)).mean()
    total: Tensor = painted + COVER_WEIGHT * covered + SKETCH_WEIGHT * sketched
    return total
