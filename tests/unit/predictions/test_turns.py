"""Whose turn it is: the levels' places in the queue, exactly, and no account at the cost of another."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from limner import accounts, ledger
from limner.accounts import Level, authenticate, create_account, create_key
from limner.catalog import build_catalog
from limner.db.database import Database
from limner.errors import Forbidden
from limner.inputs import ImageInput
from limner.predictions import lifecycle, order, turns
from limner.predictions.admission import Limits, Submission, submit
from limner.predictions.prediction import Prediction, Status
from tests.unit.predictions.test_lifecycle import NOW, SPEC, Studio, make_studio

SUBMITTED_AT_ONCE = 20
FAST = build_catalog({}).find("google/imagen4-fast")
BRONZE_PLACES = accounts.CONCURRENT_PREDICTIONS[Level.BRONZE]


class Line(Studio):
    """A studio whose queue is taken in order, as DBOS does it: the lowest tag, the eldest among equals."""

    def next(self) -> str:
        prediction_id, attempt = min(self.queued, key=lambda entry: self.tags[entry[0]])
        self.queued.remove((prediction_id, attempt))
        begun = self.begin(prediction_id, attempt)
        if begun is None:
            return self.next()
        self.complete(begun)
        return prediction_id


def line_of(database: Database, level: Level = Level.ULTRA) -> Line:
    studio = make_studio(database, level)
    with database.begin() as tx:
        ledger.top_up(tx, studio.caller.account_id, 1_000 * ledger.MICROS_PER_DOLLAR, NOW)
    return Line(database, studio.caller)


def beside(line: Line, name: str) -> Line:
    """Another account, in the same queue."""
    with line.database.begin() as tx:
        account = create_account(tx, name, Level.ULTRA, NOW)
        ledger.top_up(tx, account.id, 1_000 * ledger.MICROS_PER_DOLLAR, NOW)
        caller = authenticate(tx, create_key(tx, account.id, NOW))
    return Line(line.database, caller, line.queued, line.tags)


def submit_many(line: Line, count: int, num_images: int = 1) -> list[str]:
    submission = Submission(line.caller, SPEC, ImageInput("a red apple", num_images=num_images))
    ids: list[str] = []
    while len(ids) < count:
        with line.database.begin() as tx:  # not all in one: PostgreSQL dislikes many changes of one row
            batch = range(min(SUBMITTED_AT_ONCE, count - len(ids)))
            ids += [submit(tx, submission, Limits(), line, NOW).id for _ in batch]
    return ids


def counts(line: Line) -> tuple[int, int]:
    """(unfinished, of these in the queue or at work), by the account's row, which must be right."""
    with line.database.read() as tx:
        assert turns.miscounted(tx) == []
        return accounts.counted(tx, line.caller.account_id)


def test_hundreds_do_not_delay_a_single_one_by_more_than_one_picture(database: Database) -> None:
    crowd = line_of(database)
    single = beside(crowd, "single")
    submit_many(crowd, 300)
    own = single.submit().id
    assert own in (crowd.next(), crowd.next())
    for _ in range(3):
        crowd.next()
    assert crowd.begin(*crowd.queued.pop(0)) is not None  # one at work
    own = single.submit().id
    assert crowd.next() == own


def test_two_crowds_take_turns(database: Database) -> None:
    first = line_of(database)
    second = beside(first, "second")
    of_first, of_second = set(submit_many(first, 20)), set(submit_many(second, 20))
    taken = [first.next() for _ in range(12)]
    assert 5 <= len(of_first & set(taken)) <= 7
    assert 5 <= len(of_second & set(taken)) <= 7


def test_who_asks_for_more_pictures_at_a_time_gets_fewer_turns(database: Database) -> None:
    fours = line_of(database)
    ones = beside(fours, "ones")
    of_fours = set(submit_many(fours, 10, num_images=4))
    submit_many(ones, 10)
    taken = [fours.next() for _ in range(10)]
    assert 2 <= len(of_fours & set(taken)) <= 3


