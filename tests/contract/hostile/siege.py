"""A server under attack: what it has to lose, what comes of each attack, what must still be so."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
from sqlalchemy import inspect, text

from limner import ledger
from limner.accounts import Level, authenticate, create_account, create_key
from limner.doctor.examination import find_problems
from limner.runtime import Runtime, build_runtime
from limner.settings import Settings
from tests.conftest import places_of
from tests.contract.hostile import bodies, borders, files, heads, rights
from tests.contract.hostile.attack import MODELS, Attack, Target, operations_of
from tests.contract.hostile.judging import fault_of, outcome_of
from tests.contract.hostile.wire import exchange
from tests.server import Server, finished, serving, submit, wait_until

ENGINES = dict.fromkeys(MODELS, "raises")  # what is accepted fails at once, and costs nothing
DRAWING = "google/imagen3"
AT_ONCE = 12
CREDIT_MICROS = 1_000_000_000
SECRET = "kumquat7f3ac91e"  # in whatever belongs to the other account, and in files beside the storage
PNG = files.png(1, 1, b"x\x9cc```\x00\x00\x00\x04\x00\x01")  # one black pixel

FAMILIES: tuple[Callable[[Random, Target], Attack], ...] = (
    *(bodies.types, bodies.types, bodies.whole_bodies, bodies.sizes, bodies.said_sizes, bodies.encodings),
    *(bodies.content_types, bodies.webhooks, bodies.mutations, bodies.mutations),
    *(
        heads.methods,
        heads.paths,
        heads.paths,
        heads.queries,
        heads.queries,
        heads.headers,
        heads.preflights,
        heads.header_floods,
    ),
    *(borders.smuggling, borders.no_http, rights.keys, rights.foreign, rights.foreign),
    *(files.forms, files.broken_forms, files.tickets),
)


@dataclass
class Tally:
    """Of the attacks so far, by family and outcome; ``faults`` says what should not have been."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_seconds: float = 0

    def add(self, attack: Attack, outcome: str, fault: str, seconds: float) -> None:
        self.outcomes[attack.family, outcome] += 1
        self.slowest_seconds = max(self.slowest_seconds, seconds)
        if fault:
            self.outcomes[attack.family, "failed"] += 1
            self.faults.append(f"{attack.family}: {fault} after {attack.pieces[0][:300]!r}")


