"""The networks of the built-in model: a layout transformer, a pixel U-Net, two upscalers, and the judge.

The layout transformer turns words and noise into a scene map; the pixel network paints a map; the upscalers sharpen
the painting to full size. All of them are conditional flow matching or regression on what training/scenes.py renders.
B is the batch, N image tokens (2 x 2 cells each), L text tokens.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

THING_DIMS, COLOUR_DIMS, PLACE_DIMS = 24, 12, 16
AMPLITUDE = 0.5  # of the codes: large codes would be readable through almost any noise
CELL_DIMS = THING_DIMS + COLOUR_DIMS + 3
TOKEN_DIMS = 4 * CELL_DIMS + PLACE_DIMS
FORM_WAVES, FORM_DIMS = 12, 48


@dataclass(frozen=True)
class LayoutShape:
    """What the layout transformer is built from; stored in its checkpoint."""

    words: int
    things: int
    colours: int
    places: int
    width: int = 256
    depth: int = 8
    heads: int = 8


def fourier(x: Tensor, frequencies: int) -> Tensor:
    """(..., K) -> (..., 2 * K * frequencies): sines and cosines of x times pi, 2 pi, 4 pi ..."""
    scaled = x[..., None] * (torch.pi * 2.0 ** torch.arange(frequencies, device=x.device, dtype=x.dtype))
    return torch.cat([scaled.sin(), scaled.cos()], -1).flatten(-2)


def codebook(rows: int, dims: int, seed: int) -> Tensor:
    """(rows, dims) of +-AMPLITUDE: fixed random codes, so that flow matching can carry classes."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.randint(0, 2, (rows, dims), generator=generator) * 2 - 1).float() * AMPLITUDE


class Attention(nn.Module):
    """Multi-head self-attention by plain matrix products, three times faster than SDPA on a CPU at these lengths."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.norm = nn.RMSNorm(width // heads, elementwise_affine=False)
        self.sharpness = nn.Parameter(torch.zeros(heads, 1, 1))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        b, s, d = x.shape
        q, k, v = (
            self.qkv(x).view(b, s, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        )  # 3 x (B, H, S, D/H)
        q = self.norm(q) * ((d // self.heads) ** -0.5 * self.sharpness.exp()).to(q.dtype)
        scores = q @ self.norm(k).transpose(-1, -2) + bias.to(q.dtype)
        mixed: Tensor = self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, s, d))
        return mixed


class Block(nn.Module):
    """A transformer block whose norms are modulated by time (DiT's adaLN-zero, Peebles & Xie 2022)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )
        self.norm1, self.norm2 = (
            nn.RMSNorm(width, elementwise_affine=False),
            nn.RMSNorm(width, elementwise_affine=False),
        )
        self.modulation = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x: Tensor, time: Tensor, bias: Tensor) -> Tensor:
        a1, b1, g1, a2, b2, g2 = self.modulation(time)[:, None].chunk(6, -1)
        x = x + (1 + g1) * self.attention(self.norm1(x) * (1 + a1) + b1, bias)
        out: Tensor = x + (1 + g2) * self.mlp(self.norm2(x) * (1 + a2) + b2)
        return out


