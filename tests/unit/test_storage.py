"""Objects on a disk and in a bucket of a real S3 server, one that can be down, refuse and fail in between."""

import io
import random
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from limner.errors import BadSettings, NotFound
from limner.storage import PART_BYTES, PROBE_SECONDS, Storage, StorageUnavailable, open_storage
from tests.bucket import S3, s3_server


@pytest.fixture(params=["file", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A folder, or a folder of a bucket."""
    if request.param == "file":
        return open_storage((tmp_path / "with space" / "objects").as_uri())
    return open_storage(request.getfixturevalue("s3").bucket())


def test_what_was_put_is_got_and_the_last_one_counts(storage: Storage) -> None:
    for content in (b"first", b"second"):
        storage.put("predictions/p1/1/1.png", content, "image/png")
    assert storage.get("predictions/p1/1/1.png") == b"second"


def test_what_is_not_there_is_not_found(storage: Storage) -> None:
    with pytest.raises(NotFound):
        storage.get("predictions/p1/1/1.png")


def test_deleting_is_final_and_may_be_repeated(storage: Storage) -> None:
    storage.put("k", b"x", "image/png")
    storage.delete("k")
    storage.delete("k")
    with pytest.raises(NotFound):
        storage.get("k")


@pytest.mark.parametrize("num_bytes", [1, 7, PART_BYTES, 2 * PART_BYTES + 1])
def test_a_file_is_stored_whole_and_got_in_parts(storage: Storage, num_bytes: int) -> None:
    content = random.Random(7).randbytes(num_bytes)
    file = io.BytesIO(content)
    file.seek(num_bytes // 2)  # it is read from its beginning all the same
    storage.put_file("uploads/u1/f.mp4", file, "video/mp4")
    assert storage.get("uploads/u1/f.mp4") == content
    assert storage.get_part("uploads/u1/f.mp4", num_bytes // 3, 5) == content[num_bytes // 3 :][:5]
    with pytest.raises(NotFound):
        storage.get_part("uploads/u1/g.mp4", 0, 5)


def test_a_folder_is_emptied_and_its_neighbours_are_not(storage: Storage) -> None:
    for key in ("uploads/u1/a", "uploads/u1/b/c", "uploads/u10/a", "uploads/u"):
        storage.put(key, b"x", "image/png")
    storage.delete_below("uploads/u1")
    storage.delete_below("uploads/u1")
    for key in ("uploads/u1/a", "uploads/u1/b/c"):
        with pytest.raises(NotFound):
            storage.get(key)
    assert storage.get("uploads/u10/a") == storage.get("uploads/u") == b"x"


def test_what_lies_below_a_folder_is_listed_with_size_and_time(storage: Storage) -> None:
    storage.put("uploads/u1/a", b"four", "image/png")
    storage.put("uploads/u2/a", b"x", "image/png")
    ((found,),) = storage.list_below("uploads/u1")
    assert (found.key, found.size_bytes) == ("uploads/u1/a", 4)
    assert abs(datetime.now(UTC) - found.modified_at) < timedelta(minutes=1)
    storage.delete_all(["uploads/u1/a", "uploads/never"])
    assert list(storage.list_below("uploads/u1")) in ([], [[]])


def test_a_healthy_storage_passes_its_check(storage: Storage) -> None:
    storage.check()
    assert storage.state() == "ok"


def test_a_signed_link_leads_to_the_object_as_what_it_is_and_for_its_method(s3: S3) -> None:
    storage = open_storage(s3.bucket())
    storage.put_file("uploads/u1/a.mp4", io.BytesIO(b"0123456789"), "video/mp4", "attachment; filename=a.mp4")
    link = storage.signed_link("GET", "uploads/u1/a.mp4", timedelta(minutes=1))
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["60"]
    whole, part = httpx.get(link), httpx.get(link, headers={"Range": "bytes=2-4"})
    assert (whole.content, whole.headers["content-type"]) == (b"0123456789", "video/mp4")
    assert whole.headers["content-disposition"] == "attachment; filename=a.mp4"
    assert (part.status_code, part.content) == (206, b"234")
    head = httpx.head(storage.signed_link("HEAD", "uploads/u1/a.mp4", timedelta(minutes=1)))
    assert (head.status_code, head.headers["content-length"]) == (200, "10")


def test_a_folder_signs_no_links(tmp_path: Path) -> None:
    storage = open_storage((tmp_path / "objects").as_uri())
    assert not storage.can_sign
    with pytest.raises(StorageUnavailable):
        storage.signed_link("GET", "k", timedelta(minutes=1))


def check_everything_fails(storage: Storage, why: str) -> None:
    """In one line; and above all nothing is taken for deleted, or for not found."""
    folder = "predictions/p1"
    for attempt in (
        lambda: storage.put("k", b"x", "image/png"),
        lambda: storage.get("k"),
        lambda: storage.delete("k"),
        lambda: storage.delete_below(folder),
        lambda: list(storage.list_below(folder)),
        storage.check,
    ):
        with pytest.raises(StorageUnavailable) as refused:
            attempt()
        assert refused.value.message == f"the storage cannot be used: {why}"
    assert storage.state() == f"the storage cannot be used: {why}"


def test_a_bucket_that_is_not_there_is_named(s3: S3) -> None:
    check_everything_fails(open_storage(s3.url_of("nobody-made-this")), "there is no such bucket")


def test_credentials_that_are_refused_are_named_and_not_shown(tmp_path: Path, s3: S3) -> None:
    with s3_server(tmp_path / "moto.log", INITIAL_NO_AUTH_ACTION_COUNT="1") as strict:
        storage = open_storage(strict.bucket())
        check_everything_fails(storage, "it refuses these credentials (InvalidAccessKeyId)")


def test_a_server_that_is_down_is_named_soon(s3: S3) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:  # and takes no request
        port = taken.getsockname()[1]
    storage = open_storage(f"s3://bucket?endpoint=http://127.0.0.1:{port}&region=us-east-1")
    check_everything_fails(storage, "it does not answer")


def test_a_server_that_says_nothing_is_given_up_by_the_probe(s3: S3) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        storage = open_storage(f"s3://bucket?endpoint={endpoint}&region=us-east-1")
        begun = time.monotonic()
        assert storage.state() == "the storage cannot be used: it does not answer"
        first, begun = time.monotonic() - begun, time.monotonic()
        storage.state()
        assert first + 0.1 >= PROBE_SECONDS
        assert time.monotonic() - begun < first / 2, "what was seen a moment ago is told again"


def test_puts_that_fail_in_passing_are_repeated(s3: S3) -> None:
    with failing_between(s3.endpoint, every=3) as (endpoint, refused):
        url = s3.bucket().replace(quote(s3.endpoint, safe=""), quote(endpoint, safe=""))
        storage = open_storage(url)
        for n in range(12):
            storage.put(f"k{n}", b"%d" % n, "image/png")
        assert [storage.get(f"k{n}") for n in range(12)] == [b"%d" % n for n in range(12)]
        assert len(refused) >= 4


@contextmanager
def failing_between(endpoint: str, every: int) -> Iterator[tuple[str, list[str]]]:
    """A proxy before the server that answers every so-manieth request itself, with 503; and those."""
    refused: list[str] = []
    numbers = count(1)

    class Proxy(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if next(numbers) % every == 0:
                refused.append(self.path)
                self.send(503, b"Slow down")
            else:
                passed = client.request(self.command, self.path, content=body, headers=dict(self.headers))
                self.send(passed.status_code, passed.content, dict(passed.headers))

        do_GET = do_PUT = answer

        def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name in ("etag", "last-modified", "content-type"):
                if headers and name in headers:
                    self.send_header(name, headers[name])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with (
        httpx.Client(base_url=endpoint, verify=False) as client,
        ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server,
    ):
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}", refused
        server.shutdown()


def test_a_storage_that_went_away_says_so(tmp_path: Path) -> None:
    storage = open_storage((tmp_path / "objects").as_uri())
    (tmp_path / "objects").rmdir()
    (tmp_path / "objects").write_text("a file in its place")
    with pytest.raises(StorageUnavailable) as refused:
        storage.put("k", b"x", "image/png")
    assert "\n" not in refused.value.message


def test_a_url_that_leads_nowhere_is_a_bad_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    query = "access_key_id=me&secret_access_key=hush"
    for url in ("carrier-pigeon://roof", (tmp_path / "file" / "objects").as_uri(), f"s3://bucket?{query}"):
        with pytest.raises(BadSettings) as refused:
            open_storage(url)
        assert "\n" not in refused.value.message
        assert "hush" not in refused.value.message
