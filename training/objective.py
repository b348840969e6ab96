"""The objectives: flow matching with prediction of the clean sample (x-prediction), for maps and for pixels.

x_t = (1 - t) * noise + t * clean; t = 0 is noise. Both noise laws draw small t often, because there alone the
caption or the map decides (docs/decisions/0006: uniform draws spend most of the work on nearly clean inputs).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from training.networks import LayoutTransformer, PixelNetwork

CAPTION_DROPOUT = 0.1  # for classifier-free guidance (Ho & Salimans 2022)
LayoutBatch = dict[str, Tensor]
PixelBatch = dict[str, Tensor]


def mixed(clean: Tensor, t: Tensor) -> Tensor:
    t = t.view(-1, *[1] * (clean.dim() - 1))
    return (1 - t) * torch.randn_like(clean) + t * clean


def layout_times(n: int) -> Tensor:
    return torch.rand(n).pow(1.3)


def pixel_times(n: int) -> Tensor:
    """A third at pure noise, where the map alone decides; the rest squared uniform up to .95."""
    return torch.where(torch.rand(n) < 0.33, torch.zeros(n), torch.rand(n).square() * 0.95)


def one_hot_map(batch: LayoutBatch, network: LayoutTransformer) -> Tensor:
    """The clean map as (B, N, TOKEN_DIMS)."""
    s = network.shape
    things = F.one_hot(batch["thing"], s.things).float()
    colours = F.one_hot(batch["colour"], s.colours).float()
    place = F.one_hot(batch["place"], s.places).float()[:, None].expand(-1, things.shape[1], -1)
    return network.encode(things, colours, batch["frame"], place)


def layout_loss(network: LayoutTransformer, batch: LayoutBatch, t: Tensor) -> Tensor:
    """Cross-entropy of what is where, squared error of the frames; every cell of the picture counts alike."""
    words = torch.where(torch.rand(len(t), 1, device=t.device) < CAPTION_DROPOUT, 0, batch["words"])
    out = network(mixed(one_hot_map(batch, network), t), t, words, batch["position"], batch["visible"])
    things, colours, frame, place = (o.float() for o in out)
    seen = batch["visible"][..., None].expand(-1, -1, 4)
    count = seen.sum()
    thing_loss = F.cross_entropy(things.permute(0, 3, 1, 2), batch["thing"], reduction="none")
    thing_loss = (thing_loss * seen).sum() / count
    coloured = seen * ((batch["thing"] > 0) | (batch["colour"] > 0))
    colour_loss = F.cross_entropy(colours.permute(0, 3, 1, 2), batch["colour"], reduction="none")
    colour_loss = (colour_loss * (0.2 * seen + coloured)).sum() / count
    frame_loss = ((frame - batch["frame"]).square() * seen[..., None]).sum() / count
    places = batch["place"][:, None].expand(-1, place.shape[1])
    place_loss = F.cross_entropy(place.permute(0, 2, 1), places, reduction="none")
    place_loss = 0.3 * (place_loss * batch["visible"]).sum() / batch["visible"].sum()
    total: Tensor = thing_loss + colour_loss + frame_loss + place_loss
    return total


def pixel_prediction(network: PixelNetwork, batch: PixelBatch, t: Tensor) -> Tensor:
    condition = network.condition(
        batch["thing"], batch["colour"], batch["place"], batch["where"], batch["position"]
    )
    out: Tensor = network(mixed(batch["pixels"], t), t, condition)
    return out.float()


def pixel_loss(network: PixelNetwork, batch: PixelBatch, t: Tensor) -> Tensor:
    """Squared error of pixels and of their differences.

    Both are least at the conditional mean; the second asks for edges.
    """
    error = pixel_prediction(network, batch, t) - batch["pixels"]
    across, down = error[..., 1:] - error[..., :-1], error[:, :, 1:] - error[:, :, :-1]
    steps = across.square().mean((1, 2, 3)) + down.square().mean((1, 2, 3))
    weight = 1 / (1 - t).clamp(min=0.5).square()
    return (weight * (error.square().mean((1, 2, 3)) + steps)).mean()