class LayoutTransformer(nn.Module):
    """Noisy scene map, time and words -> what the clean map is: logits of things, colours and place, and where."""

    thing_codes: Tensor
    colour_codes: Tensor
    place_codes: Tensor

    def __init__(self, shape: LayoutShape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.words, shape.width)
        self.order = nn.Embedding(32, shape.width)
        self.patch = nn.Linear(TOKEN_DIMS, shape.width)
        self.position = nn.Sequential(
            nn.Linear(2 * 2 * 5 + 2, shape.width), nn.SiLU(), nn.Linear(shape.width, shape.width)
        )
        self.time = nn.Sequential(
            nn.Linear(16, shape.width), nn.SiLU(), nn.Linear(shape.width, shape.width), nn.SiLU()
        )
        self.blocks = nn.ModuleList(Block(shape.width, shape.heads) for _ in range(shape.depth))
        self.norm = nn.RMSNorm(shape.width, elementwise_affine=False)
        self.head = nn.Linear(shape.width, 4 * (shape.things + shape.colours + 3) + shape.places)
        nn.init.normal_(self.words.weight, std=0.5)
        nn.init.normal_(self.order.weight, std=0.1)
        self.register_buffer("thing_codes", codebook(shape.things, THING_DIMS, 1))
        self.register_buffer("colour_codes", codebook(shape.colours, COLOUR_DIMS, 2))
        self.register_buffer("place_codes", codebook(shape.places, PLACE_DIMS, 3))

    def forward(
        self, noisy: Tensor, t: Tensor, words: Tensor, position: Tensor, visible: Tensor
    ) -> tuple[Tensor, ...]:
        """noisy (B, N, TOKEN_DIMS), t (B,), words (B, L) with 0 for none, position (B, N, 2), visible (B, N) in {0, 1}.

        Returns things (B, N, 4, T), colours (B, N, 4, C), where (B, N, 4, 3), place (B, N, P).
        """
        text = self.words(words) + self.order.weight[: words.shape[1]]
        image = self.patch(noisy) + self.position(torch.cat([position, fourier(position * 0.5, 5)], -1))
        x = torch.cat([text, image], 1)
        seen = torch.cat([torch.ones_like(words[:, :1]), (words[:, 1:] > 0).long()], 1).to(visible.dtype)
        bias = (torch.cat([seen, visible], 1) - 1)[:, None, None, :] * 1e4
        time = self.time(fourier(t[:, None], 8))
        for block in self.blocks:
            x = block(x, time, bias)
        return self.split(self.head(self.norm(x[:, words.shape[1] :])))

    def split(self, out: Tensor) -> tuple[Tensor, ...]:
        s = self.shape
        cells = out[..., : 4 * (s.things + s.colours + 3)].unflatten(-1, (4, s.things + s.colours + 3))
        things, colours, where = cells.split([s.things, s.colours, 3], -1)
        return things, colours, where, out[..., -s.places :]

    def encode(self, things: Tensor, colours: Tensor, where: Tensor, place: Tensor) -> Tensor:
        """Probabilities or one-hots (B, N, 4, ...) and (B, N, P) -> (B, N, TOKEN_DIMS): the map in the space of the noise."""
        cells = torch.cat([things @ self.thing_codes, colours @ self.colour_codes, where], -1)
        return torch.cat([cells.flatten(-2), place @ self.place_codes], -1)


class Conv(nn.Module):
    """A convolution whose weight is stored as a matrix (out, in * k * k), as Muon wants it."""

    def __init__(self, inputs: int, outputs: int, size: int = 3, gain: float = 1.0) -> None:
        super().__init__()
        self.shape = (outputs, inputs, size, size)
        self.weight = nn.Parameter(
            torch.randn(outputs, inputs * size * size) * gain * (inputs * size * size) ** -0.5
        )
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight.view(self.shape), self.bias, padding=self.shape[-1] // 2)


