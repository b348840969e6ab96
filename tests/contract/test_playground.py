"""What the pages are made of, as a browser asks for it: the shell, the files, the thumbnails."""

import gzip
import io
import json
import re

import pytest
from PIL import Image

from limner.api.playground import site
from tests.contract.inside import Inside, Newcomer


def test_every_page_is_the_shell(indoors: Inside) -> None:
    for path in ("/", "/models", "/models/google/imagen4-ultra", "/history", "/account", "/account/keys"):
        answer = indoors.stranger.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert answer.headers["cache-control"] == "no-cache"
        assert "<script>" not in answer.text
    assert indoors.stranger.get("/models/nobody/nothing").status_code == 404
    assert indoors.stranger.get("/account/nothing").status_code == 404


def test_the_shell_knows_the_models(indoors: Inside, newcomer: Newcomer) -> None:
    text = indoors.stranger.get("/").text
    known = re.search(r'<script type="application/json" id="known">(.*?)</script>', text)
    assert known is not None
    assert json.loads(known[1])["models"] == newcomer.client.get("/api/v3/models").json()["data"]


def test_every_file_comes_once_and_packed(indoors: Inside) -> None:
    links = re.findall(r'(?:href|src)="(/web/[^"]+)"', indoors.stranger.get("/").text)
    assert len(links) == len(set(links)) + 1  # the first script is preloaded, too
    for link in links:
        answer = indoors.stranger.get(link)
        assert (answer.status_code, answer.headers["cache-control"]) == (
            200,
            "public, max-age=31536000, immutable",
        )
        plain = indoors.stranger.get(link, headers={"Accept-Encoding": "identity"})
        assert plain.content == answer.content
        assert "content-encoding" not in plain.headers


def test_what_is_packed_is_what_is_there() -> None:
    packed = {path: file for path, file in site().files.items() if file.packed}
    assert {path for path in packed if gzip.decompress(packed[path].packed) != packed[path].content} == set()
    assert (
        sum(len(file.packed) for file in packed.values())
        < sum(len(file.content) for file in packed.values()) / 2
    )


@pytest.mark.parametrize(
    "path", ["0" * 16 + "/js/main.js", "{digest}/nothing.js", "{digest}/../app.py", "{digest}/"]
)
def test_other_files_are_not_found(indoors: Inside, path: str) -> None:
    answer = indoors.stranger.get("/web/" + path.format(digest=site().digest))
    assert answer.status_code == 404
    assert answer.json()["code"] == 404


def test_a_thumbnail_is_small_and_goes_with_its_picture(newcomer: Newcomer) -> None:
    prediction_id = newcomer.submit(aspect_ratio="16:9")
    newcomer.deliver(prediction_id)
    picture = io.BytesIO()
    Image.radial_gradient("L").resize((1408, 768)).save(picture, "PNG")
    newcomer.runtime.storage.put(f"predictions/{prediction_id}/1/1.png", picture.getvalue(), "image/png")
    path = f"/thumbnails/{prediction_id}/1.webp"
    answer = newcomer.client.get(path, headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    with Image.open(io.BytesIO(answer.content)) as small:
        assert small.size == (384, 209)
    assert len(answer.content) < 20_000
    for other in ("2.webp", "0.webp", "1x.webp", "²·webp", "1.png"):
        assert newcomer.client.get(f"/thumbnails/{prediction_id}/{other}").status_code == 404
    newcomer.client.delete(f"/api/v3/predictions/{prediction_id}")
    assert newcomer.client.get(path).status_code == 404
