"""The networks of the built-in model: a layout transformer, a pixel U-Net, two upscalers, and the judge.

The layout transformer turns words and noise into a scene map; the pixel network paints a map; the upscalers
sharpen the painting to full size. All of them are conditional flow matching or regression on what
training/scenes.py renders. B is the batch, N image tokens (2 x 2 cells each), L text tokens.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limner.nano.grid import FRAME
from training.coordinates import channel_fourier, cosines, finer, fourier

THING_DIMS, COLOUR_DIMS, PLACE_DIMS = 24, 12, 16
AMPLITUDE = 0.5  # of the codes: large codes would be readable through almost any noise
CELL_DIMS = THING_DIMS + COLOUR_DIMS + FRAME
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


def codebook(rows: int, dims: int, seed: int) -> Tensor:
    """(rows, dims) of +-AMPLITUDE: fixed random codes, so that flow matching can carry classes."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.randint(0, 2, (rows, dims), generator=generator) * 2 - 1).float() * AMPLITUDE


class Attention(nn.Module):
    """Multi-head self-attention by plain matrix products: at these lengths, on a CPU, 3 x as fast as SDPA."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.norm = nn.RMSNorm(width // heads, elementwise_affine=False)
        self.sharpness = nn.Parameter(torch.zeros(heads, 1, 1))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        b, s, d = x.shape
        qkv = self.qkv(x).view(b, s, 3, self.heads, d // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # 3 x (B, H, S, D/H)
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
        self.norm1 = nn.RMSNorm(width, elementwise_affine=False)
        self.norm2 = nn.RMSNorm(width, elementwise_affine=False)
        self.modulation = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x: Tensor, time: Tensor, bias: Tensor) -> Tensor:
        a1, b1, g1, a2, b2, g2 = self.modulation(time)[:, None].chunk(6, -1)
        x = x + (1 + g1) * self.attention(self.norm1(x) * (1 + a1) + b1, bias)
        out: Tensor = x + (1 + g2) * self.mlp(self.norm2(x) * (1 + a2) + b2)
        return out


class LayoutTransformer(nn.Module):
    """Noisy scene map, time and words -> the clean map: logits of things, colours and place, and frames."""

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
        self.head = nn.Linear(shape.width, 4 * (shape.things + shape.colours + FRAME) + shape.places)
        nn.init.normal_(self.words.weight, std=0.5)
        nn.init.normal_(self.order.weight, std=0.1)
        self.register_buffer("thing_codes", codebook(shape.things, THING_DIMS, 1))
        self.register_buffer("colour_codes", codebook(shape.colours, COLOUR_DIMS, 2))
        self.register_buffer("place_codes", codebook(shape.places, PLACE_DIMS, 3))

    def forward(
        self, noisy: Tensor, t: Tensor, words: Tensor, position: Tensor, visible: Tensor
    ) -> tuple[Tensor, ...]:
        """One look at a noisy map; 0 is no word, and tokens that are not visible only fill up the length.

        noisy (B, N, TOKEN_DIMS), t (B,), words (B, L), position (B, N, 2), visible (B, N) in {0, 1} ->
        things (B, N, 4, T), colours (B, N, 4, C), frame (B, N, 4, FRAME), place (B, N, P).
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
        per_cell = s.things + s.colours + FRAME
        cells = out[..., : 4 * per_cell].view(*out.shape[:-1], 4, per_cell)
        things, colours, frame = torch.split(cells, [s.things, s.colours, FRAME], -1)
        return things, colours, frame, out[..., -s.places :]

    def encode(self, things: Tensor, colours: Tensor, frame: Tensor, place: Tensor) -> Tensor:
        """The map in the space of the noise, from probabilities or one-hots.

        things (B, N, 4, T), colours (B, N, 4, C), frame (B, N, 4, FRAME), place (B, N, P) -> (B, N,
        TOKEN_DIMS).
        """
        cells = torch.cat([things @ self.thing_codes, colours @ self.colour_codes, frame], -1)
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
    """Noisy pixels, time and a scene map -> clean pixels: a U-Net at 1/4, 1/8 and 1/16 of the base size.

    U-Net: Ronneberger et al. 2015. The modulation by the map is that of SPADE (Park et al. 2019).
    """

    def __init__(self, shape: PixelShape) -> None:
        super().__init__()
        self.shape = shape
        w, c = shape.width, shape.condition
        self.thing, self.colour = nn.Embedding(shape.things, 64), nn.Embedding(shape.colours, 24)
        self.place = nn.Embedding(shape.places, 32)
        # Each thing's own linear layer on waves of u, v: where in the thing is which of its parts.
        self.form = nn.Embedding(shape.things, FORM_WAVES**2 * FORM_DIMS)
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
        """What the map says of each half-cell; the same at every step of sampling.

        thing, colour, place (B, h, w) of cells, where (B, 3, h, w), position (B, 2, 2h, 2w) -> (B, c, 2h,
        2w).
        """
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
        """What a thing's own layer says of its half-cells, 0 where none is: (B, FORM_DIMS, 2h, 2w)."""
        b, h, w = thing.shape
        layer = self.form(thing).view(b * h * w, FORM_WAVES**2, FORM_DIMS)
        quarters = uv.view(b, 2, h, 2, w, 2).permute(0, 2, 4, 3, 5, 1)
        at = quarters.reshape(b * h * w, 4, 2)  # the four half-cells of every cell
        waves = cosines(at, FORM_WAVES)  # (BHW, 4, 2, K)
        products = (waves[:, :, 0, :, None] * waves[:, :, 1, None, :]).flatten(2)  # (BHW, 4, K * K)
        said = (products @ layer) * (thing > 0).view(-1, 1, 1)
        back: Tensor = said.view(b, h, w, 2, 2, FORM_DIMS).permute(0, 5, 1, 3, 2, 4)
        return back.reshape(b, FORM_DIMS, 2 * h, 2 * w)

    def forward(self, noisy: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        """noisy (B, 3, 8h, 8w), t (B,), condition (B, c, 2h, 2w) -> clean (B, 3, 8h, 8w) in [-1, 1]."""
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
