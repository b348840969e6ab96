"""Small files of every kind, real as far as anybody looks."""

import io
import struct
import wave
import zlib

import numpy as np
from PIL import Image

PICTURES = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}


def picture(content_type: str, side: int = 64) -> bytes:
    """Noise, so that it does not compress."""
    pixels = np.random.default_rng(7).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, PICTURES[content_type])
    return file.getvalue()


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 8000, 0, "NONE", ""))
        written.writeframes(b"\0\1" * 800)
    return file.getvalue()


def mp4(brand: bytes = b"isom") -> bytes:
    return struct.pack(">I4s4sI", 16, b"ftyp", brand, 512) + b"\0" * 64


def png_bomb(side: int) -> bytes:
    """A PNG of a few kilobytes that says it is this wide and high, and holds as much."""
    row = zlib.compressobj(9)
    blank = b"\0" * (side // 8 + 1)
    data = b"".join(row.compress(blank) for _ in range(side)) + row.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
