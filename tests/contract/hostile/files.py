"""Attacks by what is uploaded: bombs, impostors, and forms that are none."""

import io
import struct
import zipfile
import zlib
from functools import cache
from random import Random
from typing import Any

from tests.contract.hostile.attack import Attack, Target, as_json, own_id, request

FORMS = ("/api/v3/media/upload/binary", "/api/v3/upload", "/api/v2/media/upload/binary")
NAMES = (
    *(
        "../../../../canary.txt",
        "..\\..\\x.png",
        "/etc/passwd",
        "x\0.png",
        "x" * 5_000 + ".png",
        "",
        ".",
        "..",
        "con.png",
        "\u202egnp.exe",
    ),
    *(
        'x".png',
        "x\r\nX-A: y.png",
        "x.png.exe",
        "x.svg",
        "x.html",
        "%2e%2e%2fx.png",
        "\ud83c\udf4e.png",
        "~root",
        "-rf",
        "x;y=z.png",
    ),
)
TYPES = (
    "image/png",
    "image/jpeg",
    "image/svg+xml",
    "text/html",
    "video/mp4",
    "application/zip",
    "x" * 500,
    "",
    "image/png\0",
    "\xff",
)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, pixels: bytes, *further: bytes) -> bytes:
    """Whatever it says of itself."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(further) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


@cache
def bombs() -> dict[str, bytes]:
    """Small to send, large to open."""
    zeros = zlib.compress(bytes(20_000_000), 9)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("x.png", bytes(20_000_000))
        opened.writestr("../../canary.txt", b"overwritten")
    return {
        "png of 100k x 100k": png(100_000, 100_000, zeros),
        "png of 2^31": png(2**31 - 1, 2**31 - 1, zeros),
        "png of 8k x 8k": png(8_000, 8_000, zlib.compress(bytes((8_000 * 3 + 1) * 8_000), 1)),
        "png of nothing": png(0, 0, b""),
        "png with a large text": png(1, 1, zlib.compress(bytes(4)), _chunk(b"zTXt", b"x\0\0" + zeros)),
        "png with a large profile": png(1, 1, zlib.compress(bytes(4)), _chunk(b"iCCP", b"x\0\0" + zeros)),
        "png cut off": png(64, 64, zeros)[:-30],
        "png with more pixels than said": png(1, 1, zeros),
        "gif of 65535 x 65535": b"GIF89a\xff\xff\xff\xff\x80\0\0"
        + bytes(6)
        + b"\x2c"
        + bytes(4)
        + b"\xff\xff\xff\xff\0\x02\x01\0\0;",
        "gif of many frames": b"GIF89a\x01\0\x01\0\x80\0\0"
        + bytes(6)
        + b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0" * 20_000
        + b";",
        "zip": archive.getvalue(),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="file:///etc/passwd"/></svg>',
        "laughs": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
        + b'<!ENTITY b "&a;&a;&a;&a;">'
        + b"]><svg>&b;</svg>",
        "html": b"<!DOCTYPE html><script>alert(document.domain)</script>",
        "png and html": png(1, 1, zlib.compress(bytes(4))) + b"<script>alert(1)</script>",
        "bmp of 2^31": b"BM"
        + bytes(12)
        + struct.pack("<IiiHHIIiiII", 40, 2**31 - 1, 2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0),
        "tiff that bites its tail": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
        "webp of nothing": b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11",
        "jpeg cut off": b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
        + b"\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03",
        "mp4 of nothing": b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + b"\xff\xff\xff\xffmoov",
        "eicar": b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
        "nothing": b"",
    }


def forms(rng: Random, target: Target) -> Attack:
    """A file in a form."""
    content = rng.choice(list(bombs().values()))
    name = rng.choice(NAMES).encode("utf-8", "replace").replace(b"\r\n", rng.choice((b"\r\n", b"%0D%0A")))
    kind = rng.choice(TYPES).encode("latin-1")
    field = rng.choice((b"file", b"file", b"file", b"image", b"", b"file[]"))
    part = b'--b\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\nContent-Type: %b\r\n\r\n' % (
        field,
        name,
        kind,
    )
    body = part + content + b"\r\n--b--\r\n"
    form = [("Content-Type", "multipart/form-data; boundary=b")]
    return Attack("bombs in forms", (request(target, "POST", rng.choice(FORMS), body, form),))


def broken_forms(rng: Random, target: Target) -> Attack:
    """Forms that do not end, do not begin, or hold too many things."""
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\nx\r\n'
    body = rng.choice(
        (
            b"",
            b"--b--",
            b"--b",
            part,
            part * 3_000 + b"--b--",
            b"\r\n" * 100_000 + part + b"--b--",
            b"--b\r\n\r\n\r\n--b--",
            b"--b\r\nContent-Disposition: form-data; name=" + b"x" * 200_000 + b"\r\n\r\nx\r\n--b--",
            b"--b\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\nx\r\n--b--",
            b"--b\r\nX" * 20_000,
            b"\0" * 50_000,
            rng.randbytes(5_000),
            b"--b\r\nContent-Disposition: form-data; name=file; filename*=UTF-8''%ff%00\r\n\r\nx\r\n--b--",
            b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n" + b"x" * 3_000_000 + b"\r\n--b--",
            b"--b\r\nContent-Disposition: form-data; name=file\r\nX: y\r\n\r\n\r\n--b--",
            as_json({}),
        )
    )
    kind = rng.choice(
        (
            "multipart/form-data; boundary=b",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/mixed; boundary=b",
            'multipart/form-data; boundary="' + "b" * 3_000 + '"',
            "multipart/form-data; boundary=\xff",
            "multipart/form-data; charset=x; boundary=b",
        )
    )
    return Attack(
        "broken forms", (request(target, "POST", rng.choice(FORMS), body, [("Content-Type", kind)]),)
    )


def tickets(rng: Random, target: Target) -> Attack:
    """A file announced that cannot be, or sent on a ticket that nobody has."""
    if rng.random() < 0.3:
        ticket = rng.choice((own_id(rng), "..%2f..%2fx", "x" * 3_000, "%00", *target.foreign_ids))
        content = rng.choice(list(bombs().values()))
        return Attack(
            "tickets", (request(target, "PUT", f"/api/v3/media/uploads/{ticket}", content, key=None),)
        )
    said: dict[str, Any] = {
        "filename": rng.choice(NAMES),
        "size": rng.choice((0, -1, 1, 2**31, 2**63, 209_715_201, 1.5, "1", None, 10**30)),
        "content_type": rng.choice((*TYPES, 7, None, [])),
    }
    return Attack("tickets", (request(target, "POST", "/api/v3/media/uploads", as_json(said)),))