def test_cancelled_ones_are_not_held_against_their_account(database: Database) -> None:
    line = line_of(database)
    other = beside(line, "other")
    for prediction_id in submit_many(line, 30):
        cancel(line, prediction_id)
    submit_many(other, 10)
    own = line.submit().id
    assert own in (line.next(), line.next())


def test_the_tags_of_a_queue_that_ran_empty_start_anew(database: Database) -> None:
    line = line_of(database)
    submit_many(line, 5)
    for _ in range(5):
        line.next()
    assert line.tags[line.submit().id] == order.NEWCOMERS_DISTANCE


def test_the_queue_can_count_no_further_than_the_last_tag(database: Database) -> None:
    line = line_of(database)
    first = line.submit()
    with database.begin() as tx:
        turns.set_tag(tx, first.id, order.LAST_TAG - 1)
    assert line.tags[line.submit().id] == line.tags[line.submit().id] == order.LAST_TAG


def test_over_the_levels_places_predictions_wait_and_enter_one_by_one(database: Database) -> None:
    line = line_of(database, Level.BRONZE)
    ids = [line.submit().id for _ in range(BRONZE_PLACES + 2)]
    assert [one for one, _ in line.queued] == ids[:BRONZE_PLACES]
    assert counts(line) == (BRONZE_PLACES + 2, BRONZE_PLACES)
    for done in range(1, BRONZE_PLACES + 3):
        assert line.next() == ids[done - 1]
        left = BRONZE_PLACES + 2 - done
        assert counts(line) == (left, min(BRONZE_PLACES, left))


def test_what_waits_is_not_to_be_had(database: Database) -> None:
    line = line_of(database, Level.BRONZE)
    *_, waiting = (line.submit() for _ in range(BRONZE_PLACES + 1))
    assert (waiting.status, waiting.queue_tag) == (Status.CREATED, None)
    assert line.find(waiting.id) == waiting


@pytest.mark.parametrize("end", ["fail", "rescue"])
def test_every_end_lets_the_next_one_in(database: Database, end: str) -> None:
    line = line_of(database, Level.BRONZE)
    first, *_, waiting = (line.submit() for _ in range(BRONZE_PLACES + 1))
    begun = line.begin(first.id)
    assert begun is not None
    if end == "fail":
        line.fail(begun)
    else:
        with database.begin() as tx:
            lifecycle.cancel(tx, line.caller.account_id, first.id, line, NOW)
        assert line.queued[-1] != (waiting.id, 1)
        assert line.rescue(first.id)
    assert line.queued[-1] == (waiting.id, 1)
    assert counts(line) == (BRONZE_PLACES, BRONZE_PLACES)


def test_cancelling_in_the_queue_frees_a_place_and_cancelling_what_waits_does_not(database: Database) -> None:
    line = line_of(database, Level.BRONZE)
    ids = [line.submit().id for _ in range(BRONZE_PLACES + 2)]
    cancel(line, ids[-2])
    assert len(line.queued) == BRONZE_PLACES
    cancel(line, ids[0])
    assert [one for one, _ in line.queued] == [*ids[:BRONZE_PLACES], ids[-1]]
    assert counts(line) == (BRONZE_PLACES, BRONZE_PLACES)


def test_a_raised_level_lets_in_what_waits(database: Database) -> None:
    line = line_of(database, Level.BRONZE)
    for _ in range(BRONZE_PLACES + 2):
        line.submit()
    account_id = line.caller.account_id
    with database.begin() as tx:
        assert accounts.held_back(tx) == []
        accounts.set_level(tx, account_id, Level.SILVER)
        assert accounts.held_back(tx) == [account_id]
        turns.let_in(tx, account_id, line)
        assert accounts.held_back(tx) == []
    assert counts(line) == (BRONZE_PLACES + 2, BRONZE_PLACES + 2)
    assert len(line.queued) == BRONZE_PLACES + 2


