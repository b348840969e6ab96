"""What a request may say, and how a refusal names the field."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.errors import InvalidInput
from limner.inputs import FIELDS, MAX_SEED, ImageInput, parse_input, size_in_pixels, with_seed

ALL = tuple(FIELDS)


def parse(**inputs: Any) -> ImageInput:
    return parse_input(ALL, {"prompt": "a red apple"} | inputs)


def test_a_prompt_is_enough() -> None:
    assert parse() == ImageInput("a red apple")


def test_every_field_is_taken_over() -> None:
    wanted = ImageInput("a red apple", "16:9", "2k", 3, "blur", 42, "webp", True, True)
    given_values = {name: getattr(wanted, name) for name in ALL}
    assert parse_input(ALL, given_values) == wanted


def test_unknown_and_untaken_fields_are_dropped() -> None:
    body = {"prompt": "x", "resolution": "9k", "loras": [], "size": "1*1"}
    assert parse_input(("prompt", "seed"), body) == ImageInput("x")


def test_null_is_absent() -> None:
    assert parse(seed=None, num_images=None, negative_prompt=None) == parse()


def test_integral_floats_are_integers() -> None:
    assert parse(num_images=2.0, seed=7.0) == parse(num_images=2, seed=7)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("prompt", [None, "", "  \n", 7, ["a"], "x" * 10_001, "\ud800", "a\0b"]),
        ("negative_prompt", [7, "x" * 10_001, "\udfff"]),
        ("aspect_ratio", ["2:1", 1, "1:1 ", []]),
        ("resolution", ["1K", "4k", 1]),
        ("num_images", [0, 5, "2", 1.5, True, math.nan, math.inf, 10**30, [1]]),
        ("seed", [-2, MAX_SEED + 1, "7", 0.5, False, math.nan, 1e300]),
        ("output_format", ["gif", "PNG", 1]),
        ("enable_base64_output", ["true", 1, 0]),
        ("enable_sync_mode", ["yes", 1]),
    ],
)
def test_a_refusal_names_the_field(field: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidInput, match=f'^field "{field}" '):
            parse(**{field: value})


def test_the_longest_prompt_is_taken() -> None:
    assert len(parse(prompt="ü" * 10_000).prompt) == 10_000


@pytest.mark.parametrize("body", [None, [], "prompt", 7, True])
def test_a_body_is_an_object(body: Any) -> None:
    with pytest.raises(InvalidInput, match="must be a JSON object"):
        parse_input(ALL, body)


@given(st.dictionaries(st.sampled_from(ALL), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)))  # fmt: skip
def test_whatever_comes_is_parsed_or_refused(body: dict[str, Any]) -> None:
    try:
        request = parse_input(ALL, body)
    except InvalidInput:
        return
    json.dumps({name: getattr(request, name) for name in ALL}).encode()
    assert request.prompt.strip()
    assert 1 <= request.num_images <= 4
    assert -1 <= request.seed <= MAX_SEED


def test_the_sizes_are_those_of_imagen_4() -> None:
    sizes = {ratio: size_in_pixels(ratio, "1k") for ratio in ("1:1", "3:4", "4:3", "9:16", "16:9")}
    assert list(sizes.values()) == [(1024, 1024), (896, 1280), (1280, 896), (768, 1408), (1408, 768)]
    for ratio, (width, height) in sizes.items():
        assert size_in_pixels(ratio, "2k") == (2 * width, 2 * height)


def test_a_seed_is_drawn_only_where_there_is_none() -> None:
    assert with_seed(parse(seed=5)).seed == 5
    drawn = {with_seed(parse(num_images=4)).seed for _ in range(20)}
    assert len(drawn) == 20
    assert all(0 <= seed <= MAX_SEED - 4 for seed in drawn)
