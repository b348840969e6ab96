"""One key, used from many sides at once, to the same end and to opposite ones."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import httpx

from tests.contract.hostile.attack import SUBMIT

MODEL = "/api/v3/google/imagen3"  # it draws, so that there is something to cancel and to delete
AT_ONCE = 8


def crowd(client: httpx.Client, seed: int, rounds: int) -> list[str]:
    """What should not be; each round ends with nothing unfinished that anybody knows of."""
    faults: list[str] = []
    for n in range(rounds):
        rng = Random(f"crowd {seed} {n}")
        faults += _same_request(client, f"crowd-{seed}-{n}")
        faults += _opposite_requests(client, rng)
    return faults


def _same_request(client: httpx.Client, key: str) -> list[str]:
    """One Idempotency-Key: one prediction; another body under it is a conflict."""
    headers = {"Idempotency-Key": key}
    bodies = [{"prompt": "a red apple"}] * (AT_ONCE - 2) + [{"prompt": "a pear"}] * 2
    answers = _together([partial(client.post, SUBMIT, json=body, headers=headers) for body in bodies])
    ids = {answer.json()["data"]["id"] for answer in answers if answer.status_code == 200}
    statuses = sorted(answer.status_code for answer in answers)
    good = len(ids) == 1 and set(statuses) == {200, 409}
    return [] if good else [f"one Idempotency-Key: {statuses}, {len(ids)} predictions"]


def _opposite_requests(client: httpx.Client, rng: Random) -> list[str]:
    """Asked for, cancelled, deleted and read, all of one prediction at once."""
    accepted = client.post(MODEL, json={"prompt": "a red apple"})
    if accepted.status_code == 429:
        return []  # too many for this minute
    path = f"/api/v3/predictions/{accepted.json()['data']['id']}"
    requests: list[Callable[[], httpx.Response]] = [
        lambda: client.post(f"{path}/cancel"),
        lambda: client.post(f"{path}/cancel"),
        lambda: client.delete(path),
        lambda: client.post("/api/v3/predictions/delete", json={"ids": [path.rpartition("/")[2]]}),
        lambda: client.get(f"{path}/result"),
        lambda: client.get(f"{path}?wait=1"),
        lambda: client.get("/api/v3/predictions"),
        lambda: client.get("/api/v3/balance"),
    ]
    rng.shuffle(requests)
    statuses = [answer.status_code for answer in _together(requests)]
    return [] if {*statuses} <= {200, 404, 409} else [f"at once on one prediction: {statuses}"]


def _together(requests: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    barrier = threading.Barrier(len(requests))
    answers: list[httpx.Response] = []

    def send(request: Callable[[], httpx.Response]) -> None:
        barrier.wait()
        answers.append(request())

    threads = [threading.Thread(target=send, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
