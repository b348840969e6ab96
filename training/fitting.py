"""What least squares can find of a finisher, before anything is learned.

The colours of each style and light, how much of a style is squares or pieces, what its pieces are mixed from,
the shapes of what falls, and how much each style wants of the features (training/features.py). Descent alone
is long about these, and finds them only in part.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from limner.nano.finish import DETAIL, SCALE, TILE
from training.batches import stacked
from training.compositions import SceneMaker
from training.features import FEATURES, features
from training.finisher import (
    COVERED,
    FALLING,
    FALLING_REACH,
    LARGER,
    PIECED,
    Finisher,
    Known,
    blocky,
    coarse_mask,
    falls,
)
from training.finishes import finished
from training.finishing import CROP, corner, finishes_of_a_view
from training.full_size import neighbours, pieced
from training.scenes import Scene
from training.sprites import Sprites
from training.views import Array, view_of
from training.vocabulary import LIGHTS, STYLES

Batch = dict[str, Tensor]
STYLED = range(1, len(STYLES))
LEASTS = (1.25, 1.5, 1.75, 2.0, 2.25)  # of the noise, to be tried out
LEFT = 0.6  # of the error: squares that leave more only say that a style is soft
EXPLAINED = 0.03  # of what a light changes: less, and nothing falls in it
BRIGHTEST = 0.3  # of the way to white: what is brighter says little of what falls on it


def fit(network: Finisher, sprites: Sprites, seed: int) -> None:
    """Everything, in the order in which one thing builds on the other."""
    fit_tints(network, sprites, seed)
    fit_blocks(network, sprites, seed)
    fit_pieces(network, sprites, seed)
    fit_falling(network, sprites, seed)
    fit_mask(network, sprites, seed)
    fit_changes(network, sprites, seed)


def fit_tints(network: Finisher, sprites: Sprites, seed: int, crops: int = 4) -> None:
    """Gives each style and each light the change of colours that comes nearest to it, by least squares over a
    few crops: what training begins with, because descent alone is long about it."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    for own, finishes in (
        (network.style_tint, [(0, style) for style in range(1, len(STYLES))]),
        (network.light_tint, [(light, 0) for light in range(1, len(LIGHTS))]),
    ):
        for row, finish in enumerate(finishes, 1):
            pairs = [toned_pair(maker.scene(), sprites, rng, *finish) for _ in range(crops)]
            plain, wanted = (np.concatenate([pair[k] for pair in pairs]) for k in (0, 1))
            known = np.concatenate([plain, np.ones((len(plain), 1))], 1)
            x, change = (torch.from_numpy(each)[None] for each in (known, wanted - plain))
            (solved,) = ridge(x, change, torch.zeros(1, 1), firm=1e-3 * len(known))
            own.weight.data[row] = torch.cat([solved[:3].T.flatten(), solved[3]])


@torch.no_grad()
def fit_blocks(network: Finisher, sprites: Sprites, seed: int, crops: int = 16) -> None:
    """Gives each style that is squares the share of them that comes nearest to it, after its tint."""
    styles = [(0, style) for style in range(len(STYLES))]
    for style, batch in enumerate(views_of(styles, sprites, seed, crops)):
        toned = toned_of(network, batch)
        large, blocks = network.crisp(toned), blocky(toned)
        of_each = nearest_share(large, blocks, batch["large"])
        before, after = (
            (made - batch["large"]).square().sum() for made in (large, large + of_each * (blocks - large))
        )
        network.style_blocks.weight[style] = of_each if after < LEFT * before else 0


