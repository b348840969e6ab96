"""Several pieces of work at once: one that fails, or a step that raises, ends them all."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from limner.engines.abreast import Abandoned, all_of

Tell = Callable[[str], None]
PATIENCE_SECONDS = 60


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def counted(letter: str) -> Callable[[Tell], str]:
    def work(tell: Tell) -> str:
        for number in range(3):
            tell(f"{letter}{number}")
        return letter

    return work


def test_results_come_in_order_and_steps_on_the_thread_that_asked(threads: ThreadPoolExecutor) -> None:
    here, told = threading.get_ident(), []

    def on_step(number: int, step: str) -> None:
        assert threading.get_ident() == here
        told.append((number, step))

    assert all_of([counted(letter) for letter in "abc"], threads, on_step) == ["a", "b", "c"]
    for number, letter in enumerate("abc"):
        assert [step for k, step in told if k == number] == [f"{letter}{k}" for k in range(3)]


def test_what_a_step_raises_comes_out_when_nothing_runs_any_more(threads: ThreadPoolExecutor) -> None:
    ended = []

    def endless(tell: Tell) -> None:
        try:
            while True:
                tell("on")
        finally:
            ended.append(True)

    def on_step(number: int, step: str) -> None:
        raise KeyError(step)

    with pytest.raises(KeyError, match="on"):
        all_of([endless, endless], threads, on_step)
    assert 1 <= len(ended) <= 2  # the second may not have begun


def test_one_that_fails_takes_the_others_with_it(threads: ThreadPoolExecutor) -> None:
    def failing(tell: Tell) -> None:
        raise ValueError("a network broke")

    def endless(tell: Tell) -> None:
        while True:
            tell("on")

    with pytest.raises(ValueError, match="a network broke"):
        all_of([endless, failing, endless], threads, lambda number, step: None)


def test_ctrl_c_while_nothing_is_told_ends_the_work(threads: ThreadPoolExecutor) -> None:
    main, is_listening, ends = threading.main_thread(), threading.Event(), []

    def slow(tell: Tell) -> None:
        tell("begun")
        assert is_listening.wait(PATIENCE_SECONDS)
        time.sleep(0.2)
        assert main.ident is not None
        signal.pthread_kill(main.ident, signal.SIGINT)
        try:
            for _ in range(20):
                time.sleep(0.1)
                tell("on")
        except Abandoned:
            ends.append("abandoned")
            raise

    with pytest.raises(KeyboardInterrupt):
        all_of([slow], threads, lambda number, step: is_listening.set())
    assert ends == ["abandoned"]
