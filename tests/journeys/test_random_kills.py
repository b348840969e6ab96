"""SIGKILL at random times, from a fixed seed: whatever was accepted is completed once and billed once."""

import random
import threading
import time

import httpx

from tests.journeys.house import SLOW, House, check_books, check_delivered
from tests.server import result, submit, wait_until

SEED = 20261121
PREDICTIONS = 30
KILLS = ["worker"] * 4 + ["api"] * 2


class Customer(threading.Thread):
    """Submits, a few a second, until so many were accepted; a server that is gone is asked again."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house

    def run(self) -> None:
        accepted = 0
        while accepted < PREDICTIONS:
            try:
                submit(self._house.client, SLOW, prompt=f"apple {accepted}", num_images=1 + accepted % 2)
                accepted += 1
            except httpx.TransportError:
                pass
            time.sleep(0.2)


def test_whatever_is_killed_and_whenever(house: House) -> None:
    chance = random.Random(SEED)
    known = set(house.records.ids())
    customer = Customer(house)
    customer.start()
    for victim in chance.sample(KILLS, len(KILLS)):
        house.start_worker()
        if chance.random() < 0.7:
            wait_until(lambda: house.records.rows("SELECT 1 FROM predictions WHERE is_in_engine"))
        time.sleep(chance.uniform(0, 0.7))
        if victim == "worker":
            house.kill_worker()
        else:
            house.kill_api()
            house.open_api()
    house.start_worker()
    customer.join()
    accepted = set(house.records.ids()) - known
    assert len(accepted) >= PREDICTIONS
    for prediction_id in accepted:
        check_delivered(house.client, result(house.client, prediction_id))
    check_books(house.records)
    assert any(house.records.state(one).attempt > 1 for one in accepted), "no kill ever hit"
