"""Balance, models, health, and what browsers of other origins may do."""

import httpx
import pytest

from limner.api.views import ModelView
from tests.server import Server, balance, finished, run, submit

PRICES = {
    "google/imagen4": 0.038,
    "google/imagen4-ultra": 0.058,
    "google/imagen4-fast": 0.018,
    "google/imagen3": 0.038,
    "google/imagen3-fast": 0.018,
    "wavespeed-ai/imagen4": 0.04,
}
COMMON = ["num_images", "negative_prompt", "seed"]


def data_of(response: httpx.Response) -> object:
    assert response.status_code == 200
    envelope = response.json()
    assert (envelope["code"], envelope["message"]) == (200, "success")
    return envelope["data"]


def test_the_price_is_held_at_submit_and_taken_at_delivery(client: httpx.Client) -> None:
    before = balance(client)
    prediction = submit(client, "wavespeed-ai/imagen4", num_images=2)
    assert balance(client) == pytest.approx(before - 0.08)
    finished(client, prediction["id"])
    assert balance(client) == pytest.approx(before - 0.08)


def test_a_failed_prediction_costs_nothing(client: httpx.Client) -> None:
    before = balance(client)
    assert run(client, "google/imagen3-fast", num_images=4)["status"] == "failed"
    assert balance(client) == before


@pytest.mark.parametrize("model", [model for model in PRICES if model != "google/imagen3-fast"])
def test_every_model_costs_its_price(client: httpx.Client, model: str) -> None:
    before = balance(client)
    assert run(client, model)["status"] == "completed"
    assert balance(client) == pytest.approx(before - PRICES[model])


def test_the_balance_is_a_number_on_both_paths(client: httpx.Client) -> None:
    short = data_of(client.get("/api/v3/balance"))
    long = data_of(client.get("/api/v3/account/balance"))
    assert isinstance(short, dict)
    assert list(short) == ["balance"]
    assert isinstance(short["balance"], float)
    assert long == {"balance": short["balance"], "currency": "USD"}


def test_the_models_are_listed_with_price_and_schema(server: Server, client: httpx.Client) -> None:
    listed = data_of(client.get("/api/v3/models"))
    assert isinstance(listed, list)
    models = [ModelView.model_validate(model, strict=True) for model in listed]
    assert {model.model_id: model.base_price for model in models} == PRICES
    for model in models:
        (run_schema,) = model.api_schema.api_schemas
        assert run_schema.type == "model_run"
        assert run_schema.server + run_schema.api_path == f"{server.origin}/api/v3/{model.model_id}"
        schema = run_schema.request_schema
        assert schema["required"] == ["prompt"]
        assert set(schema["x-order-properties"]) == set(schema["properties"])
        assert ("resolution" in schema["properties"]) == (
            model.model_id in ("google/imagen4", "google/imagen4-ultra")
        )
        assert set(COMMON) <= set(schema["properties"])
        assert schema["properties"]["num_images"]["maximum"] == 4


def test_health_names_every_part(server: Server) -> None:
    response = httpx.get(f"{server.origin}/health")
    assert httpx.head(f"{server.origin}/health").status_code == 200
    assert response.status_code == 200
    parts = {"database": "ok", "storage": "ok", "workers": 1, "unserved_models": []}
    assert response.json() == {"status": "ok"} | parts


def test_the_start_page_and_the_documentation_are_there(server: Server) -> None:
    assert "Limner" in httpx.get(f"{server.origin}/").text
    assert httpx.get(f"{server.origin}/docs").status_code == 200
    paths = httpx.get(f"{server.origin}/openapi.json").json()["paths"]
    assert "/api/v3/{model_id}" in paths


def test_pages_of_any_origin_may_call_the_api_without_cookies(server: Server, client: httpx.Client) -> None:
    asked = {
        "Origin": "https://a.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-client-name",
    }
    preflight = httpx.options(f"{server.origin}/api/v3/google/imagen4", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    answers = [
        client.get("/api/v3/balance", headers={"Origin": "https://a.example"}),
        httpx.get(f"{server.origin}/api/v3/balance", headers={"Origin": "https://a.example"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 401]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    page = httpx.get(f"{server.origin}/", headers={"Origin": "https://a.example"})
    assert "access-control-allow-origin" not in page.headers
