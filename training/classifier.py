"""The classifier: tells the place, the light and the style of a picture, from pixels alone.

Trained on finished renders only, with a seed and wear of its own. It looks at the whole picture at the base
size, and at a few pieces of it at full size, where the texture of a style is seen. Like the judge it measures
the model and never touches what the model makes. B is the batch, P the pieces of a picture.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from limner.nano.finish import SCALE
from training.batches import Example, channels_first, drawn_from, stacked
from training.compositions import SceneMaker, scene_of_either
from training.finishes import finished
from training.judge import Block, worn
from training.networks import Conv
from training.scenes import Scene, Window, coverage, render, whole
from training.sprites import Sprites
from training.tones import flattened
from training.views import View, grain_in
from training.vocabulary import LIGHTS, PLACE_NAMES, PLACES, STYLES

Picture = NDArray[np.float32]
PIECE = 128  # pixels of full size a side: one tile of a style's pattern
PIECES = 4  # of each picture in training
LOOKS = (0.1, 0.37, 0.63, 0.9)  # where pieces of a judged picture are cut: each with each, as shares
SIDES = (64, 128)  # base pixels: windows to learn finishes from, and whole scenes
KEPT = 1600  # examples of each side
NEW_VIEW_SHARE = 0.4  # of the batches, those that bring one
SINGLE_SHARE = 0.75  # of the scenes, those of one thing: soon drawn, and much is seen of the place
FINISHES_OF_A_VIEW = 4
UNASKED = -1  # of a small window its place, which is not seen there; of plain scenes the light and the style:
# batches of nothing but plain ones taught that all is plain
PLAIN_SHARE = 0.05  # of the batches, those of scenes without a finish
WINDOW_SHARE = 0.03
UNLIT_SHARE = 0.6  # of the finishes
UNSTYLED_SHARE = 0.3  # of those that are lit: a light is most often asked for in no style
HIDING = {"pencil": 4.0, "neon": 4.0, "ink": 4.0, "black and white": 2.0}  # the place: drawn more often
STYLE_SHARES = np.array([HIDING.get(style, 1.0) for style in STYLES])
STYLE_SHARES /= STYLE_SHARES.sum()
BANDS = 4  # of the whole picture, from the top down: what is sky and what is ground
SMOOTH_SHARE = 0.4  # of the renders, those that lose their texture before they are finished, as paintings do
SMOOTH, EVEN = (0.5, 1.5), 0.008  # base pixels around each; variance of lightness: what varies less is even
COARSE = (2, 3, 4, 8)  # pixels a base pixel of the render that is enlarged before it is finished
COARSE_SHARES = (0.3, 0.3, 0.3, 0.1)  # soft ones are cheap, and teach that softness is no style


@dataclass(frozen=True)
class Seen:
    """What the classifier sees in a picture."""

    place: str
    light: str
    style: str


class Classifier(nn.Module):
    """(B, 3, h, w) base pixels and (B, P, 3, PIECE, PIECE) in [-1, 1] -> logits of places, lights, styles."""

    def __init__(self, places: int, lights: int, styles: int) -> None:
        super().__init__()
        self.kinds = (places, lights, styles)
        self.first, self.second = Conv(12, 48), Conv(4 * 48, 96, 1)
        self.down, self.deep = Conv(4 * 96, 160, 1), Conv(4 * 160, 192, 1)
        self.whole = nn.ModuleList(
            nn.Sequential(*(Block(width) for _ in range(depth)))
            for width, depth in ((96, 1), (160, 3), (192, 3))
        )
        self.patch, self.piece_down = Conv(48, 64), Conv(4 * 64, 96, 1)
        self.pieces = nn.ModuleList([Block(64), Block(96)])
        self.last = nn.Linear(2 * 192 + 2 * 96 + BANDS * 192, sum(self.kinds))

    def forward(self, picture: Tensor, pieces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = F.silu(self.first(F.pixel_unshuffle(picture, 2)))
        for lower, block in zip((self.second, self.down, self.deep), self.whole, strict=True):
            x = block(lower(F.pixel_unshuffle(x, 2)))
        b, p = pieces.shape[:2]
        near = self.pieces[0](self.patch(F.pixel_unshuffle(pieces.flatten(0, 1), 4)))
        near = self.pieces[1](self.piece_down(F.pixel_unshuffle(near, 2)))
        texture = pooled(near).view(b, p, -1).mean(1)
        out = self.last(torch.cat([pooled(x), texture, banded(x)], 1))
        places, lights, styles = out.split(self.kinds, 1)
        return places, lights, styles


def pooled(x: Tensor) -> Tensor:
    """(B, C, h, w) -> (B, 2C): the mean and the largest of each channel, smoothed."""
    x = F.silu(x)
    return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)


def banded(x: Tensor) -> Tensor:
    """(B, C, h, w) -> (B, BANDS C): the mean of each channel in each band."""
    return F.adaptive_avg_pool2d(F.silu(x), (BANDS, 1)).flatten(1)


class Finishes:
    """An endless supply of finished renders, from one seed. They are kept, and worn anew each time they are
    drawn: a new one costs more than a step of learning."""

    def __init__(self, sprites: Sprites, seed: int) -> None:
        self._sprites = sprites
        self._makers = (SceneMaker(sprites, seed + 4001), SceneMaker(sprites, seed + 4002, evaluation=True))
        self._rng = np.random.default_rng(seed + 4003)
        self._kept: dict[int, list[Example]] = {side: [] for side in SIDES}

    def batch(self, size: int) -> list[Example]:
        draw = self._rng.random()
        if draw < PLAIN_SHARE:
            return [self._worn(self._plain()) for _ in range(size)]
        side = SIDES[draw > PLAIN_SHARE + WINDOW_SHARE]
        made = partial(self._finished, side)
        chosen = drawn_from(self._kept[side], made, size, KEPT, NEW_VIEW_SHARE, self._rng)
        return [self._worn(example) for example in chosen]

    def _scene(self) -> Scene:
        return scene_of_either(self._makers, "single", SINGLE_SHARE, self._rng)

    def _plain(self) -> Example:
        """A scene at the base size, with two small windows of it at full size."""
        scene = self._scene()
        side = PIECE // SCALE
        scale = int(self._rng.choice(COARSE, p=COARSE_SHARES))
        corners = self._rng.integers(0, scene.width - side + 1, (PIECES, 2))
        windows = [Window(int(x), int(y), side, side, scale) for x, y in corners]
        pieces = np.stack([in_bytes(enlarged(render(scene, self._sprites, each), scale)) for each in windows])
        return {
            "picture": in_bytes(render(scene, self._sprites, whole(scene))),
            "pieces": pieces,
            **labels(scene.place, UNASKED, UNASKED),
        }

    def _finished(self, side: int) -> list[Example]:
        scene = self._scene()
        seen, picture = coarse_view(scene, self._sprites, side, self._rng)
        examples = []
        for _ in range(FINISHES_OF_A_VIEW):
            light, style = drawn_finish(self._rng)
            light = light if PLACES[scene.place].is_outdoors else 0
            large = in_bytes(finished(picture, seen, light, style))
            corners = self._rng.integers(0, large.shape[0] - PIECE + 1, (PIECES, 2))
            place = scene.place if side == max(SIDES) else UNASKED
            examples.append({**looked_at(large, corners), **labels(place, light, style)})
        return examples

    def _worn(self, example: Example) -> Example:
        """As a picture of the model is beside a render; mirrored, half of the time."""
        rng = self._rng
        pictures = [example["picture"], *example["pieces"]]
        if rng.random() < 0.5:
            pictures = [picture[:, ::-1] for picture in pictures]
        if rng.random() < 0.3:
            pictures = [through_jpeg(picture, int(rng.integers(40, 95))) for picture in pictures]
        state, softness = rng.integers(2**31), rng.uniform(0, 2.5)  # of the whole and of its pieces alike
        small, *pieces = (
            channels_first(worn(picture.astype(np.float32) / 255, np.random.default_rng(state)))
            for picture in pictures
        )
        if softness > 0.5:
            pieces = [softened(piece, float(softness)) for piece in pieces]
        return example | {"picture": small, "pieces": np.stack(pieces)}


def drawn_finish(rng: np.random.Generator) -> tuple[int, int]:
    """A light and a style."""
    style = int(rng.choice(len(STYLES), p=STYLE_SHARES))
    if rng.random() < UNLIT_SHARE:
        return 0, style
    return int(rng.integers(1, len(LIGHTS))), 0 if rng.random() < UNSTYLED_SHARE else style


def coarse_view(scene: Scene, sprites: Sprites, side: int, rng: np.random.Generator) -> tuple[View, Picture]:
    """A window of a scene for training/finishes.py, its render enlarged from a coarser one."""
    x, y = (int(at) for at in rng.integers(0, scene.width - side + 1, 2))
    scale = int(rng.choice(COARSE, p=COARSE_SHARES))
    coarse = Window(x, y, side, side, scale)
    picture, cover = (enlarged(made(scene, sprites, coarse), scale) for made in (render, coverage))
    if rng.random() < SMOOTH_SHARE:
        picture = flattened(picture, float(rng.uniform(*SMOOTH)), EVEN)
    grain = grain_in(scene, x, y, side, side, int(rng.integers(2**31)))
    view = View(x, y, side, side, scene.width, scene.height, scene.horizon, cover, grain)
    return view, picture


def enlarged(window: Picture, scale: int) -> Picture:
    """From ``scale`` pixels a base pixel to full size."""
    side = window.shape[0] * SCALE // scale
    large = cv2.resize(window, (side, side), interpolation=cv2.INTER_CUBIC)
    return large.clip(0, 1).astype(np.float32)


def softened(piece: Picture, spread: float) -> Picture:
    """(3, h, w), blurred; ``spread`` in pixels."""
    return np.stack([cv2.GaussianBlur(plane, (0, 0), spread) for plane in piece]).astype(np.float32)


def labels(place: int, light: int, style: int) -> Example:
    return {name: np.array(index, np.int64) for name, index in zip(KINDS, (place, light, style), strict=True)}


KINDS = ("place", "light", "style")


def looked_at(large: NDArray[np.uint8], corners: Sequence[Sequence[int]] | NDArray[np.int64]) -> Example:
    """A square picture of full size at the base size, and the pieces of it at these corners (x, y)."""
    side = large.shape[0] // SCALE
    small = cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA)
    return {"picture": small, "pieces": np.stack([large[y : y + PIECE, x : x + PIECE] for x, y in corners])}


def in_bytes(picture: Picture) -> NDArray[np.uint8]:
    return (picture * 255 + 0.5).clip(0, 255).astype(np.uint8)


def through_jpeg(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, packed = cv2.imencode(".jpg", np.ascontiguousarray(picture), [cv2.IMWRITE_JPEG_QUALITY, quality])
    unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    assert unpacked is not None, "what was packed can be unpacked"
    return unpacked.astype(np.uint8)


def classifier_batches(sprites: Sprites, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    """Of every combination, held out ones too: it must know what the model is asked for."""
    supply = Finishes(sprites, seed)
    while True:
        yield stacked(supply.batch(size))


def classifier_loss(network: Classifier, batch: dict[str, Tensor]) -> Tensor:
    out = network(batch["picture"].float(), batch["pieces"].float())
    losses = [
        F.cross_entropy(logits.float(), batch[kind], ignore_index=UNASKED, reduction="sum")
        for kind, logits in zip(KINDS, out, strict=True)
    ]
    return torch.stack(losses).sum() / len(batch["place"])


@torch.no_grad()
def classify(network: Classifier, picture: NDArray[np.uint8]) -> Seen:
    """Of a square picture of 1024 pixels a side, looked at as it is and mirrored."""
    at = [int(share * (picture.shape[0] - PIECE)) for share in LOOKS]
    example = looked_at(picture, [(x, y) for y in at for x in at])
    small, *pieces = (
        channels_first(each.astype(np.float32) / 255) for each in (example["picture"], *example["pieces"])
    )
    whole, parts = torch.from_numpy(small), torch.from_numpy(np.stack(pieces))
    out = network(torch.stack([whole, whole.flip(-1)]), torch.stack([parts, parts.flip(-1)]))
    place, light, style = (int(logits.log_softmax(-1).mean(0).argmax()) for logits in out)
    return Seen(PLACE_NAMES[place], LIGHTS[light], STYLES[style])
