"""The check of pictures by a classifier that the operator names: resized and scaled as its own files say."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from limner.errors import BadSettings
from limner.safety.classifier import Classifier, find_model, read_config
from limner.safety.finding import Finding, ImageCheck, Pixels
from limner.safety.options import CheckOptions

PREPROCESSOR = "preprocessor_config.json"
_HALF = (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Preparation:
    """To ``width`` and ``height``; or with ``shortest`` to that shorter side, and from its middle those."""

    width: int  # pixels
    height: int  # pixels
    shortest: int = 0
    resample: Image.Resampling = Image.Resampling.BILINEAR
    factor: float = 1 / 255
    mean: tuple[float, ...] = _HALF
    deviation: tuple[float, ...] = _HALF

    def __call__(self, pixels: Pixels) -> NDArray[np.float32]:
        """(1, 3, height, width)."""
        picture = Image.fromarray(pixels)
        if self.shortest:
            scale = self.shortest / min(picture.size)
            wide, high = (max(self.shortest, round(side * scale)) for side in picture.size)
            left, top = (wide - self.width) // 2, (high - self.height) // 2
            picture = picture.resize((wide, high), self.resample)
            picture = picture.crop((left, top, left + self.width, top + self.height))
        else:
            picture = picture.resize((self.width, self.height), self.resample)
        scaled = (np.asarray(picture, np.float32) * self.factor - self.mean) / self.deviation
        return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], np.float32)


def load(options: CheckOptions) -> ImageCheck:
    """Raises BadSettings."""
    if not options.image_classifier:
        raise BadSettings("the image check classifier needs image_classifier: a folder, a file or a hub name")
    onnx = find_model(options.image_classifier)
    config = read_config(onnx)
    classifier, prepare = Classifier(onnx, config), _preparation(onnx, config)
    (name,) = classifier.inputs

    def check(pixels: Pixels) -> Sequence[Finding]:
        return classifier.classify({name: prepare(pixels)})

    return check


def _preparation(onnx: Any, config: Mapping[str, Any]) -> Preparation:
    """Raises BadSettings."""
    try:
        if "pretrained_cfg" in config:
            return _of_timm(config["pretrained_cfg"])
        return _of_transformers(read_config(onnx, PREPROCESSOR))
    except (KeyError, TypeError, ValueError) as error:
        raise BadSettings(f"how {onnx} wants its pictures cannot be read: {error!r}") from error


def _of_transformers(given: Mapping[str, Any]) -> Preparation:
    size, crop = given["size"], given.get("crop_size")
    if isinstance(size, int):
        size = {"height": size, "width": size}
    shortest = int(size.get("shortest_edge", 0))
    shown = (crop or {"height": shortest, "width": shortest}) if shortest else size
    if isinstance(shown, int):
        shown = {"height": shown, "width": shown}
    is_normalized = given.get("do_normalize", True)
    return Preparation(
        width=int(shown["width"]),
        height=int(shown["height"]),
        shortest=shortest,
        resample=Image.Resampling(given.get("resample", Image.Resampling.BILINEAR)),
        factor=float(given.get("rescale_factor", 1 / 255)) if given.get("do_rescale", True) else 1.0,
        mean=tuple(given.get("image_mean", _HALF)) if is_normalized else (0.0,),
        deviation=tuple(given.get("image_std", _HALF)) if is_normalized else (1.0,),
    )


def _of_timm(given: Mapping[str, Any]) -> Preparation:
    _, height, width = given["input_size"]
    is_squashed = given.get("crop_mode") == "squash"
    return Preparation(
        width=width,
        height=height,
        shortest=0 if is_squashed else math.floor(min(height, width) / given.get("crop_pct", 1.0)),
        resample=Image.Resampling[given.get("interpolation", "bicubic").upper()],
        mean=tuple(given["mean"]),
        deviation=tuple(given["std"]),
    )
