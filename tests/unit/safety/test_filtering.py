"""What a caller gets, and pays, when a prompt or some of its pictures are filtered."""

from datetime import UTC, datetime
from typing import Any

import pytest

from limner.predictions import lifecycle
from limner.predictions.making import Making
from limner.predictions.prediction import Status, public_view
from limner.runtime import generation_request, load_engine_of, load_safety_of
from limner_test_engines.checks import redness
from limner_test_engines.gradient import gradient
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace

PRICE = 38_000
TEXT = "Content is filtered due to unknown reasons"
PROMPT = "a red apple"


@pytest.fixture
def database_url() -> str:
    """The file in the data folder: nothing here is the database's affair."""
    return ""


def run(workplace: Workplace, **inputs: Any) -> Any:
    """The public view, once an attempt was made as a worker makes it."""
    runtime, now = workplace.runtime, datetime.now(UTC)
    accepted = workplace.submit(**inputs)
    with runtime.database.begin() as tx:
        begun = lifecycle.begin(tx, accepted.id, 1, "0" * 32, now)
    assert begun is not None
    spec = runtime.catalog.find(begun.model_id)
    safety = load_safety_of(runtime.settings)
    making = Making(runtime.database, runtime.storage, safety, runtime.queue, lambda: now, begun)
    making.run(load_engine_of(spec), generation_request(spec, begun.request))
    done = workplace.find(accepted)
    return public_view(done, "http://limner.example", runtime.storage)


def test_a_filtered_prompt_fails_free_with_the_documented_text(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    view = run(workplace, prompt="a nude woman", num_images=2, seed=5)
    assert (view["status"], view["error"], view["code"]) == (Status.FAILED, TEXT, 1200)
    assert (view["outputs"], view["has_nsfw_contents"], view["filtered_reason"]) == ([], [], "sexual")
    assert view["images"] == [
        {
            "url": "",
            "seed": seed,
            "width": 1024,
            "height": 1024,
            "content_type": "image/png",
            "bytes": 0,
            "nsfw": True,
            "filtered_reason": "sexual",
        }
        for seed in (5, 6)
    ]
    assert workplace.spent_micros() == 0


def test_a_filtered_prompt_never_reaches_the_engine(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace("raises")
    assert run(workplace, prompt="a nude woman")["error"] == TEXT


def test_negative_prompts_may_name_what_is_not_wanted(open_workplace: OpenWorkplace) -> None:
    assert run(open_workplace(), negative_prompt="nude woman, gore")["status"] == Status.COMPLETED


def test_some_pictures_filtered_the_rest_is_delivered_and_charged(open_workplace: OpenWorkplace) -> None:
    shades = [redness(gradient(PROMPT, seed, 1024, 1024)) for seed in range(4)]
    threshold = sorted(shades)[2]  # so the two reddest are over it
    workplace = open_workplace(
        image_checks="red", safety_filter_threshold=threshold, safety_flag_threshold=1.0
    )
    done = run(workplace, num_images=4, seed=0)
    images = done["images"]
    reasons = [image["filtered_reason"] for image in images]
    assert reasons == ["red" if shade >= threshold else "" for shade in shades]
    kept = [n for n, reason in enumerate(reasons, 1) if not reason]
    assert done["status"] == Status.COMPLETED
    assert [image["seed"] for image in images] == [0, 1, 2, 3]
    links = [f"http://limner.example/predictions/{done['id']}/{n}.png" for n in kept]
    assert done["outputs"] == links == [image["url"] for image in images if image["url"]]
    assert done["has_nsfw_contents"] == [False, False]
    assert done["filtered_reason"] == "red"
    assert workplace.spent_micros() == 2 * PRICE


def test_all_pictures_filtered_it_fails_free(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace(image_checks="red", safety_filter_threshold=0.0)
    view = run(workplace, num_images=2)
    assert (view["status"], view["error"], view["code"]) == (Status.FAILED, TEXT, 1200)
    assert [image["filtered_reason"] for image in view["images"]] == ["red", "red"]
    assert workplace.spent_micros() == 0


def test_a_flagged_picture_is_delivered_and_marked(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace(image_checks="red", safety="flag", safety_flag_threshold=0.0)
    view = run(workplace, prompt="a nude woman, in RED")
    assert (view["status"], view["has_nsfw_contents"]) == (Status.COMPLETED, [True])
    assert view["warnings"] == ["The content filter found in the prompt: sexual. It was let through."]
    assert workplace.spent_micros() == PRICE


def test_a_broken_check_fails_the_prediction_free_and_tells_nothing_of_itself(
    open_workplace: OpenWorkplace,
) -> None:
    for setting in ("prompt_checks", "image_checks"):
        workplace = open_workplace(**{setting: "broken"})
        view = run(workplace)
        text = "The safety check could not be made. Nothing was charged."
        assert (view["status"], view["error"], view["code"]) == (Status.FAILED, text, 5003)
        assert workplace.spent_micros() == 0
