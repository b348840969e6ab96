"""A user's own pictures: found with their captions, learned, exported, and made again by the engine."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from limner.engines.engine import GenerationRequest
from limner.engines.nano import load as load_engine
from limner.inputs import SIZES_1K
from limner.nano.captions import Captions, commonest, words_of
from limner.nano.weights import OwnWeights
from tests.models.test_export import assert_agree
from tests.models.test_training import losses
from training.export import export_own
from training.graphs import GuidedIllustrating, Reading, illustrating_example
from training.illustrator import Illustrator, IllustratorShape, illustrator_loss
from training.own import own_batch
from training.pictures import Found, NoPictures, opened, prepare

pytestmark = pytest.mark.filterwarnings(
    "ignore::torch.jit.TracerWarning", "ignore:`torch.jit.trace:DeprecationWarning"
)
TINY = {"width": 16, "condition": 16, "middle": 24, "deep": 32, "heads": 2, "readers": 1, "depth": 1}
Draw = Callable[..., Path]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    def drawn(name: str, colour: str, size: tuple[int, int] = (120, 120), caption: str | None = None) -> Path:
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, colour).save(path)
        if caption is not None:
            path.with_suffix(".txt").write_text(caption)
        return path

    return drawn


def test_captions_stand_beside_pictures_or_in_a_listing(draw: Draw, tmp_path: Path) -> None:
    one = draw("a.png", "red", caption="a red wall\n")
    other = draw("deeper/b.jpg", "blue")
    draw("c.webp", "green")
    (other.parent / "metadata.jsonl").write_text('{"file_name": "b.jpg", "text": "a blue wall"}\n\n')
    found = Found.within(tmp_path / "mine")
    assert found.pairs == [(one, "a red wall"), (other, "a blue wall")]
    assert found.without_caption == 1


def test_a_folder_without_captions_or_with_a_broken_listing_says_so(draw: Draw, tmp_path: Path) -> None:
    path = draw("a.png", "red")
    with pytest.raises(NoPictures, match=r"1 without one.*metadata\.jsonl"):
        Found.within(tmp_path / "mine")
    (path.parent / "metadata.jsonl").write_text('{"text": "of no file"}\n')
    with pytest.raises(NoPictures, match="line 1"):
        Found.within(tmp_path / "mine")


def test_pictures_are_cut_to_the_nearest_ratio_and_read_back_from_shards(draw: Draw, tmp_path: Path) -> None:
    draw("wide.png", "blue", (320, 180), "blue")
    draw("tall.png", "red", (90, 160), "red")
    draw("square.png", "lime", (64, 64), "green")
    (tmp_path / "mine" / "broken.png").write_bytes(b"no picture")
    (tmp_path / "mine" / "broken.txt").write_text("nothing")
    told = prepare(tmp_path / "mine", tmp_path / "shards")
    assert (told["pictures"], told["unreadable"]) == (4, 1)
    shards = {shard.size: shard for shard in opened(tmp_path / "shards")}
    assert {size: shard.captions for size, shard in shards.items()} == {
        (176, 96): ("blue",),
        (96, 176): ("red",),
        (128, 128): ("green",),
    }
    assert shards[176, 96].pixels.shape == (1, 192, 352, 3)
    assert np.array_equal(shards[96, 176].pixels[0, 0, 0], (255, 0, 0))


def test_shards_are_made_anew_only_when_the_folder_has_changed(draw: Draw, tmp_path: Path) -> None:
    folder, shards = tmp_path / "mine", tmp_path / "shards"
    draw("a.png", "red", caption="red")
    prepare(folder, shards)
    before = (shards / "index.json").stat().st_mtime_ns
    prepare(folder, shards)
    assert (shards / "index.json").stat().st_mtime_ns == before
    draw("b.png", "blue", caption="blue")
    prepare(folder, shards)
    assert sum(len(shard.captions) for shard in opened(shards)) == 2


def test_words_are_those_of_captions_and_others_are_left_out() -> None:
    words = commonest(["A red cat.", "a blue cat", "猫が好き"], most=6)
    assert words[:3] == ("", "a", "cat")
    assert len(words) == 6
    said = Captions(("", "cat", "red", "猫")).read("The red DOG and a 猫 cat's cat")
    assert said.ids == (2, 3, 1)
    assert said.left_out == ("dog", "cat's")
    assert words_of("Don't panic: 猫が!") == ["don't", "panic", "猫", "が"]


def mine(draw: Draw, tmp_path: Path) -> tuple[list[str], dict[str, torch.Tensor]]:
    for name, colour in (("a", "red"), ("b", "blue"), ("c", "lime"), ("d", "white")):
        draw(f"{name}.png", colour, caption=f"a {colour} wall")
    prepare(tmp_path / "mine", tmp_path / "shards")
    shards = opened(tmp_path / "shards")
    words = commonest((caption for shard in shards for caption in shard.captions), 50)
    return list(words), own_batch(shards, Captions(words), 8, 1, 2)


def test_eight_pictures_of_ones_own_are_soon_learned(draw: Draw, tmp_path: Path) -> None:
    torch.manual_seed(1)
    words, batch = mine(draw, tmp_path)
    batch = {name: value[:, :, :64, :64] if value.ndim == 4 else value for name, value in batch.items()}
    batch["position"] = batch["position"][:, :, :16, :16]
    network = Illustrator(IllustratorShape(len(words), **TINY))
    before, after = losses(network, lambda: illustrator_loss(network, batch), steps=15)
    assert after < before / 2


def test_a_batch_is_the_same_again_and_its_ratio_follows_the_step_alone(draw: Draw, tmp_path: Path) -> None:
    draw("wide.png", "grey", (320, 180), "a grey wall")
    words, one = mine(draw, tmp_path)
    shards, captions = opened(tmp_path / "shards"), Captions(words)
    again = own_batch(shards, captions, 8, 1, 2)
    assert all(torch.equal(one[name], again[name]) for name in one)
    shapes = {own_batch(shards, captions, 1, 7, seed)["pixels"].shape for seed in range(6)}
    assert len(shapes) == 1


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """What training leaves of a network that has learned nothing, exported."""
    torch.manual_seed(1)
    words = ["", "a", "red", "wall"]
    network = Illustrator(IllustratorShape(len(words), **TINY))
    torch.nn.init.normal_(network.modulation.weight, std=0.1)
    state = {"stage": "own", "shape": vars(network.shape), "average": network.state_dict(), "words": words}
    torch.save(state | {"card": {"command": "a test"}, "seconds": 6.0}, tmp_path / "own.pt")
    export_own(tmp_path, tmp_path / "weights", "mine.1")
    torch.save(network, tmp_path / "network")
    return tmp_path / "weights"


def test_the_illustrator_agrees_with_torch_in_every_size(exported: Path) -> None:
    network = torch.load(exported.parent / "network", weights_only=False)
    weights = OwnWeights(exported, threads=1)
    words = torch.zeros(2, 48, dtype=torch.long)
    words[0, :3] = torch.tensor([1, 2, 3])
    assert_agree(weights.reader, Reading(network), {"words": words})
    for h, w in ((32, 32), (24, 44)):
        example = illustrating_example(network, h, w)
        assert_agree(weights.illustrator, GuidedIllustrating(network), example)


@pytest.mark.parametrize("ratio", ["1:1", "16:9"])
def test_the_engine_makes_pictures_with_them(exported: Path, ratio: str) -> None:
    width, height = SIZES_1K[ratio]
    engine = load_engine({"weights": str(exported), "threads": "2"})
    request = GenerationRequest("a red wall with ivy", width, height, (1, 2), num_inference_steps=3)
    steps: list[int] = []
    made, again = (engine.generate(request, lambda progress: steps.append(progress.step)) for _ in range(2))
    assert made.made_by == "nano/mine.1"
    assert [picture.shape for picture in made.images] == [(height, width, 3)] * 2
    assert steps == [*range(1, 9), *range(1, 9)]
    assert "ivy" in made.warnings[0]
    assert all(np.array_equal(one, other) for one, other in zip(made.images, again.images, strict=True))
    engine.close()
    assert json.loads((exported / "model.json").read_text())["card"] == {"command": "a test"}
