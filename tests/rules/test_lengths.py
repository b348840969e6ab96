"""Ratchets: nothing grows past what one reads in one go; exceptions only shrink, and leave the list."""

from statistics import median

import pytest

from tests.rules.sources import Function, Source, own_sources, sources

MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 40
MAX_MEDIAN_LINES = 10

LONGER_MODULES: dict[str, int] = {}
LONGER_FUNCTIONS: dict[str, int] = {}


def lines(function: Function) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


@pytest.mark.parametrize("source", own_sources(), ids=lambda source: source.name)
def test_modules_are_short(source: Source) -> None:
    assert len(source.text.splitlines()) <= LONGER_MODULES.get(source.name, MAX_MODULE_LINES)


@pytest.mark.parametrize("source", own_sources(), ids=lambda source: source.name)
def test_functions_are_short(source: Source) -> None:
    limits = {name: limit for name, limit in LONGER_FUNCTIONS.items() if name.startswith(source.name)}
    long = {
        f"{source.name}:{function.name}": lines(function)
        for function in source.functions()
        if lines(function) > limits.get(f"{source.name}:{function.name}", MAX_FUNCTION_LINES)
    }
    assert long == {}


def test_half_of_all_functions_are_very_short() -> None:
    every = [lines(function) for source in sources("src/limner") for function in source.functions()]
    assert median(every) <= MAX_MEDIAN_LINES


def test_exceptions_are_still_needed() -> None:
    modules = {source.name: len(source.text.splitlines()) for source in own_sources()}
    functions = {
        f"{source.name}:{function.name}": lines(function)
        for source in own_sources()
        for function in source.functions()
    }
    assert {name for name in LONGER_MODULES if modules.get(name, 0) <= MAX_MODULE_LINES} == set()
    assert {name for name in LONGER_FUNCTIONS if functions.get(name, 0) <= MAX_FUNCTION_LINES} == set()
