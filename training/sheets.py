"""Sheets of samples, written beside the checkpoint every few minutes: what a network makes of the same scenes
and captions each time. Losses say little; look at these by minute ten.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from limner.nano.boxes import REFINING_FROM, boxes_of, pixel_positions
from training import upscale
from training.batches import composer_example, painting_inputs, stacked, word_ids
from training.composer import CODES, Composer, Composition
from training.compositions import SceneMaker
from training.finisher import Finisher, Known
from training.finishing import finisher_batches
from training.illustrator import Illustrator
from training.painter import Painter
from training.run import Run
from training.scenes import render, whole
from training.stages import Material
from training.vocabulary import COLOUR_NAMES, COLOURS, THINGS

SEED = 20261121  # of the scenes of all sheets: no training has it
SIDE = 256  # pixels of a picture on a sheet
ROWS, COLUMNS = 3, 4
Bytes = NDArray[np.uint8]


def save_sheet(run: Run, material: Material) -> None:
    """Writes ``<stage>.png``; the judge has none, because nothing comes out of it to look at."""
    make = SHEETS.get(run.args.stage)
    if make is None:
        return
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        sheet = make(run.averaged(), material)
    temporary = run.path.with_suffix(".png.tmp")
    sheet.save(temporary, "PNG")
    temporary.replace(run.path.with_suffix(".png"))


def tiled(pictures: list[Image.Image], columns: int) -> Image.Image:
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * SIDE, rows * SIDE), "white")
    for number, picture in enumerate(pictures):
        fitted = picture.copy()
        fitted.thumbnail((SIDE, SIDE))
        sheet.paste(fitted, (number % columns * SIDE, number // columns * SIDE))
    return sheet


def image_of(picture: Tensor) -> Image.Image:
    """(3, h, w) in [-1, 1]."""
    values = ((picture.float() + 1) * 127.5).clamp(0, 255).byte().permute(1, 2, 0).numpy()
    image = Image.fromarray(values)
    scale = SIDE / max(image.size)
    size = (round(image.width * scale), round(image.height * scale))
    return image.resize(size, Image.Resampling.BICUBIC)


def captioned(image: Image.Image, caption: str) -> Image.Image:
    draw = ImageDraw.Draw(image)
    lines = [caption[k : k + 40] for k in range(0, min(len(caption), 120), 40)]
    for number, line in enumerate(lines):
        at = (4, image.height - 12 * (len(lines) - number))
        draw.text(at, line, fill="white", stroke_width=2, stroke_fill=0)
    return image


def flowed(x: Tensor, moments: list[float], clean_at: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """From noise, or from a picture half way, to a picture."""
    for t, following in pairwise(moments):
        clean = clean_at(x, torch.full((len(x),), t)).float()
        x = x + (following - t) / (1 - t) * (clean - x)
    return x


def times(count: int, power: float, start: float = 0.0) -> list[float]:
    return [start + (1 - start) * (k / count) ** power for k in range(count + 1)]


def doubled(x: Tensor) -> Tensor:
    """As refining begins: twice the size, and noise."""
    large = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return REFINING_FROM * large + (1 - REFINING_FROM) * torch.randn_like(large)


def painter_sheet(network: Painter, material: Material) -> Image.Image:
    """Scenes rendered, and beside each what is painted of its objects in six steps and two."""
    maker = SceneMaker(material.drawings, SEED)
    shown = []
    torch.manual_seed(SEED)
    for _ in range(ROWS * COLUMNS // 2):
        scene = maker.scene(square=True)
        x = torch.randn(1, 3, scene.height, scene.width)
        for scale, moments in ((1, times(6, 1.5)), (2, times(2, 1, REFINING_FROM))):
            x = doubled(x) if scale == 2 else x
            condition, _ = network.condition(**stacked([painting_inputs(scene, scale)]))
            x = flowed(x, moments, lambda noisy, t, known=condition: network(noisy, t, known))  # type: ignore[misc]
        rendered = render(scene, material.drawings, whole(scene)) * 2 - 1
        shown += [image_of(torch.from_numpy(rendered.transpose(2, 0, 1))), image_of(x[0])]
    return tiled(shown, COLUMNS)


def composer_sheet(network: Composer, material: Material) -> Image.Image:
    """The objects of captions as boxes, without guidance."""
    maker = SceneMaker(material.drawings, SEED)
    torch.manual_seed(SEED)
    scenes = [maker.scene() for _ in range(ROWS * COLUMNS)]
    words = torch.from_numpy(np.stack([word_ids(scene.words) for scene in scenes]))
    size = stacked([composer_example(scene, material.drawings) for scene in scenes])["size"]
    read = network.read(words)
    x = torch.randn(len(scenes), CODES)
    for t, following in pairwise(times(12, 1.7)):
        out = network(x, torch.full((len(x),), t), size, *read)
        x = x + (following - t) / (1 - t) * (network.encode(certain(out)).float() - x)
    shown = []
    for number, scene in enumerate(scenes):
        image = boxes_drawn(out, number, scene.width, scene.height)
        shown.append(captioned(image, " ".join(scene.words)))
    return tiled(shown, COLUMNS)


def certain(out: Composition) -> Composition:
    """Logits as probabilities."""
    kinds = ("things", "colours", "place", "light", "style")
    likely = {kind: getattr(out, kind).float().softmax(-1) for kind in kinds}
    return replace(out, frames=out.frames.float(), horizon=out.horizon.float(), **likely)


def boxes_drawn(out: Composition, number: int, width: int, height: int) -> Image.Image:
    scale = SIDE / max(width, height)
    image = Image.new("RGB", (round(width * scale), round(height * scale)), (70, 70, 74))
    draw = ImageDraw.Draw(image)
    things, colours = (logits[number].argmax(-1).tolist() for logits in (out.things, out.colours))
    boxes = boxes_of(out.frames[number].float().numpy(), width, height) * scale
    for thing, colour, (x, y, half_w, half_h, _) in zip(things, colours, boxes.tolist(), strict=True):
        if thing:
            ink = COLOURS.get(COLOUR_NAMES[colour], (235, 235, 235))
            box = (x - half_w, y - half_h, x + half_w, y + half_h)
            draw.rectangle(box, outline=tuple(ink), width=3)
            name = f"{COLOUR_NAMES[colour]} {THINGS[thing]}"
            draw.text((x - half_w + 5, y - half_h + 4), name, fill=tuple(ink))
    return image


def finisher_sheet(network: Finisher, material: Material) -> Image.Image:
    """What it is given, what it makes of it, and what it should be."""
    batch = next(finisher_batches(material.drawings, 8, SEED))
    return compared(batch["small"], network(*Known.of(batch)), batch["large"])


def upscaler_sheet(drawn: upscale.Drawn, network: upscale.Upscaler, material: Material) -> Image.Image:
    batch = next(drawn(material.drawings, 8, SEED))
    return compared(batch["small"], network(batch["small"]), batch["large"])


def compared(given: Tensor, made: Tensor, wanted: Tensor) -> Image.Image:
    return tiled([image_of(each) for three in zip(given, made, wanted, strict=True) for each in three], 6)


def own_sheet(network: Illustrator, material: Material) -> Image.Image:
    """Pictures of the folder, and beside each what is made of its caption, guided."""
    shown: list[Image.Image] = []
    rng = np.random.default_rng(SEED)
    torch.manual_seed(SEED)
    for _ in range(ROWS * COLUMNS // 2):
        shard = material.shards[int(rng.integers(len(material.shards)))]
        number = int(rng.integers(len(shard.captions)))
        words = torch.zeros(2, 48, dtype=torch.long)
        ids = material.captions.read(shard.captions[number]).ids
        words[0, : len(ids)] = torch.tensor(ids)
        made = illustrated(network, words, shard.size)
        real = torch.from_numpy(np.array(shard.pixels[number])).permute(2, 0, 1) / 127.5 - 1
        shown += [image_of(real), captioned(image_of(made), shard.captions[number])]
    return tiled(shown, COLUMNS)


def illustrated(network: Illustrator, words: Tensor, size: tuple[int, int], guidance: float = 3.0) -> Tensor:
    """(3, 2h, 2w): words (2, L), those asked for and those guided away from."""
    width, height = size
    meaning, there = network.read(words)
    x = torch.randn(1, 3, height, width)
    for scale, moments in ((1, times(12, 1.5)), (2, times(2, 1, REFINING_FROM))):
        x = doubled(x) if scale == 2 else x
        position = torch.from_numpy(pixel_positions(scale * width, scale * height))[None]
        position = position.expand(2, -1, -1, -1)

        def clean_at(noisy: Tensor, t: Tensor, position: Tensor = position) -> Tensor:
            asked, against = network(
                noisy.expand(2, -1, -1, -1), t.expand(2), position, meaning, there
            ).float()
            guided: Tensor = against + guidance * (asked - against)
            return guided[None]

        x = flowed(x, moments, clean_at)
    return x[0]


SHEETS: Mapping[str, Callable[[Any, Material], Image.Image]] = {
    "painter": painter_sheet,
    "composer": composer_sheet,
    "finisher": finisher_sheet,
    "upscale4": partial(upscaler_sheet, upscale.crops_to_1k),
    "upscale2": partial(upscaler_sheet, upscale.batches),
    "own": own_sheet,
}