class ChannelNorm(nn.Module):
    """RMS norm over the channels of each pixel: the same on a crop as on the whole picture."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-5)


class Residual(nn.Module):
    """Convolutions modulated, pixel by pixel, by what the map says is there, and by time."""

    def __init__(self, width: int, condition: int, second: int = 1) -> None:
        super().__init__()
        self.norm = ChannelNorm()
        self.conv1, self.conv2 = Conv(width, width), Conv(width, width, second, gain=0.3)
        self.modulate = Conv(condition, 2 * width, 1, gain=0.3)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.modulate(condition).chunk(2, 1)
        h = F.silu(self.norm(self.conv1(self.norm(x))) * (1 + scale) + shift)
        out: Tensor = x + self.conv2(h)
        return out


@dataclass(frozen=True)
class PixelShape:
    things: int
    colours: int
    places: int
    width: int = 128
    condition: int = 128


class PixelNetwork(nn.Module):
    """Noisy pixels, time and a scene map -> clean pixels: a U-Net at an 1/4, 1/8 and 1/16 of the base size."""

    def __init__(self, shape: PixelShape) -> None:
        super().__init__()
        self.shape = shape
        w, c = shape.width, shape.condition
        self.thing, self.colour = nn.Embedding(shape.things, 64), nn.Embedding(shape.colours, 24)
        self.place = nn.Embedding(shape.places, 32)
        self.form = nn.Embedding(
            shape.things, FORM_WAVES**2 * FORM_DIMS
        )  # each thing's own linear layer on waves of u, v
        nn.init.normal_(self.form.weight, std=0.05)
        self.describe = nn.Sequential(
            Conv(64 + 24 + 32 + 44 + FORM_DIMS, 192, 1), nn.SiLU(), Conv(192, c, 1), nn.SiLU(), Conv(c, c, 1)
        )
        self.time = nn.Sequential(nn.Linear(16, c), nn.SiLU(), nn.Linear(c, c))
        self.enter = Conv(48 + c, w, 3)
        self.down1, self.down2 = Conv(4 * w, 192, 1), Conv(4 * 192, 256, 1)
        self.down = nn.ModuleList([Residual(w, c), Residual(w, c), Residual(192, c), Residual(192, c)])
        self.middle = nn.ModuleList([Residual(256, c), Residual(256, c)])
        self.up2, self.up1 = Conv(256, 4 * 192, 1), Conv(192, 4 * w, 1)
        self.up = nn.ModuleList(
            [Residual(192, c), Residual(192, c), Residual(w, c), Residual(w, c), Residual(w, c)]
        )
        self.leave1, self.leave2, self.leave3 = Conv(w, 4 * 32, 1), Conv(32, 32), Conv(32, 12, gain=0.3)

    def condition(
        self, thing: Tensor, colour: Tensor, place: Tensor, where: Tensor, position: Tensor
    ) -> Tensor:
        """thing, colour, place (B, h, w) of cells, where (B, 3, h, w), position (B, 2, 2h, 2w) -> (B, c, 2h, 2w)."""
        known = torch.cat([self.thing(thing), self.colour(colour), self.place(place)], -1).permute(0, 3, 1, 2)
        fine = finer(where, thing)  # (B, 5, 2h, 2w)
        inside = (thing > 0).to(where.dtype)[:, None].repeat_interleave(2, 2).repeat_interleave(2, 3)
        uv = fine[:, :2] * inside
        waves = [
            channel_fourier(uv, 5) * inside,
            channel_fourier(fine[:, 2:3], 4),
            channel_fourier(position, 2),
        ]
        features = torch.cat([uv, fine[:, 2:], inside, position, self.forms(thing, uv), *waves], 1)
        known = known.repeat_interleave(2, 2).repeat_interleave(2, 3)
        described: Tensor = self.describe(torch.cat([known, features], 1))
        return described

    def forms(self, thing: Tensor, uv: Tensor) -> Tensor:
        """What the thing's own layer says of each half-cell: (B, FORM_DIMS, 2h, 2w), 0 where there is no thing."""
        b, h, w = thing.shape
        layer = self.form(thing).view(b * h * w, FORM_WAVES**2, FORM_DIMS)
        at = (
            uv.view(b, 2, h, 2, w, 2).permute(0, 2, 4, 3, 5, 1).reshape(b * h * w, 4, 2)
        )  # four half-cells a cell
        waves = cosines(at, FORM_WAVES)  # (BHW, 4, 2, K)
        products = (waves[:, :, 0, :, None] * waves[:, :, 1, None, :]).flatten(2)  # (BHW, 4, K * K)
        said = (products @ layer) * (thing > 0).view(-1, 1, 1)
        return (
            said.view(b, h, w, 2, 2, FORM_DIMS).permute(0, 5, 1, 3, 2, 4).reshape(b, FORM_DIMS, 2 * h, 2 * w)
        )

    def forward(self, noisy: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        """noisy (B, 3, 8h, 8w) in [-1, 1] and noise, t (B,), condition from ``condition`` -> clean (B, 3, 8h, 8w)."""
        c0 = condition + self.time(fourier(t[:, None], 8))[:, :, None, None]
        c1 = F.avg_pool2d(c0, 2)
        c2 = F.avg_pool2d(c1, 2)
        x = self.enter(torch.cat([F.pixel_unshuffle(noisy, 4), c0], 1))
        a = self.down[1](self.down[0](x, c0), c0)
        b = self.down[3](self.down[2](self.down1(F.pixel_unshuffle(a, 2)), c1), c1)
        x = self.down2(F.pixel_unshuffle(b, 2))
        for block in self.middle:
            x = block(x, c2)
        x = b + F.pixel_shuffle(self.up2(x), 2)
        x = self.up[1](self.up[0](x, c1), c1)
        x = a + F.pixel_shuffle(self.up1(x), 2)
        for block in self.up[2:]:
            x = block(x, c0)
        x = F.silu(F.pixel_shuffle(self.leave1(x), 2))
        return F.pixel_shuffle(self.leave3(F.silu(self.leave2(x)) + x), 2)


def cosines(x: Tensor, count: int) -> Tensor:
    """(...,) in about [-1.2, 1.2] -> (..., count): 1, cos, cos of twice ... of a wave that does not close up inside."""
    return torch.cos(
        (x[..., None] + 1.25) * (torch.pi / 2.5) * torch.arange(count, device=x.device, dtype=x.dtype)
    )


def channel_fourier(x: Tensor, frequencies: int) -> Tensor:
    """(B, K, h, w) -> (B, 2 * K * frequencies, h, w); the slowest wave is 4 units long."""
    return fourier(x.permute(0, 2, 3, 1) * 0.5, frequencies).permute(0, 3, 1, 2)


def finer(where: Tensor, thing: Tensor) -> Tensor:
    """(B, 3, h, w) -> (B, 5, 2h, 2w): u, v and ground at half-cells by their own slopes, and the slopes of u along x, v along y."""
    dx, dy = slope(where, thing, 3), slope(where, thing, 2)
    rows = [torch.cat([where + a * dx * 0.25 + b * dy * 0.25 for a in (-1, 1)], 1) for b in (-1, 1)]
    stacked = torch.stack(rows, 1).unflatten(2, (2, 3))  # B, row, column, 3, h, w
    b, _, _, c, h, w = stacked.shape
    fine = stacked.permute(0, 3, 4, 1, 5, 2).reshape(b, c, 2 * h, 2 * w)
    slopes = torch.cat([dx[:, :1], dy[:, 1:2]], 1).repeat_interleave(2, 2).repeat_interleave(2, 3)
    return torch.cat([fine, slopes], 1)


def slope(where: Tensor, thing: Tensor, axis: int) -> Tensor:
    """Difference to the next cell along an axis, averaged over the neighbours that belong to the same thing."""
    n = where.shape[axis]
    step = where.narrow(axis, 1, n - 1) - where.narrow(axis, 0, n - 1)
    same = (thing.narrow(axis - 1, 1, n - 1) == thing.narrow(axis - 1, 0, n - 1))[:, None] & (
        step.abs() < 0.9
    )
    weight = same.to(where.dtype)
    zero = torch.zeros_like(where.narrow(axis, 0, 1))
    total = torch.cat([step * weight, zero], axis) + torch.cat([zero, step * weight], axis)
    count = torch.cat([weight, zero], axis) + torch.cat([zero, weight], axis)
    return total / count.clamp(min=1)
