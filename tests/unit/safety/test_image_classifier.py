"""The check of pictures by a classifier: its files, its preparation, its labels."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from limner.errors import BadSettings
from limner.runtime import load_safety_of
from limner.safety.finding import Finding
from limner.safety.image_classifier import Preparation, load
from limner.safety.options import CheckOptions
from limner.settings import Settings
from tests.unit.safety.tiny_models import PREPROCESSOR, SIDE, TIMM, save_image_classifier

FALCONSAI = {"id2label": {"0": "normal", "1": "nsfw"}}
REDDER = [[-3.0, 3.0], [0.0, 0.0], [0.0, 0.0]]  # the redder, the more it is the second label
RED = np.full((40, 60, 3), (255, 0, 0), np.uint8)
BLACK = np.zeros((60, 40, 3), np.uint8)


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def check(folder: Path, pixels: Any) -> list[Finding]:
    return list(load(CheckOptions(image_classifier=str(folder)))(pixels))


def test_a_picture_is_found_by_how_likely_it_is(tmp_path: Path) -> None:
    folder = save_image_classifier(tmp_path, FALCONSAI, REDDER)
    for pixels, likely in ((RED, sigmoid(6)), (BLACK, sigmoid(-6))):
        for given in (folder, folder / "model.onnx"):
            (found,) = check(given, pixels)
            assert found.category == "sexual"
            assert found.score == pytest.approx(likely, abs=0.01)


@pytest.mark.parametrize("place", ["onnx/model.onnx", "quantized_onnx/model.onnx", "any/where.onnx"])
def test_the_model_is_found_where_repositories_keep_it(tmp_path: Path, place: str) -> None:
    save_image_classifier(tmp_path, FALCONSAI, REDDER)
    (tmp_path / place).parent.mkdir()
    (tmp_path / "model.onnx").rename(tmp_path / place)
    assert check(tmp_path, RED)[0].score > 0.99


def test_timms_files_are_understood(tmp_path: Path) -> None:
    folder = save_image_classifier(tmp_path, TIMM, [[3.0, -3.0], [0.0, 0.0], [0.0, 0.0]], None)
    (found,) = check(folder, RED)
    assert found.category == "sexual"
    assert found.score == pytest.approx(sigmoid(6), abs=0.01)


def test_of_exclusive_labels_the_sum_counts_and_of_others_the_largest(tmp_path: Path) -> None:
    labels = {"0": "neutral", "1": "porn", "2": "hentai", "3": "Gore"}
    weights = [[0.0, 2.0, 2.0, -2.0], [0.0] * 4, [0.0] * 4]
    exclusive = save_image_classifier(tmp_path / "a", {"id2label": labels}, weights)
    powers = [1, math.exp(2), math.exp(2), math.exp(-2)]
    found = {one.category: one.score for one in check(exclusive, RED)}
    assert found == pytest.approx(
        {"sexual": 2 * math.exp(2) / sum(powers), "violence": math.exp(-2) / sum(powers)}, abs=0.01
    )
    together = {"id2label": labels, "problem_type": "multi_label_classification"}
    found = {
        one.category: one.score
        for one in check(save_image_classifier(tmp_path / "b", together, weights), RED)
    }
    assert found == pytest.approx({"sexual": sigmoid(2), "violence": sigmoid(-2)}, abs=0.01)


def test_the_settings_decide_what_becomes_of_it(tmp_path: Path) -> None:
    folder = save_image_classifier(tmp_path, FALCONSAI, REDDER)
    safety = load_safety_of(Settings(image_classifier=str(folder)))
    assert safety.checks_images
    assert safety.judge_image(RED).filtered_category == "sexual"
    assert not safety.judge_image(BLACK).is_flagged
    flagging = load_safety_of(Settings(image_classifier=str(folder), safety="flag")).judge_image(RED)
    assert (flagging.is_flagged, flagging.is_filtered) == (True, False)
    strict = Settings(
        image_classifier=str(folder), safety_filter_threshold=0.001, safety_flag_threshold=0.001
    )
    assert load_safety_of(strict).judge_image(BLACK).is_filtered


def test_pictures_are_prepared_as_transformers_does() -> None:
    ramp = np.tile(np.arange(64, dtype=np.uint8)[None, :, None], (32, 1, 3))
    stretched = Preparation(SIDE, SIDE)(ramp)
    assert stretched.shape == (1, 3, SIDE, SIDE)
    assert stretched.dtype == np.float32
    resized = np.asarray(Image.fromarray(ramp).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    assert stretched[0, 0] == pytest.approx(resized[..., 0] / 127.5 - 1, abs=1e-5)
    middle = Preparation(SIDE, SIDE, shortest=SIDE)(ramp)[0, 0]
    assert middle.mean() == pytest.approx(31.5 / 127.5 - 1, abs=0.01)
    assert middle[0, 0] > stretched[0, 0, 0, 0]  # the edge is cut off


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"config": {}}, "names no label"),
        ({"config": {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}}, "names no label"),
        ({"preprocessor": None}, "no preprocessor_config.json"),
        ({"preprocessor": PREPROCESSOR | {"size": {}}}, "how .* wants its pictures"),
    ],
)
def test_what_is_missing_is_said_when_it_is_loaded(
    tmp_path: Path, change: dict[str, Any], complaint: str
) -> None:
    folder = save_image_classifier(tmp_path, change.pop("config", FALCONSAI), REDDER, **change)
    with pytest.raises(BadSettings, match=complaint):
        check(folder, RED)


def test_a_model_that_is_not_there_is_said_when_it_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"no model\.onnx in"):
        check(tmp_path, RED)
    with pytest.raises(BadSettings, match="there is no model at"):
        check(tmp_path / "absent", RED)
    with pytest.raises(BadSettings, match="needs image_classifier"):
        load(CheckOptions())
    save_image_classifier(tmp_path, FALCONSAI, REDDER)
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(BadSettings, match="no ONNX that OpenVINO reads"):
        check(tmp_path, RED)


def test_labels_and_scores_must_agree(tmp_path: Path) -> None:
    folder = save_image_classifier(tmp_path, {"id2label": {"0": "a", "1": "b", "2": "c"}}, REDDER)
    with pytest.raises(ValueError, match="2 scores for 3 labels"):
        check(folder, RED)


def test_a_name_of_the_hub_that_is_here_already_is_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the hub's own package lays it out; there is no network to fetch by."""
    cache = tmp_path / "models--owner--nsfw"
    save_image_classifier(cache / "snapshots" / "c0ffee", FALCONSAI, REDDER)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("c0ffee")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (found,) = load(CheckOptions(image_classifier="owner/nsfw"))(RED)
    assert found.score > 0.99
    with pytest.raises(BadSettings, match="owner/other cannot be fetched from the hub"):
        load(CheckOptions(image_classifier="owner/other"))


def test_without_the_hubs_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.safety.classifier.snapshot_download", None)
    with pytest.raises(BadSettings, match=r"install limner\[classifiers\]"):
        load(CheckOptions(image_classifier="Falconsai/nsfw_image_detection_26"))
