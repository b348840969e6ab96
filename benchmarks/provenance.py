"""What does it cost to sign a picture of the built-in model and to mark it; what does the mark outlive?"""

import io
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from statistics import median

import numpy as np
from PIL import Image

from benchmarks.rig.table import print_table
from limner import images
from limner.engines.engine import GenerationRequest, Pixels, load_engine
from limner.provenance.identity import make_identity
from limner.provenance.mark import ID_LETTERS, put_mark, read_mark
from limner.provenance.signing import Origin, Signer
from limner.provenance.verifying import Verifier

PROMPTS = (
    "three yellow ducks on a lake at sunset",
    "a red fox beside a blue mushroom in a forest at night",
    "a white teapot on a black table",
    'a sign that says "open" on a snowy street',
)
SIZES = ((1024, 1024), (1408, 768), (2048, 2048))
ROUNDS = 9
PREDICTION_ID = "c0ffee123456" + "7" * 20
FORMATS = ("png", "jpeg", "webp")

Copy = Callable[[Image.Image], Image.Image]
COPIES: Mapping[str, Copy] = {
    "PNG": lambda picture: picture,
    "JPEG 90": lambda picture: saved(picture, "JPEG", 90),
    "JPEG 75": lambda picture: saved(picture, "JPEG", 75),
    "JPEG 50": lambda picture: saved(picture, "JPEG", 50),
    "WebP 80": lambda picture: saved(picture, "WEBP", 80),
    "half size": lambda picture: picture.reduce(2),
    "half size, JPEG 75": lambda picture: saved(picture.reduce(2), "JPEG", 75),
    "a third, JPEG 75": lambda picture: saved(picture.reduce(3), "JPEG", 75),
    "2 % cut off": lambda picture: picture.crop((picture.width // 50, 0, picture.width, picture.height)),
}


def main() -> None:
    engine = load_engine("nano")
    pictures = {
        size: [one for prompt in PROMPTS for one in made(engine.generate, prompt, *size)] for size in SIZES
    }
    engine.close()
    sign(pictures)
    mark(pictures)


def made(generate: Callable[..., object], prompt: str, width: int, height: int) -> tuple[Pixels, ...]:
    generation = generate(GenerationRequest(prompt, width, height, (5,)), lambda _: None)
    found: tuple[Pixels, ...] = generation.images  # type: ignore[attr-defined]  # an engine's
    return found


def sign(pictures: Mapping[tuple[int, int], list[Pixels]]) -> None:
    now = datetime.now(UTC)
    identity = make_identity(now)
    signer, verifier = Signer(identity), Verifier([identity.authority])
    origin = Origin("nano/benchmark", now, PREDICTION_ID)
    rows = []
    for size, those in pictures.items():
        for kind in FORMATS:
            files = [images.encode(pixels, kind) for pixels in those]
            signed = [signer.sign(file.content, file.content_type, origin) for file in files]
            signing = [
                milliseconds(partial(signer.sign, file.content, file.content_type, origin)) for file in files
            ]
            checking = [milliseconds(partial(verifier.examine, io.BytesIO(one))) for one in signed]
            larger = median(len(one) - len(file.content) for one, file in zip(signed, files, strict=True))
            kilobytes = median(len(file.content) for file in files) / 1000
            row = [f"{size[0]}x{size[1]} {kind}", f"{kilobytes:.0f}", f"{larger:.0f}"]
            rows.append([*row, f"{median(signing):.1f}", f"{median(checking):.1f}"])
    print_table("C2PA", ("picture", "kB", "bytes more", "ms to sign", "ms to check"), rows)


def mark(pictures: Mapping[tuple[int, int], list[Pixels]]) -> None:
    rows, every = [], []
    for size, those in pictures.items():
        marked = [put_mark(pixels, PREDICTION_ID) for pixels in those]
        every += [Image.fromarray(one) for one in marked]
        errors = [np.mean((one.astype(float) - two) ** 2) for one, two in zip(marked, those, strict=True)]
        decibels = min(10 * np.log10(255**2 / error) for error in errors)
        put = median(milliseconds(partial(put_mark, one, PREDICTION_ID)) for one in those)
        read = median(milliseconds(partial(read_mark, one)) for one in marked)
        rows.append([f"{size[0]}x{size[1]}", f"{decibels:.1f}", f"{put:.0f}", f"{read:.0f}"])
    print_table("The mark", ("picture", "PSNR, dB, at least", "ms to put", "ms to read"), rows)
    wanted = PREDICTION_ID[:ID_LETTERS]
    outlived = [
        [name, f"{sum(read_mark(np.asarray(copy(one))) == wanted for one in every)} of {len(every)}"]
        for name, copy in COPIES.items()
    ]
    print_table("The mark is read from", ("copy", "pictures"), outlived)


def milliseconds(work: Callable[[], object]) -> float:
    """The least of this thread's CPU: the machine may have other work."""
    taken = []
    for _ in range(ROUNDS):
        started = time.thread_time()
        work()
        taken.append((time.thread_time() - started) * 1000)
    return min(taken)


def saved(picture: Image.Image, kind: str, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, kind, quality=quality)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


if __name__ == "__main__":
    main()
