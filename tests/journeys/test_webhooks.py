"""A webhook on its way from submit to receiver, through real processes, killed between its attempts."""

import json
from typing import Any

import httpx
import pytest

from limner.webhooks.delivery import RETRY_SECONDS
from tests.journeys.house import SLOW, House
from tests.receiver import is_signed, receiving
from tests.server import finished, wait_until

FIRST_RETRY_SECONDS = RETRY_SECONDS[0]


def submit(client: httpx.Client, webhook: str) -> Any:
    response = client.post(f"/api/v3/{SLOW}", params={"webhook": webhook}, json={"prompt": "a red apple"})
    assert response.status_code == 200, response.text
    return response.json()["data"]


def secret(client: httpx.Client) -> str:
    return str(client.get("/api/v3/webhook/secret").json()["data"]["secret"])


def log(client: httpx.Client, prediction: Any) -> Any:
    asked = {"prediction_id": prediction["id"]}
    (delivery,) = client.get("/api/v3/webhook/deliveries", params=asked).json()["data"]["items"]
    return delivery


@pytest.mark.timeout(120)  # two starts of a server
def test_a_restart_between_attempts_forgets_nothing(house: House) -> None:
    house.start_worker()
    with receiving(500, 200) as receiver:
        prediction = submit(house.client, receiver.url)
        wait_until(lambda: len(receiver.received) == 1)
        wait_until(lambda: log(house.client, prediction)["attempts"])
        assert log(house.client, prediction)["status"] == "pending"
        house.kill_worker()
        house.kill_api()
        house.open_api()
        house.start_worker()
        wait_until(lambda: log(house.client, prediction)["status"] == "delivered")
        first, second = receiver.received
    assert second.at - first.at >= FIRST_RETRY_SECONDS
    assert [one["http_status"] for one in log(house.client, prediction)["attempts"]] == [500, 200]
    assert first.body == second.body
    # A worker that is told no LIMNER_PUBLIC_URL makes links without an origin.
    result = json.dumps(finished(house.client, prediction["id"]))
    assert json.loads(second.body) == json.loads(result.replace(house.server.origin, ""))
    assert is_signed(first, secret(house.client)) and is_signed(second, secret(house.client))


def test_receivers_may_know_the_former_secret_for_a_while(house: House) -> None:
    house.start_worker()
    former = secret(house.client)
    house.client.post("/api/v3/webhook/secret/rotate")
    with receiving(200) as receiver:
        submit(house.client, receiver.url)
        wait_until(lambda: receiver.received)
    current = secret(house.client)
    assert current != former
    (received,) = receiver.received
    assert is_signed(received, current) and is_signed(received, former)
