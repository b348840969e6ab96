"""Parts of which the convolutional networks of the built-in model are made."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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


class UNet(nn.Module):
    """A U-Net at 1/4, 1/8 and 1/16 of a picture (Ronneberger et al. 2015), modulated by what it is told of
    every half-cell (as in SPADE, Park et al. 2019)."""

    def add_layers(self, entering: int, widths: tuple[int, int, int], condition: int) -> None:
        """``entering`` channels of every half-cell; ``widths`` at each of the sizes."""
        (w, m, d), c = widths, condition
        self.enter = Conv(entering, w, 3)
        self.down1, self.down2 = Conv(4 * w, m, 1), Conv(4 * m, d, 1)
        self.down = nn.ModuleList([Residual(w, c), Residual(w, c), Residual(m, c), Residual(m, c)])
        self.middle = nn.ModuleList([Residual(d, c), Residual(d, c)])
        self.up2, self.up1 = Conv(d, 4 * m, 1), Conv(m, 4 * w, 1)
        self.up = nn.ModuleList(
            [Residual(m, c), Residual(m, c), Residual(w, c), Residual(w, c), Residual(w, c)]
        )
        self.leave1, self.leave2, self.leave3 = Conv(w, 4 * 32, 1), Conv(32, 32), Conv(32, 12, gain=0.3)

    def painted(self, x: Tensor, c0: Tensor, between: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """x (B, entering, h, w), c0 (B, condition, h, w) -> (B, 3, 4h, 4w). ``between`` the two blocks in the
        middle, at 1/4 of h and w, may be something more."""
        c1 = F.avg_pool2d(c0, 2)
        c2 = F.avg_pool2d(c1, 2)
        a = self.down[1](self.down[0](self.enter(x), c0), c0)
        b = self.down[3](self.down[2](self.down1(F.pixel_unshuffle(a, 2)), c1), c1)
        x = self.middle[0](self.down2(F.pixel_unshuffle(b, 2)), c2)
        x = self.middle[1](between(x) if between else x, c2)
        x = b + F.pixel_shuffle(self.up2(x), 2)
        x = self.up[1](self.up[0](x, c1), c1)
        x = a + F.pixel_shuffle(self.up1(x), 2)
        for block in self.up[2:]:
            x = block(x, c0)
        x = F.silu(F.pixel_shuffle(self.leave1(x), 2))
        return F.pixel_shuffle(self.leave3(F.silu(self.leave2(x)) + x), 2)
