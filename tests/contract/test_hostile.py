"""Some hundred hostile requests to a real server and worker. benchmarks/hostile.py sends ten thousand."""

from collections.abc import Iterator

import pytest

from tests.conftest import ground_of
from tests.contract.hostile.attack import Attack, Target
from tests.contract.hostile.crowd import crowd
from tests.contract.hostile.judging import fault_of
from tests.contract.hostile.siege import Siege, besieged
from tests.contract.hostile.wire import Answer

pytestmark = pytest.mark.timeout(300)  # a server of its own, and hundreds of requests

SEED = 20261121
COUNT = 300
MOST_BYTES = 1 << 30


@pytest.fixture(scope="module")
def siege(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """On PostgreSQL, which takes less than SQLite does: no NUL, no number out of range."""
    folder = tmp_path_factory.mktemp("hostile")
    with besieged(folder, ground_of(request, "fleet", folder)) as siege:
        yield siege


def test_whatever_is_sent_is_answered_in_the_one_shape(siege: Siege) -> None:
    tally = siege.attack(SEED, COUNT)
    assert tally.faults == []
    with siege.server.client(siege.target.key) as attacker:
        assert crowd(attacker, SEED, rounds=3) == []
    assert siege.resident_bytes("VmHWM") < MOST_BYTES
    siege.check_aftermath()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"code":500,"message":"x","data":null}'),
        (400, b"Invalid HTTP request received."),
        (400, b'{"code":404,"message":"x","data":null}'),
        (400, b'{"code":400,"message":"x","data":null,"error":null}'),
        (400, b'{"code":400,"message":"Traceback (most recent call last)","data":null}'),
        (400, b'{"code":400,"message":"it is kumquat","data":null}'),
        (400, b'{"code":400,"message":"root:x:0:0","data":null}'),
        (200, b'{"detail":"x"}'),
    ],
)
def test_the_judge_would_see_it(status: int, body: bytes) -> None:
    attack = Attack("x", (b"GET /api/v3/balance HTTP/1.1\r\n",), never=(b"root:",))
    answer = Answer(status, {"content-type": "application/json"}, body, 0.1, body)
    assert fault_of(attack, answer, Target("key", (), (), secrets=(b"kumquat",)))
