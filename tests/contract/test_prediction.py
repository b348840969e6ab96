"""A prediction on the wire: every field, always, with the type that the strictest client wants."""

import io
import re
import threading
import time
from itertools import pairwise
from typing import Any

import httpx
import pytest
from PIL import Image

from limner.api.views import PredictionView
from tests.server import Server, finished, result, run, submit

CREATED_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")
SIZES = {
    "1:1": (1024, 1024),
    "16:9": (1408, 768),
    "9:16": (768, 1408),
    "4:3": (1280, 896),
    "3:4": (896, 1280),
}


def check_shape(prediction: dict[str, object], origin: str) -> None:
    """Contract 1.1, field by field; strict validation takes no number for text and no null for anything."""
    view = PredictionView.model_validate(prediction, strict=True)
    assert CREATED_AT.fullmatch(view.created_at)
    assert prediction["urls"] == {"get": f"{origin}/api/v3/predictions/{view.id}/result"}
    assert len(view.has_nsfw_contents) == len(view.outputs) == len(view.images)
    assert (view.error != "") == (view.status == "failed") == (view.code != 0)
    assert type(prediction["executionTime"]) is int
    assert (view.outputs != []) == (view.status == "completed")


def pixels_of(link: str) -> Image.Image:
    return Image.open(io.BytesIO(httpx.get(link).content))


def test_a_submit_is_answered_at_once_with_a_created_prediction(server: Server, client: httpx.Client) -> None:
    response = client.post("/api/v3/google/imagen4", json={"prompt": "a red apple"})
    envelope = response.json()
    assert (response.status_code, list(envelope)) == (200, ["code", "message", "data"])
    assert (envelope["code"], envelope["message"]) == (200, "success")
    check_shape(envelope["data"], server.origin)
    assert envelope["data"]["status"] == "created"
    assert envelope["data"]["model"] == "google/imagen4"
    assert response.headers["x-limner-model"] == "google/imagen4"


def test_the_status_goes_from_created_over_processing_to_completed(
    server: Server, client: httpx.Client
) -> None:
    prediction = submit(client, "wavespeed-ai/imagen4")
    seen = [prediction]
    while seen[-1]["status"] not in ("completed", "failed"):
        seen.append(result(client, prediction["id"]))
        time.sleep(0.02)
    for answer in seen:
        check_shape(answer, server.origin)
    statuses = [answer["status"] for answer in seen]
    changes = [statuses[0]] + [after for before, after in pairwise(statuses) if before != after]
    assert changes == ["created", "processing", "completed"]
    assert seen[-1]["executionTime"] >= seen[-1]["timings"]["inference"] >= 700


def test_a_failed_prediction_has_the_same_shape(server: Server, client: httpx.Client) -> None:
    prediction = run(client, "google/imagen3-fast")
    check_shape(prediction, server.origin)
    assert (prediction["status"], prediction["error"], prediction["outputs"]) == (
        "failed",
        "The paint ran out.",
        [],
    )


def test_both_result_paths_and_the_old_version_answer_alike(client: httpx.Client) -> None:
    response = client.post("/api/v2/google/imagen4", json={"prompt": "a red apple"})
    prediction = finished(client, response.json()["data"]["id"])
    paths = ("/api/v3/predictions/{}/result", "/api/v3/predictions/{}", "/api/v2/predictions/{}/result")
    answers = [client.get(path.format(prediction["id"])) for path in paths]
    assert [answer.json()["data"] for answer in answers] == [prediction] * 3
    assert client.get(prediction["urls"]["get"]).json()["data"] == prediction


def test_links_never_follow_the_host_header(server: Server, client: httpx.Client) -> None:
    headers = {"Host": "evil.example"}
    response = client.post("/api/v3/google/imagen4", json={"prompt": "a red apple"}, headers=headers)
    check_shape(response.json()["data"], server.origin)


