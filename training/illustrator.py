"""The illustrator: the words of a caption and noise -> a picture, learned on pictures of the user's own.

For pictures whose objects nobody knows, there is nothing to compose: the words go into the painter's U-Net
itself, as in other text-to-image networks. Everything else is the painter's: flow matching in pixels, at
the base size and at twice that. B is the batch, L words, (h, w) half-cells of 4 base pixels."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limner.nano.boxes import TEXT_TOKENS
from training.composer import Block, Reader, WordReader
from training.coordinates import channel_fourier, fourier
from training.networks import Conv, UNet

POSITION_DIMS = 2 + 8


@dataclass(frozen=True)
class IllustratorShape:
    """What the illustrator is built from; stored in its checkpoint."""

    words: int
    width: int = 96
    condition: int = 128
    middle: int = 160
    deep: int = 256
    heads: int = 8
    readers: int = 2
    depth: int = 2


class Illustrator(WordReader, UNet):
    """Noisy pixels, time and words -> clean pixels.

    The words modulate every layer as a mean, and are looked at one by one at 1/16 of the picture, where its
    parts look at each other too.
    """

    def __init__(self, shape: IllustratorShape) -> None:
        super().__init__()
        self.shape = s = shape
        c, d = s.condition, s.deep
        self.words, self.order = nn.Embedding(s.words, d), nn.Embedding(TEXT_TOKENS, d)
        self.readers = nn.ModuleList(Reader(d, s.heads) for _ in range(s.readers))
        self.read_norm = nn.RMSNorm(d, elementwise_affine=False)
        self.time = nn.Sequential(nn.Linear(16, d), nn.SiLU(), nn.Linear(d, d), nn.SiLU())
        self.modulation = nn.Linear(d, 6 * d)
        self.told = nn.Linear(2 * d, c)  # the mean of the words, and time
        self.place = Conv(POSITION_DIMS, c, 1)
        self.mixed = Conv(c, c, 1)
        self.at = Conv(POSITION_DIMS, d, 1)
        self.blocks = nn.ModuleList(Block(d, s.heads) for _ in range(s.depth))
        self.add_layers(48 + c, (s.width, s.middle, d), c)
        nn.init.normal_(self.words.weight, std=0.5)
        nn.init.normal_(self.order.weight, std=0.2)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, noisy: Tensor, t: Tensor, position: Tensor, meaning: Tensor, there: Tensor) -> Tensor:
        """noisy (B, 3, 4h, 4w), t (B,), position (B, 2, h, w) of limner.nano.boxes; meaning and there as
        ``read`` returns them -> clean (B, 3, 4h, 4w) in [-1, 1]."""
        present = there.to(meaning.dtype)[:, :, None]
        mean = (meaning * present).sum(1) / present.sum(1)
        time = self.time(fourier(t[:, None], 8))
        where = torch.cat([position, channel_fourier(position, 2)], 1)
        told = self.told(torch.cat([mean, time], 1))[:, :, None, None]
        c0 = self.mixed(F.silu(self.place(where) + told))
        own = self.at(F.avg_pool2d(where, 4))
        modulation = self.modulation(time).view(len(t), 6, -1)
        return self.painted(
            torch.cat([F.pixel_unshuffle(noisy, 4).to(c0.dtype), c0], 1),
            c0,
            lambda x: self.looked(x, own, meaning, there, modulation),
        )

    def looked(self, x: Tensor, at: Tensor, meaning: Tensor, there: Tensor, modulation: Tensor) -> Tensor:
        """(B, D, h / 4, w / 4), having looked at the words and at itself."""
        b, d, h, w = x.shape
        tokens = (x + at).flatten(2).transpose(1, 2)
        own = torch.ones_like(tokens[..., 0]).to(there.dtype)
        bias = (torch.cat([there, own], 1) - 1)[:, None, None, :] * 1e4
        for block in self.blocks:
            tokens = block(tokens, meaning, bias, modulation)
        return tokens.transpose(1, 2).view(b, d, h, w)


def illustrator_loss(network: Illustrator, batch: dict[str, Tensor]) -> Tensor:
    """Squared error of pixels and of their differences, as the painter's. Noise and times come with the
    batch, so that the same batch has the same loss wherever and whenever it is computed."""
    t = batch["least_time"] + (1 - batch["least_time"]) * batch["t"]
    k = t[:, None, None, None]
    noisy = (1 - k) * batch["noise"] + k * batch["known"]
    error = network(noisy, t, batch["position"], *network.read(batch["words"])).float() - batch["pixels"]
    across, down = error[..., 1:] - error[..., :-1], error[:, :, 1:] - error[:, :, :-1]
    steps = across.square().mean((1, 2, 3)) + down.square().mean((1, 2, 3))
    weight = 1 / (1 - t).clamp(min=0.5).square()
    total: Tensor = (weight * (error.square().mean((1, 2, 3)) + steps)).mean()
    return total
