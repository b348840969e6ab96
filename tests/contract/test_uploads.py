"""Files by each of the three protocols, as clients send them and as nobody should."""

import re
import socket
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from limner.api.record_views import UploadedFile, UploadTicket
from limner.api.uploads import UNDER_WAY_AT_ONCE, Traffic
from limner.errors import RateLimited
from tests.contract.inside import ORIGIN, Inside, Newcomer, data_of
from tests.contract.test_errors import check_refusal
from tests.unit.uploads.files import PICTURES, mp4, picture, png_bomb, sound

TICKETS = "/api/v3/media/uploads"
FORMS = ["/api/v3/media/upload/binary", "/api/v2/media/upload/binary", "/api/v3/upload"]
PNG = picture("image/png")
LINK = re.compile(rf"{ORIGIN}/media/[0-9a-f]{{32}}(\.[a-z0-9]+)?")


def local(url: str) -> str:
    """The path of a link: the public URL of these tests is nobody's."""
    return urlsplit(url).path


def ticket(client: httpx.Client, filename: str, size: int, **more: Any) -> Any:
    found = data_of(client.post(TICKETS, json={"filename": filename, "size": size} | more))
    UploadTicket.model_validate(found, strict=True)
    assert LINK.fullmatch(found["download_url"])
    return found


def send(indoors: Inside, granted: Any, content: bytes) -> httpx.Response:
    """As the official clients do: exactly these headers, and no key."""
    upload = granted["upload"]
    return indoors.stranger.put(local(upload["url"]), content=content, headers=upload["headers"], timeout=20)


def form(
    client: httpx.Client, path: str, content: bytes, name: str = "a.png", kind: str = "image/png"
) -> Any:
    return client.post(path, files={"file": (name, content, kind)})