@dataclass(frozen=True)
class Siege:
    server: Server
    runtime: Runtime
    target: Target
    victim: httpx.Client
    kept: Mapping[str, Any]  # the other account's prediction, as it was
    keys: Sequence[str]

    @property
    def folder(self) -> Path:
        return Path(self.server.environment["HOME"])

    def attack(self, seed: int, count: int) -> Tally:
        """So many attacks, the same for the same seed but for the ids in them."""
        tally = Tally()
        files.bombs()  # once, not in each thread
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for attack, outcome, fault, seconds in pool.map(lambda n: self._one(seed, n), range(count)):
                tally.add(attack, outcome, fault, seconds)
        return tally

    def _one(self, seed: int, number: int) -> tuple[Attack, str, str, float]:
        attack = FAMILIES[number % len(FAMILIES)](Random(f"{seed} {number}"), self.target)
        try:
            answer = exchange(self.server.origin, attack.pieces)
        except OSError as error:
            return attack, "unanswered", f"{error!r}", 0
        return attack, outcome_of(answer), fault_of(attack, answer, self.target), answer.seconds

    def resident_bytes(self, kind: str = "VmRSS") -> int:
        """Of the API's process; "VmHWM" is the most it ever had."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith(f"{kind}:"))
        return int(line.split()[1]) * 1024

    def check_aftermath(self) -> None:
        """It lives, owes nothing, has lost nothing, and has told nobody its secrets."""
        assert self.server.process.poll() is None
        assert self.server.health()["status"] == "ok"
        wait_until(lambda: not self._rows("SELECT id FROM accounts WHERE live_predictions > 0"))
        assert self._rows("SELECT id FROM accounts WHERE held_micros <> 0") == []
        assert find_problems(self.runtime) == []
        path = f"/api/v3/predictions/{self.kept['id']}"
        assert self.victim.get(path).json()["data"] == self.kept
        assert self.victim.get(self.kept["outputs"][0]).status_code == 200
        assert _strangers(self.folder) == set()
        assert (self.folder / "canary.txt").read_text() == SECRET
        assert self.places_of_keys() == []
        unforeseen = self.tracebacks()
        assert not unforeseen, unforeseen[0]

    def tracebacks(self) -> list[str]:
        """What the server did not foresee, each with what was logged before it."""
        before, *found = (self.folder / "stderr.log").read_text(errors="replace").split("Traceback (most")
        ends = [before, *found]
        return [f"{ends[n][-200:]} ... {one[:3_000]}" for n, one in enumerate(found)]

    def places_of_keys(self) -> list[str]:
        """Files of the server, its log among them, and tables in which one of the keys stands."""
        needles = [key.encode() for key in self.keys]
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        found = [str(path) for path in paths if any(needle in path.read_bytes() for needle in needles)]
        names = inspect(self.runtime.database.engine).get_table_names()
        tables = {name: str(self._rows(f'SELECT * FROM "{name}"')) for name in names}
        return found + [name for name, rows in tables.items() if any(key in rows for key in self.keys)]

    def _rows(self, query: str) -> list[Any]:
        with self.runtime.database.read() as tx:
            return list(tx.execute(text(query)))


def _strangers(folder: Path) -> set[str]:
    """Files where none of the server's should be."""
    own = {
        "limner.toml",
        "stderr.log",
        "canary.txt",
        "state/limner.db",
        "state/limner.db-wal",
        "state/limner.db-shm",
    }
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    places = ("state/locks/", "state/objects/predictions/", "state/objects/uploads/")
    return {name for name in found - own if not name.startswith(places)}


@contextmanager
def besieged(folder: Path, ground: Mapping[str, str] | None = None) -> Iterator[Siege]:
    """A server with a worker, an account that has something to lose, and another that attacks."""
    (folder / "canary.txt").write_text(SECRET)
    with serving(folder, ENGINES, LIMNER_LOG_LEVEL="debug", **(ground or {})) as server:
        runtime = build_runtime(Settings(data_dir=folder / "state", **places_of(ground or {})))
        attacker, victim = (_newcomer(runtime, name) for name in ("attacker", "victim"))
        with closing(runtime), server.client(victim.key) as client:
            kept = finished(client, submit(client, DRAWING, prompt=f"a {SECRET} on a table")["id"])
            assert kept["status"] == "completed", kept
            webhook_secret = client.get("/api/v3/webhook/secret").json()["data"]["secret"]
            secrets = (SECRET.encode(), victim.key.encode(), webhook_secret.encode())
            ids = (kept["id"], *_upload_ids(client), victim.account_id, victim.key_id)
            operations = operations_of(client.get("/openapi.json").json())
            target = Target(attacker.key, operations, ids, secrets)
            keys = (attacker.key, victim.key, server.environment["LIMNER_API_KEY"])
            yield Siege(server, runtime, target, client, kept, keys)


@dataclass(frozen=True)
class _Newcomer:
    key: str
    key_id: str
    account_id: str


def _newcomer(runtime: Runtime, name: str) -> _Newcomer:
    now = datetime.now(UTC)
    with runtime.database.begin() as tx:
        account = create_account(tx, name, Level.ULTRA, now)
        ledger.top_up(tx, account.id, CREDIT_MICROS, now)
        key = create_key(tx, account.id, now)
        return _Newcomer(key, authenticate(tx, key).key_id, account.id)


def _upload_ids(victim: httpx.Client) -> list[str]:
    """The public name of a file, and the id in it."""
    uploaded = victim.post("/api/v3/upload", files={"file": (f"{SECRET}.png", PNG, "image/png")})
    assert uploaded.status_code == 200, uploaded.text
    link = uploaded.json()["data"]["download_url"].rpartition("/")[2]
    return [link, link.partition(".")[0]]
