"""Whose turn it is with the engines: one attempt's, while a few others are finishing."""

import threading
import time
from dataclasses import replace
from pathlib import Path

from obstore.store import LocalStore

from limner.predictions.prediction import Status
from limner.storage import Storage
from limner.taking_turns import MOST_FINISHING, Turns
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace

LOOK_SECONDS = 0.01


def never() -> bool:
    return False


def test_what_has_passed_the_engines_on_holds_nobody_up() -> None:
    turns = Turns(LOOK_SECONDS)
    first = turns.take(never)
    assert first is not None
    first.pass_on()
    first.wait()
    second = turns.take(never)
    assert second is not None
    first.end()
    assert turns.take(lambda: True) is None, "the second has the engines, whatever becomes of the first"
    second.end()
    assert turns.take(lambda: True) is not None


def test_behind_as_many_as_may_finish_at_once_the_engines_wait() -> None:
    turns = Turns(LOOK_SECONDS)
    finishing = []
    for _ in range(MOST_FINISHING):
        turn = turns.take(never)
        assert turn is not None
        turn.pass_on()
        finishing.append(turn)
    late = turns.take(never)
    assert late is not None
    late.pass_on()
    assert turns.take(lambda: True) is None
    finishing[0].end()
    assert turns.take(lambda: True) is None, "it was too late to pass on: only its end frees the engines"
    late.end()
    assert turns.take(lambda: True) is not None


def test_a_turn_that_ends_without_having_made_anything_is_over() -> None:
    turns = Turns(LOOK_SECONDS)
    turn = turns.take(never)
    assert turn is not None
    waiting = threading.Thread(target=turn.wait)
    waiting.start()
    turn.end()
    waiting.join(5)
    assert not waiting.is_alive()
    assert turns.take(lambda: True) is not None


class SlowStorage(Storage):
    """A folder that takes its time, and knows how many files were being stored at once."""

    def __init__(self, folder: Path, seconds: float) -> None:
        super().__init__(LocalStore(folder, mkdir=True))
        self._seconds = seconds
        self.now = self.most = 0

    def put(self, key: str, content: bytes, content_type: str) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        time.sleep(self._seconds)
        super().put(key, content, content_type)
        self.now -= 1


def slow_storage(workplace: Workplace, folder: Path) -> SlowStorage:
    """What this workplace stores in from now on."""
    storage = SlowStorage(folder / "slow", 1.0)
    workplace.runtime = replace(workplace.runtime, storage=storage)
    return storage


def test_pictures_are_stored_while_the_next_are_made(open_workplace: OpenWorkplace, tmp_path: Path) -> None:
    workplace = open_workplace(options={"step_seconds": "0.01"})
    files = slow_storage(workplace, tmp_path)
    with workplace.working():
        accepted = [workplace.submit() for _ in range(4)]
        done = [workplace.finish(one) for one in accepted]
    assert [one.status for one in done] == [Status.COMPLETED] * 4
    assert [one.attempt for one in done] == [1] * 4
    assert 2 <= files.most <= 1 + MOST_FINISHING


def test_what_is_being_stored_when_a_worker_stops_is_finished(
    open_workplace: OpenWorkplace, tmp_path: Path
) -> None:
    workplace = open_workplace(options={"step_seconds": "0.05"})
    files = slow_storage(workplace, tmp_path)
    with workplace.working():
        accepted = workplace.submit()
        while not files.now:
            time.sleep(LOOK_SECONDS)
    assert workplace.find(accepted).status == Status.COMPLETED


def test_what_was_being_stored_when_a_worker_died_is_made_anew(
    open_workplace: OpenWorkplace, tmp_path: Path
) -> None:
    """The queue has forgotten it by then: that it has an owner who is dead tells."""
    workplace = open_workplace(options={"step_seconds": "0.01"}, storage_patience_seconds=600.0)
    folder = Path(workplace.runtime.settings.resolved_storage_url.removeprefix("file://"))
    with workplace.worker_process() as child:
        workplace.finish(workplace.submit())
        folder.rename(tmp_path / "elsewhere")
        folder.touch()  # no folder any more: nothing can be stored
        accepted = workplace.submit()
        workplace.wait(accepted, lambda found: found.owner is not None and not found.is_in_engine)
        deadline = time.monotonic() + 30
        while workplace.runtime.queue.taken_by(str(workplace.find(accepted).owner)):
            assert time.monotonic() < deadline
            time.sleep(LOOK_SECONDS)
        child.kill()
    folder.unlink()
    (tmp_path / "elsewhere").rename(folder)
    with workplace.working():
        done = workplace.finish(accepted)
    assert (done.status, done.attempt, done.engine_deaths) == (Status.COMPLETED, 2, 0)
