"""Nobody waits for ever, and nobody is passed by more than their share: on the code that orders the queue."""

import heapq
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.predictions.costs import STANDARD_PIXELS, Kind, Speeds
from limner.predictions.order import FIRST_TAG, LAST_TAG, NEWCOMERS_DISTANCE, STANDARD_COST, Sight, tag


@dataclass(order=True)
class Job:
    """In the order in which the queue hands them out: by tag, then by age."""

    tag: int
    came: int
    account: int = field(compare=False)
    cost: int = field(compare=False)
    is_watched: bool = field(compare=False, default=False)


class Queue:
    """What ``turns`` looks up, kept in memory: who waits, who is at work, and what was begun."""

    def __init__(self) -> None:
        self.moment = 0
        self.waiting: list[Job] = []
        self.at_work: list[Job] = []
        self.begun: dict[int, tuple[int, int]] = {}  # account -> (when, tag)
        self.taken: list[Job] = []

    def submit(self, account: int, cost: int, is_watched: bool = False) -> Job:
        self.moment += 1
        job = Job(tag(self.sight(account), cost), self.moment, account, cost, is_watched)
        heapq.heappush(self.waiting, job)
        return job

    def begin(self) -> Job:
        self.moment += 1
        job = heapq.heappop(self.waiting)
        self.at_work.append(job)
        self.begun[job.account] = (self.moment, job.tag)
        self.taken.append(job)
        return job

    def finish(self, number: int) -> Job:
        self.moment += 1
        return self.at_work.pop(number % len(self.at_work))

    def sight(self, account: int) -> Sight:
        live = [*self.waiting, *self.at_work]
        eldest = min((job.came for job in live), default=None)
        known = {one: turn for one, turn in self.begun.items() if eldest is not None and turn[0] >= eldest}
        return Sight(
            newest_at_work=max((job.tag for job in self.at_work), default=None),
            first_waiting=self.waiting[0].tag if self.waiting else None,
            last_begun=max(known.values())[1] if known else None,
            own_last=max((job.tag for job in live if job.account == account), default=None),
            own_last_begun=known[account][1] if account in known else None,
        )


COSTS = st.integers(1, 4 * STANDARD_COST)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.integers(0, 5), COSTS),
        st.tuples(st.just("newcomer"), st.just(0), COSTS),
        st.tuples(st.just("begin"), st.just(0), st.just(0)),
        st.tuples(st.just("finish"), st.integers(0, 9), st.just(0)),
    ),
    max_size=120,
)


def play(queue: Queue, moves: list[tuple[str, int, int]]) -> None:
    newcomers = 1_000
    for move, number, cost in moves:
        if move == "submit":
            queue.submit(number, cost)
        elif move == "newcomer":
            newcomers += 1
            queue.submit(newcomers, cost)
        elif move == "begin" and queue.waiting:
            queue.begin()
        elif move == "finish" and queue.at_work:
            queue.finish(number)


@settings(max_examples=200)
@given(MOVES)
def test_what_is_begun_never_falls_back(moves: list[tuple[str, int, int]]) -> None:
    """While anybody waits who was there before; when nobody is left the queue starts anew."""
    queue = Queue()
    play(queue, moves)
    for before, after in zip(queue.taken, queue.taken[1:], strict=False):
        if after.came < before.came:
            assert after.tag >= before.tag


LIMIT = 40  # of the queue


@settings(max_examples=100)
@given(MOVES, COSTS, st.integers(1, 4), st.integers(1, 20))
def test_nobody_waits_for_ever(
    moves: list[tuple[str, int, int]], cost: int, num_workers: int, num_returning: int
) -> None:
    """Whoever waits is begun within a bound that does not depend on what others do afterwards, though they
    keep the queue full: some are back again at once, others are new, and all ask for what is cheapest."""
    queue = Queue()
    play(queue, moves)
    queue.submit(7, STANDARD_COST)
    present = queue.sight(8).present
    own = queue.submit(8, cost, is_watched=True)
    bound = (own.tag - present + 1) * max(LIMIT, len(queue.waiting))
    for count in range(bound):
        for number in range(LIMIT - len(queue.waiting)):
            account = number if number < num_returning else count * LIMIT + number
            queue.submit(100 + account, 1)
        if queue.begin().is_watched:
            return
        while len(queue.at_work) >= num_workers:
            queue.finish(count)
    pytest.fail(f"{bound} went before it")