@pytest.mark.parametrize("ratio", SIZES)
@pytest.mark.parametrize("resolution", ["1k", "2k"])
def test_pictures_have_the_exact_size(client: httpx.Client, ratio: str, resolution: str) -> None:
    prediction = run(client, aspect_ratio=ratio, resolution=resolution)
    scale = 2 if resolution == "2k" else 1
    width, height = SIZES[ratio][0] * scale, SIZES[ratio][1] * scale
    assert pixels_of(prediction["outputs"][0]).size == (width, height)
    assert (prediction["images"][0]["width"], prediction["images"][0]["height"]) == (width, height)


@pytest.mark.parametrize("model", ["google/imagen4-fast", "google/imagen3", "wavespeed-ai/imagen4"])
def test_inputs_that_a_model_lacks_are_dropped(client: httpx.Client, model: str) -> None:
    prediction = run(client, model, resolution="2k", loras=[], size="512*512", guidance_scale=7)
    assert pixels_of(prediction["outputs"][0]).size == (1024, 1024)
    assert set(prediction["input"]) & {"resolution", "loras", "size", "guidance_scale"} == set()


def test_picture_k_is_the_single_picture_of_seed_plus_k(client: httpx.Client) -> None:
    together = run(client, seed=40, num_images=4)
    assert [image["seed"] for image in together["images"]] == [40, 41, 42, 43]
    single = run(client, seed=42)
    assert pixels_of(together["outputs"][2]).tobytes() == pixels_of(single["outputs"][0]).tobytes()


@pytest.mark.parametrize("inputs", [{}, {"seed": -1}, {"seed": None}])
def test_a_drawn_seed_is_reported_and_repeats_the_picture(
    client: httpx.Client, inputs: dict[str, Any]
) -> None:
    drawn = run(client, **inputs)
    again = run(client, seed=drawn["images"][0]["seed"])
    assert pixels_of(drawn["outputs"][0]).tobytes() == pixels_of(again["outputs"][0]).tobytes()


@pytest.mark.parametrize(("file_format", "content_type"), [("jpeg", "image/jpeg"), ("webp", "image/webp")])
def test_other_file_formats_can_be_had(client: httpx.Client, file_format: str, content_type: str) -> None:
    prediction = run(client, output_format=file_format)
    response = httpx.get(prediction["outputs"][0])
    assert response.headers["content-type"] == prediction["images"][0]["content_type"] == content_type
    assert Image.open(io.BytesIO(response.content)).size == (1024, 1024)


def test_answers_say_who_made_the_picture(client: httpx.Client) -> None:
    prediction = run(client)
    answer = client.get(f"/api/v3/predictions/{prediction['id']}/result")
    assert answer.headers["x-limner-engine"] == prediction["made_by"] == "gradient/1.0"


def test_pictures_are_served_to_anybody_and_only_as_what_they_are(
    server: Server, client: httpx.Client
) -> None:
    link = run(client)["outputs"][0]
    with server.client(key=None) as stranger:
        assert stranger.head(link).headers["content-type"] == "image/png"
        assert stranger.get(link).headers["x-content-type-options"] == "nosniff"
        for wrong in (
            link.replace("/1.png", "/2.png"),
            link.replace(".png", ".jpg"),
            link.replace("1.png", "x"),
        ):
            assert stranger.get(wrong).json() == {
                "code": 404,
                "message": stranger.get(wrong).json()["message"],
                "data": None,
            }


def test_another_accounts_prediction_is_not_there(server: Server, client: httpx.Client) -> None:
    prediction = submit(client)
    with server.client(server.run("account", "create", "neighbour", "--credit", "1")) as neighbour:
        response = neighbour.get(f"/api/v3/predictions/{prediction['id']}/result")
    assert response.status_code == 404


def test_many_pollers_get_each_their_own_answer(client: httpx.Client, server: Server) -> None:
    ids = [submit(client, prompt=f"a red apple, number {n}")["id"] for n in range(8)]
    wrong: list[str] = []

    def poll(prediction_id: str) -> None:
        with server.client() as own:
            for _ in range(30):
                if result(own, prediction_id)["id"] != prediction_id:
                    wrong.append(prediction_id)

    threads = [threading.Thread(target=poll, args=(prediction_id,)) for prediction_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert {finished(client, prediction_id)["status"] for prediction_id in ids} == {"completed"}
