"""Enlarging to 1k is learned against a critic: what pixels cannot be compared for, it asks for.

The upscaler from 256 base pixels to 1k adds what a crisp enlargement lacks: blades of grass, the grain of
wood, the last pixel of an edge. Where exactly they are the small picture does not say, so comparing pixels
makes them soft (docs/decisions/0027). A critic that sees renders and enlargements in pairs learns to tell
them apart (relativistic and in pairs: Jolicoeur-Martineau 2018); what it looks at on the way is compared
too (feature matching: Salimans et al. 2016), and the small picture must come back when the large one is made
small. B is the batch, (h, w) small pixels.
"""

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from limner.nano.finish import DETAIL, SCALE
from training.batches import stacked
from training.compositions import SceneMaker
from training.finishing import as_painted, corner
from training.networks import Conv
from training.scenes import Window, render
from training.sprites import Sprites
from training.upscale import Upscaler, UpscalerShape

LARGER = SCALE // DETAIL
CROP = 32  # base pixels
CONTENT, PIXELS, FEATURES, BELIEVED = 4.0, 0.3, 1.0, 0.05  # weights of the parts of the loss


class Critic(nn.Module):
    """(B, 3, 4h, 4w) in [-1, 1] and the small picture (B, 3, h, w) that it is of -> what it looks at, finest
    first, and last a score of every 8 x 8 pixels, higher for what it takes for a render."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Conv(2 * 3 * 4, width)
        self.second, self.third = Conv(4 * width, 2 * width, 1), Conv(2 * width, 2 * width)
        self.fourth, self.fifth = Conv(8 * width, 3 * width, 1), Conv(3 * width, 3 * width)
        self.score = Conv(3 * width, 1, 1)

    def forward(self, large: Tensor, small: Tensor) -> list[Tensor]:
        beside = F.interpolate(small, scale_factor=LARGER, mode="nearest")
        fine = F.leaky_relu(self.first(F.pixel_unshuffle(torch.cat([large, beside], 1), 2)), 0.2)
        middle = F.leaky_relu(self.third(self.second(F.pixel_unshuffle(fine, 2))), 0.2)
        coarse = F.leaky_relu(self.fifth(self.fourth(F.pixel_unshuffle(middle, 2))), 0.2)
        return [fine, middle, coarse, self.score(F.leaky_relu(coarse, 0.2))]


class Contest(nn.Module):
    """An upscaler, and the critic that it learns against. Called as the upscaler is."""

    def __init__(self, shape: UpscalerShape) -> None:
        super().__init__()
        self.shape = shape
        self.upscaler, self.critic = Upscaler(shape), Critic(shape.width)

    def forward(self, small: Tensor) -> Tensor:
        large: Tensor = self.upscaler(small)
        return large


def batches(sprites: Sprites, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    """Crops of renders at 1k, and at twice the base size as the painter would leave them."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    while True:
        examples = []
        for _ in range(size):
            scene = maker.scene()
            x, y = corner(scene, rng)
            large = render(scene, sprites, Window(x, y, CROP, CROP, SCALE))
            made_small = cv2.resize(large, (CROP * DETAIL, CROP * DETAIL), interpolation=cv2.INTER_AREA)
            pair = {"small": as_painted(made_small, rng).clip(0, 1), "large": large}
            examples.append({name: picture.transpose(2, 0, 1) * 2 - 1 for name, picture in pair.items()})
        yield {name: value.float() for name, value in stacked(examples).items()}


def loss(network: Contest, batch: Mapping[str, Tensor]) -> Tensor:
    """The upscaler's and the critic's in one sum: neither's reaches the parameters of the other."""
    small, real = batch["small"], batch["large"]
    made = network(small).float()
    return upscaler_loss(network.critic, made, real, small) + critic_loss(
        network.critic, made.detach(), real, small
    )


def upscaler_loss(critic: Critic, made: Tensor, real: Tensor, small: Tensor) -> Tensor:
    """Lower where a critic that holds still takes what was made for a render."""
    still = {name: value.detach() for name, value in critic.named_parameters()}
    seen = functional_call(critic, still, (made, small))
    with torch.no_grad():
        wanted = critic(real, small)
    alike = torch.stack(
        [F.l1_loss(a.float(), b.float()) for a, b in zip(seen[:-1], wanted[:-1], strict=True)]
    )
    believed = F.softplus(wanted[-1].float() - seen[-1].float()).mean()
    kept = F.l1_loss(F.avg_pool2d(made, LARGER), F.avg_pool2d(real, LARGER))
    total: Tensor = (
        CONTENT * kept + PIXELS * F.l1_loss(made, real) + FEATURES * alike.mean() + BELIEVED * believed
    )
    return total


def critic_loss(critic: Critic, made: Tensor, real: Tensor, small: Tensor) -> Tensor:
    """Lower where a render scores higher than what was made of the same small picture."""
    return F.softplus((critic(made, small)[-1] - critic(real, small)[-1]).float()).mean()
