"""A disk that is full, forbidden or damaged: one clear line at a start, and in the middle of work no loss."""

import ctypes
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.journeys.house import GATED, MODEL, Records, check_books, check_delivered
from tests.server import COMMAND_SECONDS, balance, environment, finished, serving, submit, wait_until

LIMNER = (sys.executable, "-m", "limner.cli")
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
DAMAGED = {"serve": ["--port", "0"], "worker": [], "key": ["create", "--account", "default"]}


@contextmanager
def full_disk(pid: int) -> Iterator[None]:
    """For this process alone: no file of its own may grow."""
    _, hard = limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        if Path(f"/proc/{pid}").exists():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def test_what_no_disk_takes_is_refused_and_later_accepted(tmp_path: Path) -> None:
    with serving(tmp_path, {}) as server, server.client() as client:
        with full_disk(server.process.pid):
            response = client.post(f"/api/v3/{MODEL}", json={"prompt": "a red apple"})
            assert response.status_code == 503
            assert "database" in response.json()["message"]
        assert balance(client) == 1000
        check_delivered(client, submit(client))
        with closing(Records.in_folder(tmp_path)) as records:
            assert len(records.ids()) == 1
            check_books(records)


def test_a_disk_that_is_full_for_a_while_loses_nothing(tmp_path: Path) -> None:
    engines = {GATED: f"gate folder={tmp_path}"}
    with serving(tmp_path, engines) as server, server.client() as client:
        accepted = [submit(client, GATED, num_images=2), submit(client, GATED)]
        wait_until((tmp_path / "entered").exists)
        with closing(Records.in_folder(tmp_path)) as records:
            with full_disk(records.worker_pid()):
                (tmp_path / "open").touch()
                for one in accepted:  # by the next worker, for which there is room
                    check_delivered(client, one)
            check_books(records)


def test_a_cancel_stands_although_the_queue_cannot_be_told(tmp_path: Path) -> None:
    """As when the disk is full from the commit on: what is left in the queue comes to nothing at its turn."""
    with serving(tmp_path, {}, "--no-worker") as server, server.client() as client:
        accepted = submit(client)
        with closing(Records.in_folder(tmp_path)) as records:
            records.rows("ALTER TABLE workflow_status RENAME TO unreachable")
        response = client.post(f"/api/v3/predictions/{accepted['id']}/cancel")
        assert (response.status_code, response.json()["data"]["status"]) == (200, "failed")
        assert balance(client) == 1000


def test_pictures_that_cannot_be_stored_are_free(tmp_path: Path) -> None:
    engines = {GATED: f"gate folder={tmp_path}"}
    with (
        serving(tmp_path, engines, LIMNER_STORAGE_PATIENCE_SECONDS="1") as server,
        server.client() as client,
    ):
        accepted = submit(client, GATED)
        wait_until((tmp_path / "entered").exists)
        bar(tmp_path, accepted["id"])
        (tmp_path / "open").touch()
        failed = finished(client, accepted["id"])
        assert (failed["status"], failed["error"], failed["code"]) == (
            "failed",
            "The pictures could not be stored; nothing was charged.",
            5003,
        )
        assert balance(client) == 1000
        check_delivered(client, submit(client))
        with closing(Records.in_folder(tmp_path)) as records:
            check_books(records)


def bar(folder: Path, prediction_id: str) -> Path:
    """Where its pictures must go there is a file."""
    barrier = folder / "state" / "objects" / "predictions" / prediction_id
    barrier.parent.mkdir(exist_ok=True)
    barrier.write_text("a file where a folder must be")
    return barrier


def is_kept_waiting(folder: Path, prediction_id: str) -> bool:
    lines = (folder / "stderr.log").read_text().splitlines()
    return any("output not stored yet" in line and prediction_id in line for line in lines)


def test_pictures_wait_for_a_storage_that_fails_for_a_while(tmp_path: Path) -> None:
    engines = {GATED: f"gate folder={tmp_path}"}
    with serving(tmp_path, engines) as server, server.client() as client:
        accepted, cancelled = submit(client, GATED), submit(client, GATED)
        wait_until((tmp_path / "entered").exists)
        barriers = [bar(tmp_path, one["id"]) for one in (accepted, cancelled)]
        (tmp_path / "open").touch()
        wait_until(lambda: is_kept_waiting(tmp_path, accepted["id"]))
        barriers[0].unlink()
        check_delivered(client, accepted)
        wait_until(lambda: is_kept_waiting(tmp_path, cancelled["id"]))
        client.post(f"/api/v3/predictions/{cancelled['id']}/cancel")
        assert finished(client, cancelled["id"])["status"] == "failed"
        with closing(Records.in_folder(tmp_path)) as records:
            check_books(records)


@pytest.mark.parametrize("command", DAMAGED)
def test_a_damaged_database_is_named_in_one_line(tmp_path: Path, command: str) -> None:
    variables = environment(tmp_path, {})
    path = tmp_path / "state" / "limner.db"
    path.parent.mkdir()
    path.write_bytes(b"SQLite format 3\0" + b"not at all" * 1000)
    check_one_line(variables, command, *DAMAGED[command])


def test_a_data_folder_that_may_not_be_written_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o500)
    check_one_line(environment(tmp_path, {}), "serve", "--port", "0")


def check_one_line(variables: dict[str, str], *arguments: str) -> None:
    command = [*LIMNER, *arguments]
    result = subprocess.run(
        command,
        env=variables,
        preexec_fn=obey_permissions,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )
    assert result.returncode not in (0, -9)
    assert (result.stdout, len(result.stderr.splitlines())) == ("", 1), result.stderr
    assert result.stderr.startswith("limner: ")


def obey_permissions() -> None:
    """So that root is refused as anybody is; others may not drop what they do not have."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
