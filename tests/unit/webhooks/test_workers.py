"""Workers that deliver: beside engines and slow receivers, and after one of them has died."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from limner.accounts import Level, create_account
from limner.db.database import Database, DatabaseUnavailable
from limner.queueing import DELIVERIES_AT_ONCE_PER_ACCOUNT
from limner.webhooks import delivery, store
from limner.webhooks.delivery import INTERRUPTED
from limner.webhooks.store import Delivery, DeliveryStatus
from tests.receiver import Handler, hang, receiving
from tests.server import wait_until
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace


def send_test(workplace: Workplace, account_id: str, url: str) -> Delivery:
    runtime = workplace.runtime
    with runtime.database.begin() as tx:
        enqueue = runtime.queue.enqueue_delivery
        return delivery.schedule_test(tx, account_id, url, enqueue, datetime.now(UTC))


def status_of(workplace: Workplace, one: Delivery) -> DeliveryStatus:
    with workplace.runtime.database.read() as tx:
        return store.find(tx, one.account_id, one.id).status


def test_a_busy_engine_holds_up_no_webhook(open_workplace: OpenWorkplace, tmp_path: Path) -> None:
    workplace = open_workplace("gate", options={"folder": str(tmp_path)}, webhook_allow_private=True)
    with receiving(200) as receiver, workplace.working():
        inside = workplace.submit()
        wait_until((tmp_path / "entered").exists)
        one = send_test(workplace, workplace.caller.account_id, receiver.url)
        wait_until(lambda: status_of(workplace, one) == DeliveryStatus.DELIVERED, seconds=10)
        assert not workplace.find(inside).is_terminal
        (tmp_path / "open").touch()
        workplace.finish(inside)


def test_slow_receivers_hold_up_neither_pictures_nor_other_accounts(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace(webhook_allow_private=True)
    with workplace.runtime.database.begin() as tx:
        slow = create_account(tx, "slow", Level.ULTRA, datetime.now(UTC))
    with workplace.working(), ExitStack() as receivers:
        hanging = receivers.enter_context(receiving(hang))
        for _ in range(DELIVERIES_AT_ONCE_PER_ACCOUNT + 1):
            send_test(workplace, slow.id, hanging.url)
        wait_until(lambda: hanging.connections == DELIVERIES_AT_ONCE_PER_ACCOUNT)
        quick = receivers.enter_context(receiving(200))
        workplace.finish(workplace.submit(webhook_url=quick.url))
        wait_until(lambda: len(quick.received) == 1)
        assert hanging.connections == DELIVERIES_AT_ONCE_PER_ACCOUNT  # not one of the slow ones is over


def test_what_a_killed_worker_was_sending_is_sent_again(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace(webhook_allow_private=True)
    with receiving(hang, 200) as receiver:
        done = workplace.submit(webhook_url=receiver.url)
        with workplace.worker_process() as child:
            wait_until(lambda: len(receiver.received) == 1)
            child.kill()
        with workplace.working():
            wait_until(lambda: len(receiver.received) == 2)
            (one,) = deliveries(workplace)
            wait_until(lambda: status_of(workplace, one) == DeliveryStatus.DELIVERED)
    assert {received.headers["webhook-id"] for received in receiver.received} == {done.id}
    with workplace.runtime.database.read() as tx:
        assert [made.error for made in store.find_attempts(tx, [one.id])[one.id]] == [INTERRUPTED, ""]


def deliveries(workplace: Workplace) -> list[Delivery]:
    with workplace.runtime.database.read() as tx:
        return store.list_page(tx, workplace.caller.account_id, {}, 10, 0)[0]


def test_what_a_stopping_worker_is_sending_it_sends_to_the_end(open_workplace: OpenWorkplace) -> None:
    def slowly(handler: Handler) -> None:
        time.sleep(0.5)
        handler.send_response(200)
        handler.end_headers()

    workplace = open_workplace(webhook_allow_private=True)
    with receiving(slowly) as receiver:
        with workplace.working():
            one = send_test(workplace, workplace.caller.account_id, receiver.url)
            wait_until(lambda: len(receiver.received) == 1)
        assert status_of(workplace, one) == DeliveryStatus.DELIVERED
    assert receiver.connections == 1


class Outage(Database):
    """Refuses every transaction until then, by the steady clock."""

    until = 0.0

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        if time.monotonic() < self.until:
            raise DatabaseUnavailable("the database is being started anew")
        with super().begin() as tx:
            yield tx


def test_a_database_that_is_away_for_a_moment_ends_no_worker(
    open_workplace: OpenWorkplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the picture that is being made there count a death."""
    exits: list[int] = []
    monkeypatch.setattr(os, "_exit", exits.append)
    workplace = open_workplace("gate", options={"folder": str(tmp_path)}, webhook_allow_private=True)
    outage = Outage(workplace.runtime.database.engine)
    workplace.runtime = replace(workplace.runtime, database=outage)

    def pull_the_plug(handler: Handler) -> None:
        outage.until = time.monotonic() + 1
        handler.send_response(200)
        handler.end_headers()

    with receiving(pull_the_plug) as receiver, workplace.working():
        inside = workplace.submit()
        wait_until((tmp_path / "entered").exists)
        one = send_test(workplace, workplace.caller.account_id, receiver.url)
        wait_until(lambda: exits or status_of(workplace, one) == DeliveryStatus.DELIVERED, seconds=10)
        (tmp_path / "open").touch()
        done = workplace.finish(inside)
    assert (exits, receiver.connections) == ([], 1)
    assert (done.attempt, done.engine_deaths) == (1, 0)
