"""How pictures and files are fetched: through the API, or from the bucket by a signed link."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from limner.errors import BadSettings
from limner.runtime import build_runtime
from limner.settings import Settings
from tests.conftest import ground_of
from tests.contract.inside import Inside, Newcomer, data_of, inside

CONTENT = b"a picture"  # as a newcomer delivers it
LINK_SECONDS = 120
SOUND = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(32)


def picture_of(newcomer: Newcomer) -> str:
    prediction_id = newcomer.submit()
    newcomer.deliver(prediction_id)
    return f"/predictions/{prediction_id}/1.png"


def sound_of(newcomer: Newcomer) -> str:
    files = {"file": ("a song.wav", SOUND)}
    link = data_of(newcomer.client.post("/api/v3/media/upload/binary", files=files))["download_url"]
    return str(urlsplit(link).path)


def test_a_picture_is_known_again_and_read_in_parts(indoors: Inside, newcomer: Newcomer) -> None:
    path, get = picture_of(newcomer), indoors.stranger.get
    whole = get(path)
    assert (whole.status_code, whole.content) == (200, CONTENT)
    etag = whole.headers["etag"]
    known = get(path, headers={"If-None-Match": etag})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", etag)
    part = get(path, headers={"Range": "bytes=2-4", "If-Range": etag})
    assert (part.status_code, part.content) == (206, CONTENT[2:5])
    assert part.headers["content-range"] == f"bytes 2-4/{len(CONTENT)}"
    assert get(path, headers={"Range": "bytes=2-4", "If-Range": '"another"'}).content == CONTENT
    beyond = get(path, headers={"Range": "bytes=100-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(CONTENT)}")
    head = indoors.stranger.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(CONTENT)))
    assert get(picture_of(newcomer)).headers["etag"] != etag


@pytest.fixture(scope="module")
def signing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    folder = tmp_path_factory.mktemp("signing")
    ground = ground_of(request, "fleet", folder)
    with inside(folder, ground, storage_links="signed", storage_link_seconds=LINK_SECONDS) as opened:
        yield opened


def redirect(signing: Inside, method: str, path: str) -> str:
    answer = signing.stranger.request(method, path)
    assert (answer.status_code, answer.content) == (307, b"")
    assert answer.headers["cache-control"] == f"public, max-age={LINK_SECONDS // 2}"
    link = answer.headers["location"]
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == [str(LINK_SECONDS)]
    return str(link)


def test_a_signed_link_leads_past_the_api(signing: Inside) -> None:
    with signing.newcomer() as newcomer:
        for path, content, content_type in (
            (picture_of(newcomer), CONTENT, "image/png"),
            (sound_of(newcomer), SOUND, "audio/wav"),
        ):
            link = redirect(signing, "GET", path)
            whole, part = httpx.get(link), httpx.get(link, headers={"Range": "bytes=2-4"})
            assert (whole.status_code, whole.content) == (200, content)
            assert whole.headers["content-type"] == content_type
            assert (part.status_code, part.content) == (206, content[2:5])
            head = httpx.head(redirect(signing, "HEAD", path))
            assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))
        assert whole.headers["content-disposition"] == "attachment; filename*=utf-8''a%20song.wav"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_link_is_signed_for_the_method_that_it_was_asked_with(
    signing: Inside, method: Literal["GET", "HEAD"]
) -> None:
    """Which S3 insists on, and the server of these tests does not."""
    with signing.newcomer() as newcomer:
        path = picture_of(newcomer)
        key = path.removeprefix("/").replace("/1.png", "/1/1.png")
        for _ in range(20):
            link = redirect(signing, method, path)
            same = signing.runtime.storage.signed_link(method, key, timedelta(seconds=LINK_SECONDS))
            if dates(link) == dates(same):  # signed in the same second
                break
        assert link == same


def dates(link: str) -> list[str]:
    return parse_qs(urlsplit(link).query)["X-Amz-Date"]


def test_what_is_deleted_or_never_was_is_not_signed(signing: Inside) -> None:
    with signing.newcomer() as newcomer:
        path = picture_of(newcomer)
        assert signing.stranger.get(path.replace("1.png", "2.png")).status_code == 404
        prediction_id = path.split("/")[2]
        data_of(newcomer.client.post("/api/v3/predictions/delete", json={"ids": [prediction_id]}))
        assert signing.stranger.get(path).status_code == 404


def test_pictures_as_base64_need_no_link(signing: Inside) -> None:
    assert signing.runtime.link_lifetime == timedelta(seconds=LINK_SECONDS)
    with signing.newcomer() as newcomer:
        prediction_id = newcomer.submit(enable_base64_output=True)
        newcomer.deliver(prediction_id)
        (output,) = data_of(newcomer.client.get(f"/api/v3/predictions/{prediction_id}/result"))["outputs"]
        assert base64.b64decode(output) == CONTENT


def test_a_folder_cannot_sign(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(BadSettings, match="needs a bucket"):
        build_runtime(Settings(data_dir=tmp_path_factory.mktemp("folder"), storage_links="signed"))