@pytest.mark.parametrize(
    ("filename", "content", "content_type"),
    [
        *((f"apple{n}", picture(kind), kind) for n, kind in enumerate(PICTURES)),
        ("tone.wav", sound(), "audio/wav"),
        ("film.mp4", mp4(), "video/mp4"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_ticket_and_a_put_bring_a_file(
    indoors: Inside, newcomer: Newcomer, filename: str, content: bytes, content_type: str
) -> None:
    granted = ticket(newcomer.client, filename, len(content), content_type=content_type)
    assert granted["upload"]["method"] == "PUT"
    assert granted["upload"]["headers"] == {"Content-Type": content_type}
    assert granted["upload"]["url"].startswith(f"{ORIGIN}/api/v3/")
    path = local(granted["download_url"])
    check_refusal(indoors.stranger.get(path), 404)  # not yet
    received = data_of(send(indoors, granted, content))
    UploadedFile.model_validate(received, strict=True)
    assert received["download_url"] == granted["download_url"]
    answer = indoors.stranger.get(path)
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == content_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("content-disposition" in answer.headers) == (not content_type.startswith("image/"))


def test_a_file_of_unsaid_kind_is_told_by_its_content(indoors: Inside, newcomer: Newcomer) -> None:
    granted = ticket(newcomer.client, "upload", len(PNG))  # as the SDK names a stream
    assert granted["upload"]["headers"] == {"Content-Type": "application/octet-stream"}
    assert data_of(send(indoors, granted, PNG))["content_type"] == "image/png"
    assert indoors.stranger.get(local(granted["download_url"])).headers["content-type"] == "image/png"


@pytest.mark.parametrize("path", FORMS)
def test_a_form_brings_a_file(indoors: Inside, newcomer: Newcomer, path: str) -> None:
    received = data_of(form(newcomer.client, path, PNG, "C:\\fakepath\\apple.png"))
    UploadedFile.model_validate(received, strict=True)
    assert LINK.fullmatch(received["download_url"])
    assert received["url"] == received["download_url"]
    assert (received["type"], received["filename"], received["size"]) == ("image", "apple.png", len(PNG))
    answer = indoors.stranger.get(local(received["url"]))
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert indoors.stranger.head(local(received["url"])).headers["content-length"] == str(len(PNG))


def test_to_send_the_same_again_is_fine_and_another_file_is_not(indoors: Inside, newcomer: Newcomer) -> None:
    granted = ticket(newcomer.client, "a.png", len(PNG))
    first = data_of(send(indoors, granted, PNG))
    assert data_of(send(indoors, granted, PNG)) == first
    check_refusal(send(indoors, granted, PNG[:-3] + b"\0\0\0"), 409, "another file")
    assert indoors.stranger.get(local(granted["download_url"])).content == PNG


@pytest.mark.parametrize(
    ("asked", "status", "word"),
    [
        ({}, 400, '"filename"'),
        ({"filename": "a.png"}, 400, '"size"'),
        ({"filename": "", "size": 1}, 400, '"filename"'),
        ({"filename": 7, "size": 1}, 400, '"filename"'),
        ({"filename": "x" * 5000, "size": 1}, 400, '"filename"'),
        ({"filename": "nul \0.png", "size": "1"}, 400, '"size"'),
        ({"filename": "a.png", "size": 0}, 400, '"size"'),
        ({"filename": "a.png", "size": -1}, 400, '"size"'),
        ({"filename": "a.png", "size": 1.5}, 400, '"size"'),
        ({"filename": "a.png", "size": 209_715_201}, 413, '"size"'),
        ({"filename": "a.png", "size": 10**40}, 413, '"size"'),
        ({"filename": "a.html", "size": 9, "content_type": "text/html"}, 415, '"text/html"'),
        ({"filename": "a.png", "size": 9, "content_type": 7}, 400, '"content_type"'),
    ],
    ids=str,
)
def test_a_ticket_for_nonsense_is_refused(
    newcomer: Newcomer, asked: dict[str, Any], status: int, word: str
) -> None:
    check_refusal(newcomer.client.post(TICKETS, json=asked), status, word)


@pytest.mark.parametrize(
    ("filename", "content", "status", "word"),
    [
        ("a.png", b"", 400, "empty"),
        ("a.png", b"not a picture", 415, "no image"),
        ("a.png", b"<html><script>alert(1)</script>", 415, "no image"),
        ("a.png", picture("image/jpeg"), 415, "image/jpeg"),
        ("a.jpg", PNG, 415, "image/png"),
        ("a.mp4", PNG, 415, "image/png"),
        ("a.png", PNG[:2000], 400, "image/png"),
        ("a.png", png_bomb(12_000), 400, "pixels"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else str(value),
)
@pytest.mark.parametrize("protocol", ["ticket", *FORMS])
def test_what_is_not_what_it_is_said_to_be_is_refused(
    *,
    indoors: Inside,
    newcomer: Newcomer,
    protocol: str,
    filename: str,
    content: bytes,
    status: int,
    word: str,
) -> None:
    if protocol == "ticket":
        granted = ticket(newcomer.client, filename, len(content) or 1)
        refused = send(indoors, granted, content)
        check_refusal(indoors.stranger.get(local(granted["download_url"])), 404)
    else:
        refused = form(newcomer.client, protocol, content, filename, "application/octet-stream")
    check_refusal(refused, status, '"file"', word)


def test_a_body_longer_or_shorter_than_announced_is_refused(indoors: Inside, newcomer: Newcomer) -> None:
    granted = ticket(newcomer.client, "a.png", len(PNG) - 1)
    check_refusal(send(indoors, granted, PNG), 413)
    granted = ticket(newcomer.client, "a.png", len(PNG) + 1)
    check_refusal(send(indoors, granted, PNG), 400, f"{len(PNG)} came")


def test_a_file_over_the_limit_is_refused_before_it_has_come(indoors: Inside, newcomer: Newcomer) -> None:
    """The announced length is enough."""
    address = urlsplit(indoors.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        head = (
            f"POST {FORMS[0]} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {newcomer.key}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 300000000\r\n\r\n"
        )
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


def test_a_body_of_unknown_length_is_cut_off(indoors: Inside, newcomer: Newcomer) -> None:
    granted = ticket(newcomer.client, "a.png", len(PNG))
    upload = local(granted["upload"]["url"])
    check_refusal(indoors.stranger.put(upload, content=iter([PNG, b"\0"])), 413)
    assert data_of(indoors.stranger.put(upload, content=iter([PNG[:9], PNG[9:]])))["size"] == len(PNG)


BAD_FORMS: list[tuple[str, bytes, str]] = [
    ("application/json", b"{}", '"file"'),
    ("multipart/form-data", b"", "boundary"),
    ("multipart/form-data; boundary=x", b"", '"file"'),
    ("multipart/form-data; boundary=x", b"nonsense", "form"),
    ("multipart/form-data; boundary=x", b"--x--\r\n", '"file"'),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n',
        '"file"',
    ),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="other"; filename="a.png"\r\n\r\nx\r\n--x--\r\n',
        '"file"',
    ),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + PNG,
        "form",
    ),
    ("multipart/form-data; boundary=x", b"--x\r\n" + b"X-Long: " + b"y" * 100_000 + b"\r\n\r\n", "form"),
    ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--\r\n", "form"),
    (
        "multipart/form-data; boundary=x; charset=undefined",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nx\r\n--x--\r\n',
        "form",
    ),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na\r\n' * 2 + b"--x--\r\n",
        "form",
    ),
]


@pytest.mark.parametrize(("content_type", "body", "word"), BAD_FORMS, ids=range(len(BAD_FORMS)))
def test_a_form_that_is_none_is_refused(
    newcomer: Newcomer, content_type: str, body: bytes, word: str
) -> None:
    refused = newcomer.client.post(FORMS[0], content=body, headers={"Content-Type": content_type})
    check_refusal(refused, 400, word)


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.png",
        "..\\..\\evil.png",
        "/etc/evil.png",
        'a";x="b.png',
        "a\r\nX-Evil: 1.png",
        "..",
    ],
)
def test_no_name_leads_anywhere(indoors: Inside, newcomer: Newcomer, name: str) -> None:
    granted = ticket(newcomer.client, name, len(PNG), content_type="image/png")
    received = data_of(send(indoors, granted, PNG))
    assert not {"/", "\\", "\r", "\n"} & set(received["filename"])
    answer = indoors.stranger.get(local(received["url"]))
    assert answer.content == PNG
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/media/x",
        "/media/" + "0" * 32,
        "/media/" + "0" * 32 + ".png",
        "/media/%00",
        "/media/..%2f..%2flimner.db",
        "/media/../limner.db",
        "/media/",
        "/media",
    ],
)
def test_a_link_that_is_none_leads_nowhere(indoors: Inside, path: str) -> None:
    check_refusal(indoors.stranger.get(path), 404)


