"""The file of a picture that somebody else made, to the pixels that were asked for. Trusts nothing in it."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from limner.engines.engine import Pixels
from limner.engines.upstream.failures import no_sense

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_BYTES = 64 << 20  # of a file
MOST_PIXELS = 50_000_000  # 8192 x 6144: no service makes more
UNREADABLE = (
    *(UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning),
    *(OSError, ValueError, SyntaxError),
)
PREVIEW_PART = 8  # a preview is an eighth a side


@dataclass(frozen=True, slots=True)
class Received:
    """``made_size`` is the width and height that the service made, before it was fitted."""

    pixels: Pixels
    made_size: tuple[int, int]


def received(content: bytes, width: int, height: int) -> Received:
    """Fitted to exactly this size: scaled, and what is over at two sides cut off. Raises CallFailed."""
    if len(content) > MOST_BYTES:
        raise no_sense(f"a file of {len(content)} bytes")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as file:
            if file.width * file.height > MOST_PIXELS:
                raise no_sense(f"a picture of {file.width} x {file.height} pixels")
            made_size, picture = file.size, _opaque(file)
    except UNREADABLE as error:
        raise no_sense(f"{type(error).__name__}: {error}") from error
    fitted = ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)
    return Received(np.array(fitted), made_size)


def small(pixels: Pixels) -> Pixels:
    """For a preview."""
    return np.asarray(Image.fromarray(pixels).reduce(PREVIEW_PART))


def _opaque(file: Image.Image) -> Image.Image:
    """On white, where there is nothing."""
    if not file.has_transparency_data:
        return file.convert("RGB")
    layer = file.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