def test_whoever_waits_is_not_overtaken_by_their_own_next_one(database: Database) -> None:
    line = line_of(database, Level.BRONZE)
    waiting = [line.submit() for _ in range(BRONZE_PLACES + 1)][-1]
    with database.begin() as tx:
        accounts.set_level(tx, line.caller.account_id, Level.SILVER)
    assert line.submit().queue_tag is None
    line.next()
    assert line.queued[BRONZE_PLACES - 1] == (waiting.id, 1)


def test_the_places_are_exact_however_many_submit_at_once(database: Database) -> None:
    line = line_of(database, Level.BRONZE)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: line.submit(), range(8)))
    assert len(line.queued) == BRONZE_PLACES
    assert counts(line) == (8, BRONZE_PLACES)


def test_ends_that_meet_neither_block_one_another_nor_miscount(database: Database) -> None:
    """Some finish, and let in what others are about to cancel or delete."""
    line = line_of(database, Level.SILVER)
    ids = submit_many(line, 110)
    working = [begun for begun in (line.begin(one) for one in ids[:20]) if begun is not None]

    def finish(prediction: Prediction) -> None:
        line.complete(prediction)

    def drop(prediction_id: str) -> None:
        cancel(line, prediction_id)

    def delete(several: list[str]) -> None:
        with database.begin() as tx:
            lifecycle.delete(tx, line.caller.account_id, several, line, NOW)

    with ThreadPoolExecutor(4) as pool:
        ends = [pool.submit(finish, one) for one in working]
        ends += [pool.submit(drop, one) for one in ids[100:105]]
        ends += [pool.submit(delete, [*ids[105:], *ids[60:64]]) for _ in range(2)]
        for end in ends:
            end.result()
    assert counts(line) == (110 - 20 - 5 - 9, 110 - 20 - 5 - 9)
    assert line.spent() == (20 * 38_000 - 1_000 * ledger.MICROS_PER_DOLLAR, 76 * 38_000)


def test_a_suspended_account_is_refused_and_its_work_is_done(database: Database) -> None:
    line = line_of(database)
    line.submit()
    with database.begin() as tx:
        key = create_key(tx, line.caller.account_id, NOW)
        accounts.set_suspended(tx, line.caller.account_id, NOW)
        with pytest.raises(Forbidden, match="suspended"):
            authenticate(tx, key)
    with pytest.raises(Forbidden):
        line.submit()  # with a key that was looked up a moment before
    line.next()
    with database.begin() as tx:
        accounts.set_suspended(tx, line.caller.account_id, None)
    line.submit(now=NOW + timedelta(seconds=1))


def test_those_who_come_again_and_again_do_not_keep_a_crowd_waiting(database: Database) -> None:
    """Each of them has one at a time, and another as soon as that is done; they could keep a worker busy."""
    crowd = line_of(database)
    returning = [beside(crowd, f"returning {k}") for k in range(3)]
    of_crowd = set(submit_many(crowd, 5))
    owners = {one.submit().id: one for one in returning}
    taken = []
    for second in range(1, 21):
        now = NOW + timedelta(seconds=second)
        crowd.queued.sort(key=lambda entry: crowd.tags[entry[0]])
        prediction = crowd.begin(*crowd.queued.pop(0), now=now)
        assert prediction is not None
        crowd.complete(prediction)
        taken.append(prediction.id)
        if prediction.id in owners:
            owner = owners[prediction.id]
            owners[owner.submit(now=now).id] = owner
    assert len(of_crowd & set(taken)) >= 4  # about as much as each of them has


def cancel(line: Line, prediction_id: str) -> Prediction:
    with line.database.begin() as tx:
        return lifecycle.cancel(tx, line.caller.account_id, prediction_id, line, NOW)
