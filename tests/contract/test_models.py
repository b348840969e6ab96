"""What is offered: the list and its ETag, one model, price quotes, text for agents, the website's paths."""

import re
from typing import Any

import pytest

from limner.api.record_views import CenterModel, CenterModelPage, PriceView
from limner.api.views import ModelView
from tests.contract.inside import ORIGIN, Inside, Newcomer, data_of
from tests.contract.test_errors import check_refusal
from tests.server import MODELS

PRICE_PATHS = ["/api/v3/model/price", "/api/v3/model/pricing"]


@pytest.mark.parametrize("model", MODELS)
def test_one_model_is_what_the_list_says_of_it(newcomer: Newcomer, model: str) -> None:
    listed = {view["model_id"]: view for view in data_of(newcomer.client.get("/api/v3/models"))}
    alone = data_of(newcomer.client.get(f"/api/v3/models/{model}"))
    assert alone == listed[model]
    ModelView.model_validate(alone, strict=True)


def test_the_schema_tells_forms_how_to_ask(newcomer: Newcomer) -> None:
    view = data_of(newcomer.client.get("/api/v3/models/google/imagen4"))
    (run,) = view["api_schema"]["api_schemas"]
    assert (run["type"], run["method"], run["server"]) == ("model_run", "POST", ORIGIN)
    schema = run["request_schema"]
    assert schema["x-order-properties"][:7] == [
        *("prompt", "aspect_ratio", "resolution", "num_images", "negative_prompt", "seed"),
        "enable_base64_output",
    ]
    count = schema["properties"]["num_images"]
    assert {name: count[name] for name in ("type", "minimum", "maximum", "default", "x-ui-component")} == {
        "type": "integer",
        "minimum": 1,
        "maximum": 4,
        "default": 1,
        "x-ui-component": "slider",
    }
    assert schema["properties"]["resolution"]["enum"] == ["1k", "2k"]
    wavespeed = data_of(newcomer.client.get("/api/v3/models/wavespeed-ai/imagen4"))
    order = wavespeed["api_schema"]["api_schemas"][0]["request_schema"]["x-order-properties"]
    assert order[:5] == ["prompt", "negative_prompt", "aspect_ratio", "num_images", "seed"]


@pytest.mark.parametrize("path", ["/api/v3/models", "/api/v3/models/google/imagen4"])
def test_who_has_the_newest_answer_is_told_so_in_304(newcomer: Newcomer, path: str) -> None:
    first = newcomer.client.get(path)
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = newcomer.client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    for unknown in ("", '"other"', etag.strip('"')[:5]):
        assert newcomer.client.get(path, headers={"If-None-Match": unknown}).content == first.content


@pytest.mark.parametrize("path", ["/api/v3/models/google/imagen9", "/models/google/imagen9/llms.txt"])
def test_an_unknown_model_is_named(newcomer: Newcomer, path: str) -> None:
    check_refusal(newcomer.client.get(path), 404, '"google/imagen9"')


@pytest.mark.parametrize("path", PRICE_PATHS)
@pytest.mark.parametrize(
    ("inputs", "dollars"),
    [
        (None, 0.038),
        ({}, 0.038),
        ({"num_images": 3}, 0.114),
        ({"num_images": 3.0}, 0.114),
        ({"prompt": "", "num_images": "", "seed": None}, 0.038),
        ({"prompt": "a red apple", "resolution": "2k", "num_images": 4}, 0.152),
        ({"nobody": "knows"}, 0.038),
    ],
)
def test_a_price_is_quoted_for_what_is_known_of_a_request(
    newcomer: Newcomer, path: str, inputs: Any, dollars: float
) -> None:
    body = {"model_id": "google/imagen4"} | ({} if inputs is None else {"inputs": inputs})
    quote = data_of(newcomer.client.post(path, json=body))
    PriceView.model_validate(quote, strict=True)
    assert quote["unit_price"] == quote["price"] == quote["discounted_price"] == dollars
    assert (quote["model_id"], quote["currency"]) == ("google/imagen4", "USD")


