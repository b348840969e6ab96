"""The models on offer, their inputs and prices, as the contract lists them."""

import pytest

from limner.catalog import LONGEST_POOL, EngineChoice, build_catalog
from limner.errors import BadSettings, NotFound
from limner.inputs import ImageInput

PRICES = {
    "google/imagen4": 38_000,
    "google/imagen4-ultra": 58_000,
    "google/imagen4-fast": 18_000,
    "google/imagen3": 38_000,
    "google/imagen3-fast": 18_000,
    "wavespeed-ai/imagen4": 40_000,
}
EXTRAS = ["enable_sync_mode", "output_format"]


def test_the_six_models_and_their_prices() -> None:
    assert {spec.model_id: spec.price_micros for spec in build_catalog({})} == PRICES


def test_a_quote_is_the_price_times_the_images() -> None:
    spec = build_catalog({}).find("google/imagen4-ultra")
    assert spec.quote_micros(ImageInput("x", num_images=4)) == 4 * 58_000


@pytest.mark.parametrize("model_id", PRICES)
def test_each_takes_the_inputs_of_its_page_in_that_order(model_id: str) -> None:
    expected = ["prompt", "aspect_ratio", "resolution", "num_images", "negative_prompt", "seed"]
    if model_id == "wavespeed-ai/imagen4":
        expected = ["prompt", "negative_prompt", "aspect_ratio", "num_images", "seed"]
    elif model_id not in ("google/imagen4", "google/imagen4-ultra"):
        expected.remove("resolution")
    if model_id.startswith("google"):
        expected.append("enable_base64_output")
    schema = build_catalog({}).find(model_id).request_schema()
    assert schema["x-order-properties"] == expected + EXTRAS
    assert list(schema["properties"]) == expected + EXTRAS
    assert schema["required"] == ["prompt"]


def test_a_schema_says_what_is_accepted() -> None:
    properties = build_catalog({}).find("google/imagen4").request_schema()["properties"]
    assert properties["aspect_ratio"]["enum"] == ["1:1", "16:9", "9:16", "4:3", "3:4"]
    assert properties["resolution"]["default"] == "1k"
    assert (properties["num_images"]["minimum"], properties["num_images"]["maximum"]) == (1, 4)
    assert properties["seed"]["maximum"] == 2147483647
    assert properties["enable_base64_output"]["default"] is False
    assert properties["prompt"]["maxLength"] == 10_000


def test_effort_follows_the_name() -> None:
    steps = {spec.model_id: spec.effort.num_inference_steps or 0 for spec in build_catalog({})}
    assert steps["google/imagen4-ultra"] > steps["google/imagen4"] > steps["google/imagen4-fast"]
    assert steps["google/imagen3"] == steps["wavespeed-ai/imagen4"] == steps["google/imagen4"]
    assert steps["google/imagen3-fast"] == steps["google/imagen4-fast"]


def test_a_model_is_mapped_to_another_engine_and_no_other_is() -> None:
    choice = EngineChoice("diffusers", (("weights", "Tongyi-MAI/Z-Image-Turbo"),))
    catalog = build_catalog({"google/imagen4": choice})
    assert catalog.find("google/imagen4").engine.pool == "diffusers:weights=Tongyi-MAI/Z-Image-Turbo"
    assert {spec.engine.pool for spec in catalog if spec.model_id != "google/imagen4"} == {"nano"}


def test_a_pool_of_many_options_still_has_a_name_that_fits_and_is_its_own() -> None:
    hosts = ",".join(f"http://gpu{n}.internal.example:30000/v1" for n in range(9))
    one, two = (EngineChoice("openai", (("base_url", hosts), ("model", name))) for name in ("a", "b"))
    chain = EngineChoice.in_turn((one, two))
    pools = {one.pool, two.pool, chain.pool}
    assert len(pools) == 3 and max(map(len, pools)) == LONGEST_POOL
    assert one.pool == EngineChoice("openai", one.options).pool


def test_unknown_models_are_named() -> None:
    with pytest.raises(NotFound, match='"google/imagen5"'):
        build_catalog({}).find("google/imagen5")
    with pytest.raises(BadSettings, match="google/imagen5"):
        build_catalog({"google/imagen5": EngineChoice()})
