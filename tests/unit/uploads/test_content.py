"""What a file is, by its content; what its sender says of it only ever makes it refused."""

import io
import tracemalloc
import zipfile

import pytest

from limner.errors import InvalidInput, UnsupportedMedia
from limner.uploads.content import EXTENSIONS, check_content, claimed_type
from tests.unit.uploads.files import PICTURES, mp4, picture, png_bomb, sound

FILES = {
    **{content_type: picture(content_type) for content_type in PICTURES},
    "audio/wav": sound(),
    "video/mp4": mp4(),
    "video/quicktime": mp4(b"qt  "),
    "audio/mp4": mp4(b"M4A "),
    "video/webm": b"\x1aE\xdf\xa3\x9fB\x82\x84webm",
    "video/x-matroska": b"\x1aE\xdf\xa3\x9fB\x82\x88matroska",
    "video/x-msvideo": b"RIFF\x24\0\0\0AVI LIST",
    "audio/flac": b"fLaC\0\0\0\x22",
    "audio/ogg": b"OggS\0\x02",
    "audio/mpeg": b"ID3\x04\0\0",
    "audio/aac": b"\xff\xf1\x50\x80",
}


def zip_file() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("bomb", b"\0" * 1_000_000)
    return file.getvalue()


NOT_TAKEN = {
    "empty": b"",
    "text": b"a red apple",
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "zip": zip_file(),
    "pdf": b"%PDF-1.7\n",
    "elf": b"\x7fELF\x02\x01",
    "heic": mp4(b"heic"),
    "avif": mp4(b"avif"),
    "riff": b"RIFF\x24\0\0\0CDDA",
    "not riff": b"FORM\x24\0\0\0WAVE",
    "almost png": b"\x89PNG\r\n\x1a",
}


@pytest.mark.parametrize("content_type", FILES)
def test_every_kind_is_told_by_its_content(content_type: str) -> None:
    file = io.BytesIO(FILES[content_type])
    assert check_content(file, "") == content_type
    assert check_content(file, content_type) == content_type
    assert content_type in EXTENSIONS


@pytest.mark.parametrize("content_type", FILES)
def test_nothing_passes_for_something_else(content_type: str) -> None:
    for claimed in ("image/png", "image/jpeg", "audio/flac"):
        if claimed != content_type:
            with pytest.raises(UnsupportedMedia, match=claimed):
                check_content(io.BytesIO(FILES[content_type]), claimed)


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_other_files_are_not_taken(name: str) -> None:
    with pytest.raises(UnsupportedMedia):
        check_content(io.BytesIO(NOT_TAKEN[name]), "")


@pytest.mark.parametrize("content_type", PICTURES)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(content_type: str, share: float) -> None:
    whole = FILES[content_type]
    with pytest.raises(InvalidInput, match=content_type):
        check_content(io.BytesIO(whole[: int(len(whole) * share)]), "")


@pytest.mark.parametrize("content_type", PICTURES)
def test_a_head_with_nonsense_behind_it_is_no_picture(content_type: str) -> None:
    with pytest.raises(InvalidInput):
        check_content(io.BytesIO(FILES[content_type][:12] + b"\xff" * 5000), "")


@pytest.mark.parametrize("side", [8200, 12_000, 16_000])
def test_a_bomb_is_refused_without_being_unpacked(side: int) -> None:
    bomb = png_bomb(side)
    assert len(bomb) < 50_000
    tracemalloc.start()
    with pytest.raises(InvalidInput, match="pixels"):
        check_content(io.BytesIO(bomb), "image/png")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("content_type", "file_name", "claimed"),
    [
        ("image/png", "a.jpg", "image/png"),
        ("image/jpg", "", "image/jpeg"),
        ("IMAGE/PNG; charset=binary", "", "image/png"),
        ("audio/x-wav", "", "audio/wav"),
        ("", "a.PNG", "image/png"),
        ("application/octet-stream", "a.jpeg", "image/jpeg"),
        ("application/octet-stream", "a", ""),
        ("", "upload", ""),
        ("", "notes.txt", ""),
    ],
)
def test_a_claim_is_the_header_or_else_the_extension(content_type: str, file_name: str, claimed: str) -> None:
    assert claimed_type(content_type, file_name) == claimed


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/zip", "image/", "x"])
def test_types_that_are_not_taken_are_named(content_type: str) -> None:
    with pytest.raises(UnsupportedMedia, match=r'"content_type"'):
        claimed_type(content_type, "a.png")
