"""What workers do beside their work, and the queue as it really is: its order, and what it forgets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from limner import accounts, ledger, upkeep
from limner.accounts import Level, authenticate, create_account, create_key
from limner.predictions import lifecycle
from limner.predictions.prediction import Status
from limner.queueing import GENERATE
from limner.upkeep import STRAY_SECONDS, Strays
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace


def colleague(workplace: Workplace, level: Level = Level.ULTRA) -> Workplace:
    """Another account of the same server."""
    now = datetime.now(UTC)
    with workplace.runtime.database.begin() as tx:
        account = create_account(tx, "colleague", level, now)
        ledger.top_up(tx, account.id, ledger.MICROS_PER_DOLLAR, now)
        return replace(workplace, caller=authenticate(tx, create_key(tx, account.id, now)))


def records(workplace: Workplace, status: str | None = None) -> set[str]:
    """What the queue keeps of predictions."""
    found = workplace.runtime.queue.client.list_workflows(status=status, load_input=False, load_output=False)
    return {one.workflow_id for one in found}


def test_a_crowd_does_not_delay_a_single_one_by_more_than_one_picture(open_workplace: OpenWorkplace) -> None:
    crowd = open_workplace()
    single = colleague(crowd)
    many = [crowd.submit() for _ in range(5)]
    own = single.submit()
    with crowd.working():
        started_at = single.finish(own).started_at
    assert started_at is not None
    before = [one for one in map(crowd.find, many) if one.started_at and one.started_at < started_at]
    assert len(before) <= 1


def test_the_lowest_level_gets_all_its_pictures_though_most_of_them_wait(
    open_workplace: OpenWorkplace,
) -> None:
    workplace = colleague(open_workplace(), Level.BRONZE)
    five = [workplace.submit() for _ in range(5)]
    assert len(records(workplace, "ENQUEUED")) == accounts.CONCURRENT_PREDICTIONS[Level.BRONZE]
    with workplace.working():
        done = [workplace.finish(one) for one in five]
    assert [one.status for one in done] == [Status.COMPLETED] * 5
    assert sorted(done, key=lambda one: str(one.started_at)) == done


def test_a_raised_level_is_noticed(open_workplace: OpenWorkplace) -> None:
    workplace = colleague(open_workplace(), Level.BRONZE)
    ids = {workplace.submit().id for _ in range(5)}
    with workplace.runtime.database.begin() as tx:
        accounts.set_level(tx, workplace.caller.account_id, Level.SILVER)
    upkeep.let_in(workplace.runtime)
    assert records(workplace, "ENQUEUED") == ids


def test_what_is_cancelled_in_the_queue_leaves_it(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    dropped, kept = workplace.submit(), workplace.submit()
    with workplace.runtime.database.begin() as tx:
        account_id, now = workplace.caller.account_id, datetime.now(UTC)
        lifecycle.cancel(tx, account_id, dropped.id, workplace.runtime.queue, now)
    workplace.runtime.queue.withdraw(dropped)
    assert records(workplace, "ENQUEUED") == {kept.id}


def test_records_of_what_was_cancelled_go_in_time(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    prediction = workplace.submit()
    workplace.runtime.queue.withdraw(prediction)
    queue, now = workplace.runtime.queue, datetime.now(UTC)
    assert queue.expire(now - timedelta(minutes=1)) == 0
    assert queue.expire(now + timedelta(minutes=1)) == 1
    assert records(workplace) == set()


def test_what_never_comes_is_missed_for_a_while_before_it_is_a_stray() -> None:
    strays, in_hand = Strays(), {"come": GENERATE, "late": GENERATE, "lost": GENERATE}

    def look(now: float) -> set[str]:
        return set(strays.look(lambda: in_hand, now))

    strays.come("come")
    assert look(100.0) == set()
    assert look(99.9 + STRAY_SECONDS) == set()
    strays.come("late")
    assert look(100.0 + STRAY_SECONDS) == {"lost"}
    assert look(100.0 + 5 * STRAY_SECONDS) == {"lost"}  # until it is dropped


def test_what_is_finished_is_forgotten_and_what_comes_meanwhile_is_not() -> None:
    strays, in_hand = Strays(), {"first": GENERATE}

    def second_comes() -> dict[str, str]:
        strays.come("second")  # taken after the queue was asked
        return in_hand

    strays.come("first")
    assert strays.look(second_comes, 0.0) == {}
    in_hand = {"second": GENERATE}
    assert strays.look(lambda: in_hand, STRAY_SECONDS) == {}
    assert strays.look(lambda: in_hand, 3 * STRAY_SECONDS) == {}
    assert strays._come == {"second"}
