"""When an engine that fails is left alone, by a clock in the test's hand; and an address of a service."""

from limner.engines.breaker import Breaker
from limner.engines.upstream.addresses import (
    FIRST_REST_SECONDS,
    LONGEST_ASKED_SECONDS,
    LONGEST_REST_SECONDS,
    Addresses,
)


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_try_after_the_pause() -> None:
    breaker = Breaker(max_failures=2, pause_seconds=10)
    breaker.failed(100)
    breaker.succeeded()
    breaker.failed(101)
    assert not breaker.is_open(101)
    breaker.failed(102)
    assert breaker.is_open(111.9)
    assert not breaker.is_open(112)
    breaker.failed(113)  # the try decides
    assert breaker.is_open(122.9)
    assert not breaker.is_open(123)
    breaker.succeeded()
    assert not breaker.is_open(0)


def test_the_address_with_the_least_in_flight_is_the_best_and_they_take_turns() -> None:
    addresses = Addresses(["a", "b"])
    first, pause = addresses.best(0)
    assert (first.url, pause) == ("a", 0)
    with first.in_use():
        second, _ = addresses.best(0)
        assert second.url == "b"
        with second.in_use():
            assert addresses.best(0)[0].url == "a"
    with addresses.best(0)[0].in_use():
        assert addresses.best(0)[0].url == "b"


def test_an_address_that_fails_rests_longer_each_time_up_to_a_bound() -> None:
    addresses = Addresses(["a"])
    address, _ = addresses.best(0)
    rests = []
    for _ in range(12):
        address.failed(1000)
        rests.append(addresses.best(1000)[1])
    assert rests[:3] == [FIRST_REST_SECONDS, 2 * FIRST_REST_SECONDS, 4 * FIRST_REST_SECONDS]
    assert rests[-1] == LONGEST_REST_SECONDS
    address.succeeded()
    assert addresses.best(1000)[1] == 0


def test_an_address_rests_as_long_as_its_service_asks() -> None:
    addresses = Addresses(["a", "b"])
    a, _ = addresses.best(0)
    a.failed(0, 60)
    b, _ = addresses.best(0)
    b.failed(0, 30)
    assert addresses.best(10) == (b, 20)
    assert addresses.best(30) == (b, 0)


def test_no_service_asks_for_itself_to_be_forgotten() -> None:
    addresses = Addresses(["a"])
    addresses.best(0)[0].failed(0, 10**9)
    assert addresses.best(0)[1] == LONGEST_ASKED_SECONDS
