"""Attempts to deliver, made one by one as a worker makes them, to a receiver on this machine."""

import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from limner.db.database import Database, DatabaseUnavailable
from limner.predictions.delivering import Courier
from limner.predictions.lifecycle import cancel
from limner.predictions.prediction import Prediction, public_view
from limner.runtime import courier_of
from limner.webhooks import delivery, store
from limner.webhooks.delivery import INTERRUPTED
from limner.webhooks.store import Attempt, Delivery, DeliveryStatus
from tests.receiver import Received, hang, receiving
from tests.server import wait_until
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace


class Post:
    """A courier, and in place of the queue a list of the attempts that are due."""

    def __init__(self, workplace: Workplace, **changes: Any) -> None:
        self.workplace = workplace
        self.due: list[tuple[str, int, str, float]] = []
        self.courier: Courier = replace(courier_of(workplace.runtime, now), enqueue=self._enqueue, **changes)

    def _enqueue(self, tx: Connection, *call: Any) -> None:
        self.due.append(call)

    def announce(self, prediction: Prediction, url: str) -> Delivery:
        with self.workplace.runtime.database.begin() as tx:
            return delivery.schedule(tx, prediction.account_id, prediction.id, url, self._enqueue, now())

    def run_all(self) -> list[float]:
        """Makes every attempt, and those that come of it; returns the delays that were asked for."""
        delays = []
        while self.due:
            delivery_id, number, _, delay = self.due.pop(0)
            delays.append(delay)
            self.courier.run(delivery_id, number)
        return delays

    def log(self, one: Delivery) -> tuple[DeliveryStatus, list[Attempt]]:
        with self.workplace.runtime.database.read() as tx:
            found = store.find(tx, one.account_id, one.id)
            return found.status, store.find_attempts(tx, [one.id])[one.id]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def database_url() -> str:
    """The embedded one alone: where the two might differ is in ``delivery``, and tested there."""
    return ""


@pytest.fixture
def workplace(open_workplace: OpenWorkplace) -> Workplace:
    return open_workplace(webhook_allow_private=True, public_url="http://limner.example")


@pytest.fixture
def prediction(workplace: Workplace) -> Prediction:
    """Unfinished, which makes no difference to who delivers."""
    return workplace.submit()