def test_a_quote_is_what_the_request_costs(newcomer: Newcomer) -> None:
    inputs = {"prompt": "a red apple", "num_images": 3}
    body = {"model_id": "google/imagen4-ultra", "inputs": inputs}
    quote = data_of(newcomer.client.post(PRICE_PATHS[0], json=body))
    newcomer.submit("google/imagen4-ultra", **inputs)
    assert data_of(newcomer.client.get("/api/v3/balance"))["balance"] == 100 - quote["price"]


@pytest.mark.parametrize("path", PRICE_PATHS)
@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({}, 400, '"model_id"'),
        ({"model_id": None}, 400, '"model_id"'),
        ({"model_id": 7}, 400, '"model_id"'),
        ({"model_id": "x" * 400}, 400, '"model_id"'),
        ({"model_id": "google/imagen9"}, 404, '"google/imagen9"'),
        ({"model_id": "google/imagen4", "inputs": []}, 400, '"inputs"'),
        ({"model_id": "google/imagen4", "inputs": {"num_images": 5}}, 400, '"num_images"'),
        ({"model_id": "google/imagen4", "inputs": {"num_images": "2"}}, 400, '"num_images"'),
        ({"model_id": "google/imagen4", "inputs": {"prompt": 7}}, 400, '"prompt"'),
        ([], 400, "object"),
    ],
)
def test_a_price_of_nonsense_is_refused(
    newcomer: Newcomer, path: str, body: Any, status: int, word: str
) -> None:
    check_refusal(newcomer.client.post(path, json=body), status, word)


def test_agents_find_their_way_without_a_key(indoors: Inside) -> None:
    index = indoors.stranger.get("/llms.txt")
    assert index.headers["content-type"] == "text/plain; charset=utf-8"
    for model in MODELS:
        assert f"{ORIGIN}/models/{model}/llms.txt" in index.text
        page = indoors.stranger.get(f"/models/{model}/llms.txt")
        assert page.headers["content-type"] == "text/plain; charset=utf-8"
        assert f"POST {ORIGIN}/api/v3/{model}\n" in page.text
        assert "- num_images (integer; optional; from 1 to 4; default 1): " in page.text
        assert ("- resolution " in page.text) == (model in ("google/imagen4", "google/imagen4-ultra"))


def test_agents_are_told_of_calls_that_there_are(indoors: Inside) -> None:
    told = (
        indoors.stranger.get("/llms.txt").text + indoors.stranger.get("/models/google/imagen4/llms.txt").text
    )
    described = indoors.stranger.get("/openapi.json").json()["paths"]
    calls = re.findall(rf"(GET|POST) {ORIGIN}([^\s:]+)", told)
    assert len(calls) == 9
    for method, path in calls:
        template = re.sub("<model>|google/imagen4", "{model_id}", path).replace("<id>", "{prediction_id}")
        assert method.lower() in described[template]


def test_the_websites_paths_answer_the_comfyui_nodes(indoors: Inside) -> None:
    base = "/center/default/api/v1"
    assert data_of(indoors.stranger.get(f"{base}/model_product/type_statistics")) == [
        {"type": "text-to-image", "count": len(MODELS)}
    ]
    query = {"page": "1", "page_size": "100", "types": "text-to-image"}
    page = data_of(indoors.stranger.get(f"{base}/model_product/search", params=query))
    CenterModelPage.model_validate(page, strict=True)
    assert [item["model_uuid"] for item in page["items"]] == list(MODELS)
    none = data_of(indoors.stranger.get(f"{base}/model_product/search", params={"types": "text-to-video"}))
    assert none == {"items": [], "total": 0}
    second = data_of(indoors.stranger.get(f"{base}/model_product/search", params={"page": 2, "page_size": 4}))
    assert [item["model_uuid"] for item in second["items"]] == list(MODELS)[4:]
    detail = data_of(indoors.stranger.get(f"{base}/model_product/detail/google/imagen4"))
    CenterModel.model_validate(detail, strict=True)
    assert detail["input"]["required"] == ["prompt"]
    document = data_of(indoors.stranger.get(f"{base}/model_schema/google/imagen4"))
    assert document["components"]["schemas"]["Request"] == detail["input"]
    check_refusal(indoors.stranger.get(f"{base}/model_product/detail/google/imagen9"), 404, "imagen9")
    check_refusal(indoors.stranger.get(f"{base}/model_product/search?page=0"), 400, '"page"')