def test_a_link_is_served_under_its_own_name_only(indoors: Inside, newcomer: Newcomer) -> None:
    path = local(data_of(form(newcomer.client, FORMS[0], PNG))["url"])
    for wrong in (path.replace(".png", ".html"), path.removesuffix(".png"), path + ".html"):
        check_refusal(indoors.stranger.get(wrong), 404)


def test_a_download_names_its_file_without_harm(indoors: Inside, newcomer: Newcomer) -> None:
    name = 'tone "\u00e4\u03c9"; x.wav'
    granted = ticket(newcomer.client, name, len(sound()))
    send(indoors, granted, sound())
    header = indoors.stranger.get(local(granted["download_url"])).headers["content-disposition"]
    assert header == "attachment; filename*=utf-8''tone%20%22%C3%A4%CF%89%22%3B%20x.wav"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-999999999", 200, slice(None)),
        ("bytes=9-3", 200, slice(None)),
        ("bytes=0-1,5-6", 200, slice(None)),
        ("pages=1", 200, slice(None)),
        ("bytes=999999999-", 416, slice(0, 0)),
    ],
)
def test_one_range_can_be_had(
    indoors: Inside, newcomer: Newcomer, asked: str, status: int, part: slice
) -> None:
    path = local(data_of(form(newcomer.client, FORMS[0], PNG))["url"])
    answer = indoors.stranger.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, PNG[part])
    assert answer.headers["accept-ranges"] == "bytes"
    if status == 206:
        first = PNG.index(answer.content)
        last = first + len(answer.content) - 1
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(PNG)}"


@pytest.mark.parametrize("wrong", ["x", "0" * 64, "%00", "..", "0" * 5000])
def test_without_its_ticket_nothing_is_taken(indoors: Inside, wrong: str) -> None:
    answer = indoors.stranger.put(f"{TICKETS}/{wrong}", content=PNG)
    check_refusal(answer, 405 if wrong == ".." else 404)


def test_without_a_key_there_is_no_ticket_and_no_form(indoors: Inside) -> None:
    check_refusal(indoors.stranger.post(TICKETS, json={"filename": "a.png", "size": 1}), 401, "key")
    for path in FORMS:
        check_refusal(indoors.stranger.post(path, files={"file": PNG}), 401, "key")


def test_too_many_uploads_at_once_must_wait_and_others_need_not() -> None:
    traffic = Traffic()
    with ExitStack() as under_way:
        for _ in range(UNDER_WAY_AT_ONCE):
            under_way.enter_context(traffic.admit("account"))
        with pytest.raises(RateLimited, match="uploads"), traffic.admit("account"):
            pass
        with traffic.admit("another"):
            pass
    with traffic.admit("account"):
        pass


def test_pages_of_other_origins_may_upload_and_look(indoors: Inside, newcomer: Newcomer) -> None:
    asked = {
        "Origin": "https://a.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    assert indoors.stranger.options(f"{TICKETS}/x", headers=asked).status_code == 200
    path = local(data_of(form(newcomer.client, FORMS[0], PNG))["url"])
    shown = indoors.stranger.get(path, headers={"Origin": "https://a.example"})
    assert shown.headers["access-control-allow-origin"] == "*"