def check_signature(received: Received, *secrets: str) -> None:
    """Computed here, not by Limner; every secret has signed, in this order."""
    headers = {name.lower(): value for name, value in received.headers.items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + received.body
    digests = [hmac.new(secret[6:].encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    assert headers["webhook-signature"] == " ".join(f"v3,{digest}" for digest in digests)
    assert abs(int(headers["webhook-timestamp"]) - now().timestamp()) < 60
    assert headers["content-type"] == "application/json"
    assert "user-agent" in headers


def test_the_bare_prediction_is_sent_signed_and_compact(workplace: Workplace) -> None:
    done = workplace.submit(prompt="ein Bär")
    post = Post(workplace)
    with receiving(200) as receiver:
        one = post.announce(done, receiver.url)
        assert post.run_all() == [0.0]
    (received,) = receiver.received
    with workplace.runtime.database.begin() as tx:
        check_signature(received, delivery.secret_of(tx, done.account_id))
    expected = public_view(workplace.find(done), "http://limner.example", workplace.runtime.storage)
    assert json.loads(received.body) == expected
    assert received.body == json.dumps(expected, ensure_ascii=False, separators=(",", ":")).encode()
    assert received.headers["webhook-id"] == done.id
    status, (attempt,) = post.log(one)
    assert (status, attempt.number, attempt.http_status, attempt.error) == ("delivered", 1, 200, "")


def test_pictures_as_base64_are_sent_as_such(workplace: Workplace) -> None:
    with workplace.working():
        done = workplace.finish(workplace.submit(enable_base64_output=True))
    post = Post(workplace)
    with receiving(200) as receiver:
        post.announce(done, receiver.url)
        post.run_all()
    sent = json.loads(receiver.received[0].body)
    assert base64.b64decode(sent["outputs"][0]) == workplace.runtime.storage.get(done.outputs[0].object_key)


def test_pictures_that_cannot_be_had_are_a_failure_that_is_tried_again(workplace: Workplace) -> None:
    with workplace.working():
        done = workplace.finish(workplace.submit(enable_base64_output=True))
    content = workplace.runtime.storage.get(done.outputs[0].object_key)
    workplace.runtime.storage.delete_below(f"predictions/{done.id}")
    post = Post(workplace)
    with receiving(200) as receiver:
        one = post.announce(done, receiver.url)
        post.courier.run(*post.due.pop()[:2])
        assert receiver.connections == 0
        workplace.runtime.storage.put(done.outputs[0].object_key, content, "image/png")
        post.run_all()
    status, attempts = post.log(one)
    assert (status, len(attempts), bool(attempts[0].error)) == ("delivered", 2, True)


def test_a_receiver_that_recovers_is_told(workplace: Workplace, prediction: Prediction) -> None:
    post = Post(workplace, retry_seconds=(5.0, 7.0, 9.0))
    with receiving(500, 302, 204) as receiver:
        one = post.announce(prediction, receiver.url)
        first, second, third = post.run_all()
    assert first == 0 and 5 <= second <= 6 and 7 <= third <= 8.4
    status, attempts = post.log(one)
    assert status == "delivered"
    assert [attempt.http_status for attempt in attempts] == [500, 302, 204]
    assert [attempt.error for attempt in attempts] == [
        "answered 500",
        "answered 302; redirects are not followed",
        "",
    ]
    assert {received.headers["webhook-id"] for received in receiver.received} == {prediction.id}


def test_a_receiver_that_never_recovers_is_given_up(workplace: Workplace, prediction: Prediction) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    post = Post(workplace)
    one = post.announce(prediction, url)
    assert len(post.run_all()) == 6
    status, attempts = post.log(one)
    assert (status, len(attempts)) == ("failed", 6)
    assert all("refused" in attempt.error for attempt in attempts)


def test_a_receiver_that_hangs_is_a_failure(workplace: Workplace, prediction: Prediction) -> None:
    post = Post(workplace, retry_seconds=())
    sender = replace(post.courier.sender, answer_seconds=0.2)
    post.courier = replace(post.courier, sender=sender)
    with receiving(hang) as receiver:
        one = post.announce(prediction, receiver.url)
        post.run_all()
    status, (attempt,) = post.log(one)
    assert (status, attempt.http_status) == ("failed", None)
    assert attempt.error == "no answer within 0.2 seconds"
    assert 200 <= attempt.duration_ms < 2000


def test_after_a_rotation_both_secrets_sign(workplace: Workplace, prediction: Prediction) -> None:
    with workplace.runtime.database.begin() as tx:
        former = delivery.secret_of(tx, prediction.account_id)
        current = delivery.rotate_secret(tx, prediction.account_id, now())
    post = Post(workplace)
    with receiving(200) as receiver:
        post.announce(prediction, receiver.url)
        post.run_all()
    check_signature(receiver.received[0], current, former)


def test_a_private_address_is_refused_at_delivery_too(open_workplace: OpenWorkplace) -> None:
    """Such as one that was accepted when the setting was another."""
    workplace = open_workplace()
    prediction = workplace.submit()
    post = Post(workplace, retry_seconds=())
    with receiving(200) as receiver:
        one = post.announce(prediction, receiver.url)
        post.run_all()
    status, (attempt,) = post.log(one)
    assert (status, receiver.connections) == ("failed", 0)
    assert "must name a host on the public internet" in attempt.error


def test_a_bug_of_ours_is_a_failed_attempt_and_not_an_endless_one(
    workplace: Workplace, prediction: Prediction
) -> None:
    with workplace.runtime.database.begin() as tx:
        tx.execute(text("UPDATE predictions SET inputs = '[]'"))
    post = Post(workplace, retry_seconds=())
    with receiving(200) as receiver:
        one = post.announce(prediction, receiver.url)
        post.run_all()
    status, (attempt,) = post.log(one)
    assert (status, attempt.error) == ("failed", "it could not be sent; the server's log says why")
    assert receiver.connections == 0


class Shaky(Database):
    """Of its transactions, and of what it is asked beside, each goes as foretold; later ones go well."""

    def __init__(self, database: Database, *fates: str) -> None:
        super().__init__(database.engine)
        self.fates = list(fates)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        fate = self._next_fate()
        with super().begin() as tx:
            yield tx
        if fate == "unanswered":
            raise DatabaseUnavailable("nobody knows whether it was committed")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._next_fate()
        with super().read() as tx:
            yield tx

    def _next_fate(self) -> str:
        fate = self.fates.pop(0) if self.fates else "well"
        if fate == "refused":
            raise DatabaseUnavailable("the database is being started anew")
        return fate


@pytest.mark.parametrize(
    "fates",
    [
        ("refused", "well", "well", "well"),
        ("well", "refused", "refused", "well", "well"),
        ("well", "well", "refused", "refused", "well"),
        ("well", "well", "unanswered", "well"),
    ],
    ids=["begun", "read", "finished", "finished and not told"],
)
def test_a_database_that_is_away_for_a_moment_is_waited_for(
    workplace: Workplace, prediction: Prediction, fates: tuple[str, ...]
) -> None:
    database = Shaky(workplace.runtime.database, *fates)
    post = Post(workplace, database=database, patience_seconds=10.0, retry_seconds=(5.0,))
    with receiving(500, 200) as receiver:
        one = post.announce(prediction, receiver.url)
        assert len(post.run_all()) == 2
    assert database.fates == []
    status, attempts = post.log(one)
    assert (status, [attempt.http_status for attempt in attempts]) == ("delivered", [500, 200])


def test_an_attempt_that_was_begun_and_not_told_is_left_to_the_next(
    workplace: Workplace, prediction: Prediction
) -> None:
    database = Shaky(workplace.runtime.database, "unanswered", "refused")
    post = Post(workplace, database=database, patience_seconds=10.0)
    with receiving(200) as receiver:
        one = post.announce(prediction, receiver.url)
        assert post.run_all() == [0.0, 0.0]
    status, attempts = post.log(one)
    assert (status, [attempt.error for attempt in attempts]) == ("delivered", [INTERRUPTED, ""])
    assert len(receiver.received) == 1


def test_what_is_not_to_be_begun_is_not_rescued_either(workplace: Workplace, prediction: Prediction) -> None:
    """Somebody took it over while this worker waited for the database, and has begun the next attempt."""
    post = Post(workplace)
    with receiving(200) as receiver:
        one = post.announce(prediction, receiver.url)
        with workplace.runtime.database.begin() as tx:
            assert delivery.rescue(tx, one.id, 1, post._enqueue, now())
            assert delivery.begin(tx, one.id, 2) is not None
        database = Shaky(workplace.runtime.database, "refused")
        late = replace(post.courier, database=database, patience_seconds=10.0)
        assert late.run(one.id, 1) is None
    assert [call[:2] for call in post.due] == [(one.id, 1), (one.id, 2)]
    assert receiver.connections == 0


def test_a_database_that_stays_away_is_waited_for_so_long_and_no_longer(
    workplace: Workplace, prediction: Prediction
) -> None:
    database = Shaky(workplace.runtime.database, *["refused"] * 100)
    post = Post(workplace, database=database, patience_seconds=0.4)
    one = post.announce(prediction, "http://127.0.0.1:9/")
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        post.courier.run(one.id, 1)
    assert 0.4 <= time.monotonic() - began < 5


def test_a_test_event_looks_like_a_prediction(workplace: Workplace, prediction: Prediction) -> None:
    post = Post(workplace)
    with receiving(200) as receiver:
        with workplace.runtime.database.begin() as tx:
            one = delivery.schedule_test(tx, prediction.account_id, receiver.url, post._enqueue, now())
        post.run_all()
    (received,) = receiver.received
    sent = json.loads(received.body)
    real = public_view(prediction, "http://limner.example", workplace.runtime.storage)
    assert sent.keys() == real.keys() | {"test"}
    assert {name: type(value) for name, value in sent.items() if name != "test"} == {
        name: type(value) for name, value in real.items()
    }
    assert (sent["test"], sent["status"], sent["id"]) == (True, "completed", one.webhook_id)
    assert received.headers["webhook-id"] == one.webhook_id


def test_what_ends_is_announced_by_the_transaction_that_ends_it(workplace: Workplace) -> None:
    with receiving(200) as receiver:
        cancelled = workplace.submit(webhook_url=receiver.url)
        with workplace.runtime.database.begin() as tx:
            cancel(tx, cancelled.account_id, cancelled.id, workplace.runtime.queue, now())
        completed = workplace.submit(webhook_url=receiver.url)
        silent = workplace.submit()
        with workplace.working():
            workplace.finish(completed)
            workplace.finish(silent)
            wait_until(lambda: len(receiver.received) == 2)
    told = {sent["id"]: sent for sent in (json.loads(received.body) for received in receiver.received)}
    assert told.keys() == {cancelled.id, completed.id}
    assert (told[cancelled.id]["status"], told[completed.id]["status"]) == ("failed", "completed")
    assert told[completed.id]["outputs"] == [f"http://limner.example/predictions/{completed.id}/1.png"]
