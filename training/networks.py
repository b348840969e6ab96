"""Parts of which the convolutional networks of the built-in model are made."""

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
