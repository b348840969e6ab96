"""What the content filter does to a prediction, seen through HTTP."""

import httpx

from tests.server import run


def test_a_filtered_prompt_fails_free_with_the_documented_text(client: httpx.Client) -> None:
    failed = run(client, prompt="a nude woman", num_images=2)
    assert (failed["status"], failed["code"]) == ("failed", 1200)
    assert failed["error"] == "Content is filtered due to unknown reasons"
    assert (failed["outputs"], failed["has_nsfw_contents"]) == ([], [])
    assert failed["filtered_reason"] == "sexual"
    assert [image["filtered_reason"] for image in failed["images"]] == ["sexual", "sexual"]
    assert failed["charged"] == 0


def test_of_each_picture_all_is_told(client: httpx.Client) -> None:
    done = run(client, num_images=2, seed=7, aspect_ratio="16:9", output_format="jpeg")
    assert [image.pop("bytes") > 0 for image in done["images"]] == [True, True]
    assert done["images"] == [
        {
            "url": done["outputs"][n],
            "seed": 7 + n,
            "width": 1408,
            "height": 768,
            "content_type": "image/jpeg",
            "nsfw": False,
            "filtered_reason": "",
        }
        for n in range(2)
    ]
    assert (done["has_nsfw_contents"], done["filtered_reason"]) == ([False, False], "")
