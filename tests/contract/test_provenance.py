"""Where a picture comes from, asked in every way that a file can be sent."""

import base64
import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from limner.api.provenance import ProvenanceView
from limner.provenance.identity import make_identity
from limner.provenance.signing import TRAINED_ALGORITHMIC_MEDIA, Origin, Signer
from limner.provenance.verifying import Standing, Verifier
from tests.contract.inside import ORIGIN, Newcomer, data_of
from tests.contract.test_errors import check_refusal
from tests.server import run
from tests.unit.provenance.pictures import FORMATS, file_of

VERIFY = "/api/v3/provenance/verify"
NOWHERE = "c0ffee00" * 4
JSON = {"Content-Type": "application/json"}


def verify(client: httpx.Client, **sent: Any) -> Any:
    found = data_of(client.post(VERIFY, **sent))
    ProvenanceView.model_validate(found, strict=True)
    return found


def strangers(kind: str = "png") -> bytes:
    origin = Origin("another/1", datetime.now(UTC), NOWHERE)
    return Signer(make_identity(datetime.now(UTC))).sign(file_of(kind), f"image/{kind}", origin)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_output_says_what_made_it(client: httpx.Client, kind: str) -> None:
    done = run(client, output_format=kind, seed=5)
    path = urlsplit(done["outputs"][0]).path
    found = verify(client, json={"url": path})
    assert found.pop("made_at")[:4].isdecimal()
    assert found == {
        "status": "trusted",
        "problems": [],
        "generated": True,
        "source_type": TRAINED_ALGORITHMIC_MEDIA,
        "engine": done["engine"],
        "weights": done["weights"],
        "software": "Limner 0.1.0",
        "signer": "Limner signer",
        "prediction_id": done["id"],
        "number": 1,
        "known": True,
        "mark": "",
    }
    content = client.get(path).content
    assert verify(client, content=content)["prediction_id"] == done["id"]
    changed = content[:-40] + bytes([content[-40] ^ 1]) + content[-39:]
    assert verify(client, files={"file": changed})["status"] in ("tampered", "invalid")


def test_what_comes_as_base64_is_signed_too(client: httpx.Client) -> None:
    done = run(client, enable_base64_output=True, num_images=2)
    found = [verify(client, json={"image": output}) for output in done["outputs"]]
    assert [(one["status"], one["number"]) for one in found] == [("trusted", 1), ("trusted", 2)]


def test_who_deletes_a_prediction_leaves_its_pictures_trusted_and_unknown(client: httpx.Client) -> None:
    done = run(client)
    content = client.get(urlsplit(done["outputs"][0]).path).content
    client.delete(f"/api/v3/predictions/{done['id']}")
    found = verify(client, content=content)
    assert (found["status"], found["known"]) == ("trusted", False)


def test_others_can_check_our_pictures(client: httpx.Client) -> None:
    done = run(client)
    authorities = httpx.get(f"{client.base_url}/api/v3/provenance/authorities").text
    content = client.get(urlsplit(done["outputs"][0]).path).content
    assert Verifier([authorities]).examine(io.BytesIO(content)).standing is Standing.TRUSTED
    assert "PRIVATE" not in authorities


@pytest.mark.parametrize("kind", FORMATS)
def test_a_strangers_picture_is_told_as_one(newcomer: Newcomer, kind: str) -> None:
    text = base64.b64encode(strangers(kind)).decode()
    ways: list[dict[str, Any]] = [
        {"files": {"file": ("a.bin", strangers(kind), "text/plain")}},
        {"content": strangers(kind), "headers": {"Content-Type": f"image/{kind}"}},
        {"json": {"image": text}},
        {"json": {"image": f"data:image/{kind};base64,{text}"}},
    ]
    for sent in ways:
        found = verify(newcomer.client, **sent)
        assert (found["status"], found["engine"], found["known"]) == ("untrusted", "another", False)
    assert verify(newcomer.client, content=file_of(kind))["status"] == "unsigned"


@pytest.mark.parametrize(
    ("sent", "status", "word"),
    [
        ({"content": b""}, 415, '"file"'),
        ({"content": b"hello"}, 415, '"file"'),
        ({"content": b"\x89PNG\r\n\x1a\n"}, 400, '"file"'),
        ({"files": {"other": b"x"}}, 400, '"file"'),
        ({"data": {"file": "x"}, "files": {"x": b"y"}}, 400, '"file"'),
        ({"json": {}}, 400, '"url"'),
        ({"json": []}, 400, "object"),
        ({"json": {"url": "/predictions/a/1.png", "image": "eA=="}}, 400, '"image"'),
        ({"json": {"image": "no base64"}}, 400, '"image"'),
        ({"json": {"image": "eA=="}}, 415, '"file"'),
        ({"json": {"image": 7}}, 400, '"image"'),
        ({"json": {"url": "http://169.254.169.254/predictions/a/1.png"}}, 400, '"url"'),
        ({"json": {"url": f"/predictions/{NOWHERE}/1.png"}}, 404, '"url"'),
        ({"json": {"url": f"{ORIGIN}/predictions/{NOWHERE}/1.png"}}, 404, '"url"'),
        ({"json": {"url": "/predictions/../../etc/passwd"}}, 400, '"url"'),
        ({"json": {"url": "/predictions/nul\0/1.png"}}, 404, '"url"'),
        ({"content": b"{", "headers": JSON}, 400, "JSON"),
        ({"content": b'{"image":[' + b"[]," * 400_000 + b"7]}", "headers": JSON}, 400, "base64"),
    ],
)
def test_what_cannot_be_examined_is_refused(
    newcomer: Newcomer, sent: dict[str, Any], status: int, word: str
) -> None:
    check_refusal(newcomer.client.post(VERIFY, **sent), status, word)


def test_without_a_key_nothing_is_examined(newcomer: Newcomer) -> None:
    check_refusal(httpx.post(str(newcomer.client.base_url) + VERIFY, content=file_of("png")), 401, "key")


def test_a_large_file_may_come_in_json(newcomer: Newcomer) -> None:
    noise = Image.effect_noise((1_200, 1_200), 90)
    file = io.BytesIO()
    noise.save(file, "PNG")
    assert file.tell() > 1 << 20
    sent = base64.b64encode(file.getvalue()).decode()
    assert verify(newcomer.client, json={"image": sent})["status"] == "unsigned"


def test_a_picture_of_millions_of_pixels_is_not_decoded(newcomer: Newcomer) -> None:
    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG")
    assert verify(newcomer.client, content=file.getvalue())["status"] == "unsigned"