@settings(max_examples=100)
@given(st.lists(COSTS, min_size=2, max_size=6), st.integers(1, 8))
def test_accounts_that_always_want_something_get_equal_shares(costs: list[int], num_workers: int) -> None:
    """Some keep many in the queue, and some come back with one at a time; each asks for another cost."""
    queue = Queue()
    served: dict[int, int] = defaultdict(int)
    for account, cost in enumerate(costs):
        for _ in range(400 if account % 2 == 0 else num_workers + 1):
            queue.submit(account, cost)
    for count in range(200):
        job = queue.begin()
        if count >= 50:  # who begins first, in an empty queue, has no share yet
            served[job.account] += job.cost
        while len(queue.at_work) >= num_workers:
            finished = queue.finish(0)
            queue.submit(finished.account, finished.cost)
    shares = [served[account] for account in range(len(costs))]
    slack = 2 * max(costs) + 2 * STANDARD_COST
    assert max(shares) - min(shares) <= slack + max(shares) / 3


def test_a_newcomer_goes_before_the_second_of_a_crowd() -> None:
    queue = Queue()
    for _ in range(100):
        queue.submit(0, STANDARD_COST)
    queue.begin()
    own = queue.submit(1, STANDARD_COST)
    assert [queue.begin(), queue.begin()][1] == own or queue.taken[1] == own


def test_cheap_ones_go_first_and_dear_ones_lose_no_more_than_a_standard_picture() -> None:
    queue = Queue()
    queue.submit(0, STANDARD_COST)
    queue.begin()
    dear, standard, cheap = (
        queue.submit(account, cost) for account, cost in enumerate((320, STANDARD_COST, 2), 1)
    )
    assert cheap.tag < standard.tag == dear.tag
    assert dear.tag - cheap.tag < NEWCOMERS_DISTANCE


def test_a_queue_that_nobody_waits_in_has_forgotten_what_was_before() -> None:
    queue = Queue()
    for _ in range(50):
        queue.submit(0, STANDARD_COST)
        queue.begin()
        queue.finish(0)
    assert queue.submit(0, 1).tag == FIRST_TAG


def test_tags_end_where_the_queue_can_count_no_further() -> None:
    assert tag(Sight(newest_at_work=LAST_TAG - 1), STANDARD_COST) == LAST_TAG


def test_the_cost_is_steps_by_pixels_by_pictures_until_more_is_known() -> None:
    speeds = Speeds()
    standard = Kind("nano", 24, STANDARD_PIXELS)
    assert speeds.cost(standard, 1) == STANDARD_COST
    assert speeds.cost(standard, 4) == 4 * STANDARD_COST
    assert speeds.cost(Kind("nano", 12, STANDARD_PIXELS), 1) == STANDARD_COST // 2
    assert speeds.cost(Kind("nano", None, 4 * STANDARD_PIXELS), 1) == 4 * STANDARD_COST
    assert speeds.cost(Kind("nano", 1, 64), 1) == 1


def test_the_cost_follows_what_pictures_really_take() -> None:
    standard, large = Kind("nano", 24, STANDARD_PIXELS), Kind("nano", 24, 4 * STANDARD_PIXELS)
    speeds = Speeds({standard: 2.0, large: 3.0})  # four times the pixels, half as long again
    assert speeds.cost(standard, 1) == STANDARD_COST
    assert speeds.cost(large, 2) == 3 * STANDARD_COST
    assert speeds.cost(Kind("nano", 48, 4 * STANDARD_PIXELS), 1) == 3 * STANDARD_COST
    assert speeds.cost(Kind("gemini", 24, 4 * STANDARD_PIXELS), 1) == 4 * STANDARD_COST