@torch.no_grad()
def fit_pieces(network: Finisher, sprites: Sprites, seed: int, crops: int = 40) -> None:
    """For each pixel of the tile the mixture of the base pixels around it, and the share of them all."""
    styles = [(0, STYLES.index(name)) for name in PIECED]
    for slot, batch in enumerate(views_of(styles, sprites, seed, crops), 1):
        toned = toned_of(network, batch)
        base = F.avg_pool2d(toned, DETAIL)
        x, wanted = neighbours(base).transpose(0, 1).flatten(1, 2), by_place(batch["large"])
        alike = torch.zeros(x.shape[-1], 1)
        alike[x.shape[-1] // 2 - 1] = 1  # where views say little: the base pixel itself
        mixes = ridge(x, wanted, alike)
        network.style_mixes.weight[slot] = mixes.flatten()
        pieces = pieced(base, mixes[None].expand(len(base), -1, -1, -1))
        chosen = styles[slot - 1][1]
        network.style_pieces.weight[chosen] = nearest_share(network.crisp(toned), pieces, batch["large"])


@torch.no_grad()
def fit_falling(network: Finisher, sprites: Sprites, seed: int, crops: int = 16) -> None:
    """From which noise on something falls, and in what shape; nothing where that explains little."""
    lights = [(light, 0) for light in range(1, len(LIGHTS))]
    for light, batch in enumerate(views_of(lights, sprites, seed, crops), 1):
        under = network.crisp(toned_of(network, batch)).mean(1, keepdim=True)
        above = batch["large"].mean(1, keepdim=True) - under
        whitened = F.pixel_unshuffle(above / (1 - under).clamp(min=BRIGHTEST), SCALE)
        rows = whitened.permute(0, 2, 3, 1).reshape(1, -1, SCALE**2)
        coarse = rows.mean(-1, keepdim=True)
        left = {
            least: unexplained(drops_near(batch["grain"], least), coarse) for least in product(LEASTS, LEASTS)
        }
        best = min(left, key=lambda least: left[least])
        if left[best] > (1 - EXPLAINED) * float(coarse.var()):
            continue
        kernel = ridge(drops_near(batch["grain"], best), rows, torch.zeros(1, 1))
        network.light_least.weight[light] = torch.tensor(best)
        network.light_falls.weight[light] = kernel[0, :-1].T.flatten()
        network.light_fallen.weight[light] = 1.0


@torch.no_grad()
def fit_mask(network: Finisher, sprites: Sprites, seed: int, crops: int = 3) -> None:
    """The layer that says what things cover, in all styles, beside what the painter knows."""
    seen, wanted = [], []
    for batch in views_of([(0, style) for style in STYLED], sprites, seed, crops):
        near = F.unfold(network.seen(Known.of(batch)), 3, padding=1).transpose(1, 2).flatten(0, 1)
        seen.append(torch.cat([near, torch.ones_like(near[:, :1])], 1))
        wanted.append(in_rows(COVERED * (2 * batch["mask"] - 1) - coarse_mask(batch["cover"])))
    layer = solved(torch.cat(seen), torch.cat(wanted))
    network.last_mask.weight.copy_(layer[:-1].T)
    network.last_mask.bias.copy_(layer[-1])


@torch.no_grad()
def fit_changes(
    network: Finisher, sprites: Sprites, seed: int, crops: int = 80, styles: Sequence[int] = STYLED
) -> None:
    """The layers by which each style changes colours, from features and from all that the others see. They
    also bring a network nearer that has been trained."""
    views = views_of([(0, style) for style in styles], sprites, seed, crops)
    for style, batch in zip(styles, views, strict=True):
        left = F.avg_pool2d(batch["large"] - made_of(network, batch), LARGER)
        seen = [features(batch["small"], batch["mask"]), network.seen(Known.of(batch))]
        change = solved(in_rows(torch.cat(seen, 1)), in_rows(left))
        network.style_features.weight[style] += change[:FEATURES].T.flatten()
        network.style_changes.weight[style][: 3 * network.shape.fine] += change[FEATURES:].T.flatten()


def made_of(network: Finisher, batch: Batch) -> Tensor:
    made: Tensor = network(*Known.of(batch))
    return made


def in_rows(x: Tensor) -> Tensor:
    """(B, C, h, w) -> (B h w, C)."""
    return x.permute(0, 2, 3, 1).flatten(0, 2)


def solved(x: Tensor, wanted: Tensor) -> Tensor:
    """(N, K) and (N, M) -> (K, M)."""
    return ridge(x[None], wanted[None], torch.zeros(1, 1), firm=2e-4 * len(x))[0]


def drops_near(grain: Tensor, least: Sequence[float]) -> Tensor:
    """(1, N, K + 1): for each base pixel the drops around it, and one."""
    drops = falls(grain, torch.tensor([least]))
    near = F.unfold(drops, FALLING_REACH, padding=FALLING_REACH // 2).transpose(1, 2).flatten(0, 1)
    assert near.shape[1] == FALLING * FALLING_REACH**2
    return torch.cat([near, torch.ones_like(near[:, :1])], 1)[None]


def unexplained(x: Tensor, wanted: Tensor) -> float:
    """Mean squared error that is left."""
    return float((x @ ridge(x, wanted, torch.zeros(1, 1)) - wanted).square().mean())


def ridge(x: Tensor, wanted: Tensor, alike: Tensor, firm: float = 0.5) -> Tensor:
    """(P, N, K) and (P, N, M) -> (P, K, M): the nearest; ``alike`` where there is little to go by."""
    firmly = firm * torch.eye(x.shape[-1], dtype=torch.float64)
    known, x64 = wanted.double(), x.double()
    solved = torch.linalg.solve(x64.mT @ x64 + firmly, x64.mT @ known + firm * alike.double())
    nearest: Tensor = solved.float()
    return nearest


def by_place(large: Tensor) -> Tensor:
    """(B, 3, H, W) -> (TILE^2, N, SCALE^2): the pixels of each base pixel of the tile, as ``neighbours``."""
    b, c, high, wide = large.shape
    down, across = high // (TILE * SCALE), wide // (TILE * SCALE)
    tiles = large.view(b, c, down, TILE, SCALE, across, TILE, SCALE).permute(3, 6, 0, 1, 2, 5, 4, 7)
    return tiles.reshape(TILE**2, b * c * down * across, SCALE**2)


def views_of(finishes: Sequence[tuple[int, int]], sprites: Sprites, seed: int, crops: int) -> list[Batch]:
    """For each finish a batch of the same views."""
    maker, rng = SceneMaker(sprites, seed), np.random.default_rng(seed)
    views = [finishes_of_a_view(maker.scene(), finishes, sprites, rng) for _ in range(crops)]
    return [stacked([view[number] for view in views]) for number in range(len(finishes))]


def toned_of(network: Finisher, batch: Batch) -> Tensor:
    return network.tinted(Known.of(batch))


def nearest_share(large: Tensor, instead: Tensor, wanted: Tensor) -> Tensor:
    change = instead - large
    return ((change * (wanted - large)).sum() / change.square().sum()).clamp(0, 1)


def toned_pair(
    scene: Scene, sprites: Sprites, rng: np.random.Generator, light: int, style: int
) -> tuple[Array, Array]:
    """(N, 3) in [-1, 1]: some pixels of a plain crop, and the same ones finished."""
    x, y = corner(scene, rng)
    seen, picture = view_of(scene, sprites, x, y, CROP, CROP, int(rng.integers(2**31)))
    done = finished(picture, seen, light, style)
    plain, wanted = (each[::6, ::6].reshape(-1, 3) * 2.0 - 1 for each in (picture, done))
    return plain, wanted
