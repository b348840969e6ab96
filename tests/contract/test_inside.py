"""What a client sees when something behind the API is slow, revoked, unreachable or broken.

The application runs in this process, so that the fault can be made; the server and the client are real.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy import text
from structlog.testing import capture_logs

from limner.api.app import create_app
from limner.runtime import Runtime, build_runtime, ensure_default_account, migrate
from limner.settings import read_settings
from tests.bucket import S3, s3_server
from tests.conftest import places_of
from tests.contract.test_errors import check_refusal
from tests.server import KEY, submit, wait_until

NOBODY_LISTENS = "postgresql://127.0.0.1:9/limner"


@contextmanager
def answering(runtime: Runtime, break_it: Callable[[], None] | None = None) -> Iterator[httpx.Client]:
    app = create_app(runtime, sync_window_seconds=0.3, max_streams=3)
    if break_it is not None:
        app.router.routes.clear()
        app.add_api_route("/broken", break_it)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def runtime(tmp_path: Path, ground: dict[str, str]) -> Iterator[Runtime]:
    own = {"data_dir": tmp_path, "api_key": KEY, "public_url": "http://limner.example/"}
    settings = read_settings(**own | places_of(ground))
    with closing(build_runtime(settings)) as built:
        migrate(built)
        ensure_default_account(built, datetime.now(UTC))
        yield built


def test_sync_mode_gives_up_waiting_and_says_where_to_look(runtime: Runtime) -> None:
    with answering(runtime) as client:  # and nobody works
        late = submit(client, enable_sync_mode=True)
        assert (late["status"], late["code"], late["outputs"]) == ("processing", 5004, [])
        assert late["error"].startswith("Sync mode timed out after 0.3 seconds")
        assert late["urls"]["get"] == f"http://limner.example/api/v3/predictions/{late['id']}/result"
        unfinished = client.get(f"/api/v3/predictions/{late['id']}").json()["data"]
        assert (unfinished["status"], unfinished["code"], unfinished["error"]) == ("created", 0, "")


def test_a_revoked_key_is_refused_within_two_seconds(runtime: Runtime) -> None:
    with answering(runtime) as client:
        prediction = submit(client)
        path = f"/api/v3/predictions/{prediction['id']}/result"
        assert client.get(path).status_code == 200
        with runtime.database.begin() as tx:
            tx.execute(text("UPDATE api_keys SET revoked_at = created_at"))
        revoked = time.monotonic()
        wait_until(lambda: client.get(path).status_code == 401, seconds=2)
        assert time.monotonic() - revoked < 2


def test_an_unreachable_database_is_503_and_says_so(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path, database_url=NOBODY_LISTENS)
    with closing(build_runtime(settings)) as runtime, answering(runtime) as client:
        check_refusal(client.post("/api/v3/google/imagen4", json={"prompt": "x"}), 503, "database")
        check_refusal(client.get("/api/v3/balance"), 503, "database")
        health = client.get("/health")
        assert (health.status_code, health.json()["status"], health.json()["storage"]) == (
            503,
            "unreachable",
            "ok",
        )


def test_an_unreachable_storage_is_503_as_soon_as_that_is_seen(tmp_path: Path, s3: S3) -> None:
    """``s3`` is there for its credentials."""
    with s3_server(tmp_path / "moto.log") as store:
        settings = read_settings(data_dir=tmp_path, storage_url=store.bucket())
        with closing(build_runtime(settings)) as runtime, answering(runtime) as client:
            migrate(runtime)
            assert (client.get("/health").status_code, state(client)) == (200, "ok")
            store.process.kill()
            wait_until(lambda: client.get("/health").status_code == 503)
            assert state(client) == "the storage cannot be used: it does not answer"


def state(client: httpx.Client) -> str:
    return str(client.get("/health").json()["storage"])


def test_polls_that_fail_together_fail_each(runtime: Runtime) -> None:
    with answering(runtime) as client, capture_logs():  # to print eight tracebacks takes most of a minute
        prediction = submit(client)
        path = f"/api/v3/predictions/{prediction['id']}/result"
        assert client.get(path).status_code == 200
        with runtime.database.begin() as tx:
            tx.execute(text("ALTER TABLE predictions RENAME TO elsewhere"))
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda: answers.append(client.get(path).status_code)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # To SQLite a table that is gone is a damaged file, to PostgreSQL a mistake of ours.
        assert answers == [503 if runtime.database.is_sqlite else 500] * 8


def test_what_nobody_foresaw_is_500_with_a_reference_that_the_log_explains(runtime: Runtime) -> None:
    def break_it() -> None:
        raise ZeroDivisionError("secret internals")

    with answering(runtime, break_it) as client, capture_logs() as logged:
        response = client.get("/broken")
    check_refusal(response, 500, "reference")
    assert "secret" not in response.text
    (entry,) = [entry for entry in logged if entry["event"] == "unexpected error"]
    assert response.json()["message"].endswith(entry["reference"])


def test_figures_are_there_for_prometheus(runtime: Runtime) -> None:
    with answering(runtime) as client:
        submit(client)
        client.get("/nowhere")
        figures = client.get("/metrics").text
    assert 'limner_queue_predictions{pool="nano",state="queued"} 1.0' in figures
    assert "limner_workers 0.0" in figures
    assert 'limner_http_requests_total{code="404",method="GET",route="other"} 1.0' in figures


def test_public_url_goes_into_links_without_a_double_slash(runtime: Runtime) -> None:
    with answering(runtime) as client:
        models = client.get("/api/v3/models").json()["data"]
    assert models[0]["api_schema"]["api_schemas"][0]["server"] == "http://limner.example"
