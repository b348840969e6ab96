"""What a file is, told by its first bytes, and whether that is what its sender says it is.

A picture must decode, as far as its first frame; of films and sounds only the beginning is looked at. Knows
neither storage nor database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from PIL import Image, UnidentifiedImageError

from limner.errors import InvalidInput, UnsupportedMedia

MAX_PIXELS = 1 << 26  # 8192 x 8192: what a decoder is given at most, four bytes each
_HEAD_BYTES = 4096

EXTENSIONS: Mapping[str, str] = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tiff",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi",
    "video/ogg": ".ogv",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/webm": ".weba",
}
"""The types that are taken, and the extension of each."""

_TYPES = {extension: content_type for content_type, extension in EXTENSIONS.items()} | {
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".m4v": "video/mp4",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
}
_OTHER_NAMES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
    "image/tif": "image/tiff",
    "video/x-m4v": "video/mp4",
    "video/matroska": "video/x-matroska",
    "video/avi": "video/x-msvideo",
    "video/msvideo": "video/x-msvideo",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/opus": "audio/ogg",
    "application/ogg": "audio/ogg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/x-aac": "audio/aac",
    "audio/aacp": "audio/aac",
}
_SAYS_NOTHING = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_PILLOW_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}


@dataclass(frozen=True, slots=True)
class _Signature:
    """Bytes at a place, and what a file with them may be; the first of these when its sender does not say."""

    start: int
    magic: bytes
    types: tuple[str, ...]


_SIGNATURES = (
    _Signature(0, b"\x89PNG\r\n\x1a\n", ("image/png",)),
    _Signature(0, b"\xff\xd8\xff", ("image/jpeg",)),
    _Signature(8, b"WEBP", ("image/webp",)),
    _Signature(0, b"GIF87a", ("image/gif",)),
    _Signature(0, b"GIF89a", ("image/gif",)),
    _Signature(0, b"II*\0", ("image/tiff",)),
    _Signature(0, b"MM\0*", ("image/tiff",)),
    _Signature(4, b"ftypqt", ("video/quicktime", "video/mp4")),
    _Signature(4, b"ftypM4A", ("audio/mp4", "video/mp4")),
    *(
        _Signature(4, b"ftyp" + brand, ("video/mp4", "audio/mp4", "video/quicktime"))
        for brand in (b"iso", b"mp4", b"avc", b"M4V", b"MSNV", b"dash", b"3gp", b"f4v", b"F4V")
    ),
    _Signature(0, b"\x1aE\xdf\xa3", ("video/webm", "video/x-matroska", "audio/webm")),
    _Signature(8, b"AVI ", ("video/x-msvideo",)),
    _Signature(8, b"WAVE", ("audio/wav",)),
    _Signature(0, b"fLaC", ("audio/flac",)),
    _Signature(0, b"OggS", ("audio/ogg", "video/ogg")),
    _Signature(0, b"ID3", ("audio/mpeg", "audio/aac")),
    *(
        _Signature(0, b"\xff" + second, ("audio/mpeg",))
        for second in (b"\xfb", b"\xfa", b"\xf3", b"\xf2", b"\xe3", b"\xe2")
    ),
    *(_Signature(0, b"\xff" + second, ("audio/aac",)) for second in (b"\xf1", b"\xf9")),
    _Signature(0, b"BM", ("image/bmp",)),
)


def claimed_type(content_type: str, file_name: str) -> str:
    """The type that a sender claims, by header or else by a known extension; "" for none. Raises
    UnsupportedMedia when it is not one that is taken."""
    named = content_type.partition(";")[0].strip().lower()
    if named in _SAYS_NOTHING:
        return _TYPES.get(PurePosixPath(file_name).suffix.lower(), "")
    claimed = _OTHER_NAMES.get(named, named)
    if claimed not in EXTENSIONS:
        raise UnsupportedMedia(f'field "content_type": files of the type "{named[:100]}" are not taken')
    return claimed


def check_content(file: IO[bytes], claimed: str) -> str:
    """The type of a file, by its content. Raises UnsupportedMedia when that is not taken or not what is
    claimed, and InvalidInput for a picture that cannot be decoded."""
    types = _types_of(_head(file))
    if not types:
        raise UnsupportedMedia('field "file": this is no image, video or audio file of a kind that is taken')
    found = types[0]
    if claimed in types:
        found = claimed
    elif claimed:
        raise UnsupportedMedia(f'field "file": said to be {claimed}, but its content is {found}')
    if found in _PILLOW_FORMATS:
        _check_picture(file, found)
    return found


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(_HEAD_BYTES)


def _types_of(head: bytes) -> tuple[str, ...]:
    for signature in _SIGNATURES:
        if head.startswith(signature.magic, signature.start):
            is_riff = signature.start != 8 or head.startswith(b"RIFF")
            return _narrowed(signature.types, head) if is_riff else ()
    return ()


def _narrowed(types: tuple[str, ...], head: bytes) -> tuple[str, ...]:
    """WebM and Matroska begin alike, and say further on which they are."""
    if "video/webm" not in types:
        return types
    return ("video/webm", "audio/webm", "video/x-matroska") if b"webm" in head else ("video/x-matroska",)


def _check_picture(file: IO[bytes], content_type: str) -> None:
    """Raises InvalidInput."""
    file.seek(0)
    try:
        with Image.open(file, formats=[_PILLOW_FORMATS[content_type]]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise _too_many_pixels()
            picture.load()
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise InvalidInput(f'field "file": this is not a whole {content_type} file') from error
    except Exception as error:  # damaged files make decoders raise whatever there is
        raise InvalidInput(f'field "file": this {content_type} file cannot be decoded: {error}') from error


def _too_many_pixels() -> InvalidInput:
    return InvalidInput(f'field "file": the picture has more than {MAX_PIXELS} pixels')
