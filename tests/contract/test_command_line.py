"""The command line as people and scripts use it: real processes, what they print, how they end."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from tests.bucket import CREDENTIALS, S3, s3_server
from tests.server import (
    ANSWER_SECONDS,
    COMMAND_SECONDS,
    KEY,
    STOP_SECONDS,
    Server,
    balance,
    environment,
    run,
    serving,
    submit,
    wait_until,
)

LIMNER = [sys.executable, "-m", "limner.cli"]
NOT_A_FOLDER = "/dev/null/limner"
NOBODY_STORES = "s3://bucket?endpoint=http://127.0.0.1:9&region=us-east-1"


def limner(variables: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LIMNER, *arguments],
        env=variables,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


def check_complaint(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """One clear line on stderr and a non-zero exit."""
    assert result.returncode not in (0, -signal.SIGKILL), result.stdout
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def picture(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes()))


def test_help_names_every_command(tmp_path: Path) -> None:
    result = limner(environment(tmp_path, {}), "--help")
    for command in ("serve", "worker", "generate", "account", "key", "migrate", "doctor"):
        assert command in result.stdout


def test_generate_makes_pictures_in_this_process(tmp_path: Path) -> None:
    result = limner(
        environment(tmp_path, {}),
        *("generate", "a yellow car under a blue sky", "-m", "google/imagen4-ultra", "-n", "2"),
        *("--aspect-ratio", "16:9", "--resolution", "2k", "--negative-prompt", "rain", "--seed", "7"),
        *("-o", str(tmp_path / "out")),
    )
    assert result.returncode == 0, result.stderr
    paths = [Path(line) for line in result.stdout.splitlines()]
    assert [path.name for path in paths] == [
        "a-yellow-car-under-a-blue-sky-7.png",
        "a-yellow-car-under-a-blue-sky-8.png",
    ]
    assert [picture(path).size for path in paths] == [(2816, 1536)] * 2


def test_generate_needs_a_data_folder_only_to_sign(tmp_path: Path) -> None:
    words = ("generate", "a yellow car", "-o", str(tmp_path / "out"))
    variables = environment(tmp_path, {}, LIMNER_DATA_DIR=NOT_A_FOLDER)
    check_complaint(limner(variables, *words), "signs pictures", NOT_A_FOLDER)
    result = limner(variables | {"LIMNER_PROVENANCE": "off"}, *words)
    assert (result.returncode, result.stderr) == (0, "")


def test_generate_on_a_server_gives_the_same_pixels(server: Server, tmp_path: Path) -> None:
    words = ("generate", "a yellow car", "--seed", "7", "-o")
    here = limner(environment(tmp_path, {}), *words, str(tmp_path / "here"))
    there = limner(server.environment, *words, str(tmp_path / "there"), "--server", server.origin)
    assert (here.returncode, there.returncode) == (0, 0), here.stderr + there.stderr
    first, second = (picture(Path(result.stdout.strip())) for result in (here, there))
    assert first.tobytes() == second.tobytes()


def test_generate_passes_on_what_the_engine_warns_of(tmp_path: Path, ground: dict[str, str]) -> None:
    engines = {"google/imagen4": "gradient warning=It knows no zorp."}
    command = ("generate", "a zorp", "-o", str(tmp_path / "out"))
    with serving(tmp_path, engines, **ground) as server:
        for result in (
            limner(server.environment, *command),
            limner(server.environment, *command, "--server", server.origin),
        ):
            assert (result.returncode, result.stderr) == (0, "limner: It knows no zorp.\n")
            assert Path(result.stdout.strip()).is_file()


def test_generate_pays_for_nothing_that_it_cannot_keep(server: Server) -> None:
    with server.client() as client:
        before = balance(client)
        there = ("--server", server.origin)
        check_complaint(
            limner(server.environment, "generate", "a cat", "-o", NOT_A_FOLDER, *there), "/dev/null"
        )
        assert balance(client) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((" ",), ["prompt"]),
        (("a cat", "-n", "5"), ["num_images"]),
        (("a nude woman",), ["Content is filtered", "sexual"]),
        (("a cat", "-m", "google/imagen5"), ["google/imagen5"]),
        (("a cat", "-m", "google/imagen3-fast"), ["The paint ran out."]),
        (("a cat", "-o", NOT_A_FOLDER), ["/dev/null"]),
        (("a cat", "--server", "http://127.0.0.1:9"), ["http://127.0.0.1:9"]),
        (("a cat", "--server", "nonsense"), ["nonsense"]),
    ],
    ids=str,
)
def test_generate_says_in_one_line_what_is_wrong(
    tmp_path: Path, arguments: tuple[str, ...], words: list[str]
) -> None:
    variables = environment(tmp_path, {"google/imagen3-fast": "raises"})
    check_complaint(limner(variables, "generate", *arguments), *words)


def test_generate_passes_on_what_a_server_refuses(server: Server, tmp_path: Path) -> None:
    stranger = environment(tmp_path, {}, LIMNER_API_KEY="wsk_nobody_0123456789")
    check_complaint(limner(stranger, "generate", "a cat", "--server", server.origin), "key", "401")
    failing = limner(
        server.environment, "generate", "a cat", "-m", "google/imagen3-fast", "--server", server.origin
    )
    check_complaint(failing, "The paint ran out.")


def test_accounts_and_keys_are_made_while_the_server_runs(server: Server) -> None:
    key = server.run("account", "create", "customer", "--credit", "2.5", "--level", "silver")
    assert len(key.split()) == 1
    second = server.run("key", "create", "--account", "customer")
    for own in (key, second):
        with server.client(own) as client:
            assert balance(client) == 2.5
    check_complaint(limner(server.environment, "account", "create", "customer"), "customer")
    check_complaint(limner(server.environment, "account", "create", " "), "name")
    check_complaint(limner(server.environment, "key", "create", "--account", "nobody"), "nobody")
    check_complaint(limner(server.environment, "account", "create", "x", "--credit", "much"), "much")


def test_the_doctor_finds_nothing_wrong_with_a_sound_installation(server: Server) -> None:
    with server.client() as client:
        run(client)
        run(client, "google/imagen3-fast")
    answer = limner(server.environment, "doctor")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "fault" not in answer.stdout


def test_the_first_key_is_printed_once(tmp_path: Path, ground: dict[str, str]) -> None:
    def start() -> str:
        variables = environment(tmp_path, {})
        del variables["LIMNER_API_KEY"]
        command = [*LIMNER, "serve", "--port", "0", "--no-worker"]
        with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            origin = process.stdout.readline().split()[3]
            wait_until(lambda: _answers(origin))
            process.terminate()
            return origin + process.stdout.read()

    first, second = start(), start()
    (key,) = re.findall(r"shown this once: (wsk_\S+)", first)
    assert "wsk_" not in second
    assert "limner key create" in second
    with (
        serving(tmp_path, {}, "--no-worker", LIMNER_API_KEY=key, **ground) as server,
        server.client(key) as client,
    ):
        assert balance(client) == 1000


def test_a_local_start_prints_a_link_that_signs_in_once(tmp_path: Path, ground: dict[str, str]) -> None:
    with serving(tmp_path, {}, "--no-worker", **ground) as server:
        assert server.process.stdout is not None
        server.process.stdout.readline()
        said = server.process.stdout.readline()
        assert said.startswith("Open this once, within a quarter of an hour, to be signed in: ")
        for link in (said.split()[-1], server.run("sign-in", "--origin", server.origin)):
            prefix, _, ticket = link.partition("#ticket=")
            assert prefix == f"{server.origin}/"
            codes = [_sign_in(server.origin, ticket).status_code for _ in range(2)]
            assert codes == [200, 401]
        check_complaint(limner(server.environment, "sign-in", "--account", "nobody"), "nobody")


def _sign_in(origin: str, ticket: str) -> httpx.Response:
    return httpx.post(
        f"{origin}/session", json={"ticket": ticket}, headers={"Origin": origin}, timeout=ANSWER_SECONDS
    )


def test_a_start_for_others_prints_no_link(tmp_path: Path) -> None:
    """It would lie in a log."""
    command = [*LIMNER, "serve", "--port", "0", "--no-worker", "--host", "0.0.0.0"]
    variables = environment(tmp_path, {})
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        origin = process.stdout.readline().split()[3]
        wait_until(lambda: _answers(origin))
        process.terminate()
        assert "ticket" not in process.stdout.read()


def _answers(origin: str) -> bool:
    try:
        return httpx.get(f"{origin}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_without_a_worker_work_is_accepted_and_waits(tmp_path: Path, ground: dict[str, str]) -> None:
    with serving(tmp_path, {}, "--no-worker", **ground) as server, server.client() as client:
        health = server.health()
        assert (health["status"], health["database"], health["storage"]) == ("ok", "ok", "ok")
        assert (health["workers"], len(health["unserved_models"])) == (0, 6)
        prediction = submit(client)
        assert prediction["status"] == "created"
        worker = subprocess.Popen([*LIMNER, "worker"], env=server.environment)
        try:
            wait_until(lambda: client.get(prediction["urls"]["get"]).json()["data"]["status"] == "completed")
        finally:
            worker.terminate()
        assert worker.wait(STOP_SECONDS) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_server_and_worker_and_loses_nothing(
    tmp_path: Path, ground: dict[str, str], number: signal.Signals
) -> None:
    engines = {"google/imagen4": "gradient step_seconds=0.05"}
    with serving(tmp_path, engines, **ground) as server, server.client() as client:
        prediction = submit(client, num_images=2)
        wait_until(lambda: client.get(prediction["urls"]["get"]).json()["data"]["status"] == "processing")
        server.process.send_signal(number)
        assert server.process.wait(STOP_SECONDS) == 0
    assert "Traceback" not in (tmp_path / "stderr.log").read_text()
    with serving(tmp_path, engines, **ground) as server, server.client() as client:
        wait_until(lambda: client.get(f"/api/v3/predictions/{prediction['id']}").json()["data"]["outputs"])
        assert balance(client) == pytest.approx(1000 - 0.076)


def test_a_taken_port_is_named(server: Server, tmp_path: Path) -> None:
    port = str(urlsplit(server.origin).port)
    check_complaint(limner(environment(tmp_path, {}), "serve", "--port", port), port, "in use")
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"LIMNER_DATA_DIR": NOT_A_FOLDER}, ["/dev/null"]),
        ({"LIMNER_DATABASE_URL": "mysql://x/y"}, ["database_url"]),
        ({"LIMNER_DATABASE_URL": "nonsense"}, ["database_url"]),
        ({"LIMNER_DATABASE_URL": "postgresql://127.0.0.1:9/limner"}, ["database"]),
        ({"LIMNER_STORAGE_URL": "ftp://x/y"}, ["storage_url"]),
        ({"LIMNER_STORAGE_URL": "s3://bucket?secret_access_key=x"}, ["storage_url", "secret_access_key"]),
        ({"LIMNER_STORAGE_URL": NOBODY_STORES} | CREDENTIALS, ["storage", "does not answer"]),
        ({"LIMNER_STORAGE_LINKS": "signed"}, ["storage_links", "bucket"]),
        ({"LIMNER_API_KEY": "short"}, ["api_key: must be 16 to 200"]),
        ({"LIMNER_LOG_LEVEL": "loud"}, ["log_level", "'debug'"]),
        ({"LIMNER_QUEUE_LIMIT": "many"}, ["queue_limit"]),
        ({"LIMNER_CONFIG": "/nowhere/limner.toml"}, ["/nowhere/limner.toml"]),
    ],
    ids=str,
)
def test_a_broken_setting_is_named(tmp_path: Path, settings: dict[str, str], words: list[str]) -> None:
    check_complaint(limner(environment(tmp_path, {}, **settings), "serve", "--port", "0"), *words)


def test_a_bucket_that_is_not_there_or_not_ours_is_named(tmp_path: Path, s3: S3) -> None:
    own = {"LIMNER_STORAGE_URL": s3.url_of("nobody-made-this")} | CREDENTIALS
    for command in ("serve", "--port", "0"), ("worker",):
        check_complaint(limner(environment(tmp_path, {}, **own), *command), "there is no such bucket")
    with s3_server(tmp_path / "moto.log", INITIAL_NO_AUTH_ACTION_COUNT="1") as strict:
        own = {"LIMNER_STORAGE_URL": strict.bucket()} | CREDENTIALS
        result = limner(environment(tmp_path, {}, **own), "serve", "--port", "0")
    check_complaint(result, "refuses these credentials")
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in result.stderr


def test_a_worker_complains_as_clearly(tmp_path: Path) -> None:
    variables = environment(tmp_path, {}, LIMNER_DATABASE_URL="postgresql://127.0.0.1:9/limner")
    check_complaint(limner(variables, "worker"), "database")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("this is not TOML", "configuration"),
        ('unheard_of = "x"', "unheard_of"),
        ('[models."google/imagen5"]\nengine = "nano"', "google/imagen5"),
        ('[models."google/imagen4"]\nengines = "nano"', "engine"),
    ],
)
def test_a_broken_configuration_file_is_named(tmp_path: Path, text: str, word: str) -> None:
    variables = environment(tmp_path, {})
    Path(variables["LIMNER_CONFIG"]).write_text(text)
    check_complaint(limner(variables, "serve", "--port", "0"), word)


def test_an_unknown_preset_is_refused(tmp_path: Path) -> None:
    check_complaint(limner(environment(tmp_path, {}), "serve", "--preset", "moon"), "moon")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    variables = environment(tmp_path, {}, LIMNER_DATA_DIR=str(locked / "state"))
    check_complaint(limner(variables, "serve", "--port", "0"), str(locked))


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    variables = environment(tmp_path, {})
    # A limit on the size of files is the full disk that needs no disk.
    command = ["bash", "-c", 'ulimit -f 16; trap "" XFSZ; exec "$@"', "-", *LIMNER, "serve", "--port", "0"]
    result = subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
    )
    check_complaint(result, "database")


def test_a_free_port_is_found_and_named(tmp_path: Path, ground: dict[str, str]) -> None:
    with serving(tmp_path, {}, "--no-worker", **ground) as server:
        address = urlsplit(server.origin)
        with socket.create_connection((address.hostname, address.port), timeout=30):
            assert server.stop() == 0


def test_the_key_in_the_environment_opens_the_default_account(tmp_path: Path, ground: dict[str, str]) -> None:
    with serving(tmp_path, {}, "--no-worker", **ground) as server, server.client(KEY) as client:
        assert balance(client) == 1000
