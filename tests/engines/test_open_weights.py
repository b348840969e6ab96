"""The engine for open weights, beyond what every engine must do: options, warnings, sizes, memory.

With the tiny pipelines, on a CPU; what only a GPU has (compiling, its attention) is for benchmarks/gpu.py.
"""

import importlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from limner.engines.engine import Engine, Generation, GenerationRequest, Progress, load_engine
from limner.errors import BadSettings, EngineFailed

# A scheduler of diffusers hands numpy a tensor in a way that it will give up.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SMALL = {"steps": "2", "max_pixels": "4096"}
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights of two pipelines."""
    folder = tmp_path_factory.mktemp("weights")
    tiny = importlib.import_module("tests.engines.tiny_pipelines")
    for name in ("klein", "sdxl"):
        tiny.save(name, folder)
    return folder


@pytest.fixture
def open_engine(shelf: Path) -> Iterator[Open]:
    opened: list[Engine] = []

    def open_one(name: str, **options: str) -> Engine:
        opened.append(load_engine("diffusers", {"weights": str(shelf / name), **SMALL, **options}))
        return opened[-1]

    yield open_one
    for engine in opened:
        engine.close()


def make(engine: Engine, prompt: str = "a red apple", **asked: Any) -> Generation:
    seen: list[Progress] = asked.pop("seen", [])
    width, height = asked.pop("size", (64, 64))
    request = GenerationRequest(prompt, width, height, asked.pop("seeds", (7,)), **asked)
    return engine.generate(request, seen.append)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"step": "4"}, 'has no option "step"; known are: attention, compile'),
        (
            {"steps": "none"},
            'option steps of the engine diffusers: must be a whole number from 1, not "none"',
        ),
        ({"steps": "0"}, "must be a whole number from 1"),
        ({"dtype": "int4"}, "must be one of auto, bfloat16, float16, float32"),
        ({"device": "moon"}, 'there is no device "moon" here'),
        ({"device": "cuda:7"}, 'there is no device "cuda:7" here'),
        (
            {"quantization": "nf4"},
            "quantization nf4 needs the package bitsandbytes: pip install bitsandbytes",
        ),
        ({"quantization": "int8"}, "quantization int8 needs the package torchao"),
        ({"attention": "moon"}, "option attention of the engine diffusers: "),
        ({"scheduler": "fast"}, "must be a JSON object"),
        ({"lora": "nowhere*x"}, "must be name[:file][*scale]"),
        ({"lora": "/nowhere"}, "lora /nowhere cannot be added: "),
        ({"weights": ""}, "needs weights: a folder, or a name on the hub"),
        ({"weights": "/nowhere"}, "there is no folder /nowhere, and it is no name on the hub"),
    ],
)
def test_a_wrong_option_is_one_line(open_engine: Open, options: dict[str, str], complaint: str) -> None:
    with pytest.raises(BadSettings) as refused:
        open_engine("sdxl", **options)
    assert complaint in refused.value.message
    assert "\n" not in refused.value.message


def test_a_folder_without_a_pipeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"holds no pipeline: there is no model_index\.json"):
        load_engine("diffusers", {"weights": str(tmp_path)})


def test_a_damaged_pipeline_is_refused(shelf: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(shelf / "sdxl", tmp_path / "damaged")
    next((folder / "unet").glob("*.safetensors")).unlink()
    with pytest.raises(BadSettings, match="cannot be read"):
        load_engine("diffusers", {"weights": str(folder)})


def test_a_negative_prompt_counts_where_the_model_is_guided_and_is_warned_of_where_not(
    open_engine: Open,
) -> None:
    guided, distilled = open_engine("sdxl"), open_engine("klein")
    with_it = make(guided, negative_prompt="blue, blurry")
    assert with_it.warnings == ()
    assert not np.array_equal(with_it.images[0], make(guided).images[0])
    ignored = make(distilled, negative_prompt="blue, blurry")
    assert ignored.warnings == ("klein ignores negative prompts; it was left out.",)
    assert np.array_equal(ignored.images[0], make(distilled).images[0])
    assert make(distilled, negative_prompt=" ").warnings == ()


def test_guidance_by_option_turns_negative_prompts_off(open_engine: Open) -> None:
    engine = open_engine("sdxl", guidance="1")
    assert make(engine, negative_prompt="blue").warnings == (
        "sdxl ignores negative prompts; it was left out.",
    )


def test_a_prompt_that_is_longer_than_the_model_reads_is_warned_of(open_engine: Open) -> None:
    generation = make(open_engine("sdxl"), "a red apple " * 50)
    assert generation.warnings == ("sdxl reads 77 tokens; the rest was left out.",)


@pytest.mark.parametrize("size", [(70, 50), (64, 48), (1, 1), (200, 40)])
def test_any_size_comes_out_exactly(open_engine: Open, size: tuple[int, int]) -> None:
    (image,) = make(open_engine("sdxl", max_pixels="100000"), size=size).images
    assert image.shape == (size[1], size[0], 3)


def test_what_was_enlarged_is_said(open_engine: Open) -> None:
    generation = make(open_engine("sdxl"), size=(128, 128))
    assert generation.warnings == ("sdxl made the picture at 64x64; it was enlarged to 128x128.",)
    assert generation.images[0].shape == (128, 128, 3)


def test_decoding_in_tiles_is_for_large_pictures_and_by_option(open_engine: Open) -> None:
    whole, tiled = (
        open_engine("sdxl", max_pixels="100000"),
        open_engine("sdxl", max_pixels="100000", tiling="on"),
    )
    assert make(whole, size=(128, 96)).images[0].shape == make(tiled, size=(128, 96)).images[0].shape


def test_steps_are_told_and_the_last_one_is_decoding(open_engine: Open) -> None:
    seen: list[Progress] = []
    make(open_engine("sdxl", steps="3"), seeds=(1, 2), seen=seen)
    assert [(one.step, one.num_steps) for one in seen] == [(step, 8) for step in range(1, 9)]


def test_the_operators_steps_come_before_a_requests_effort(open_engine: Open) -> None:
    seen: list[Progress] = []
    make(open_engine("sdxl"), num_inference_steps=5, seen=seen)
    assert seen[-1].num_steps == 2 + 1


def test_a_prompt_is_encoded_once(open_engine: Open) -> None:
    engine = open_engine("klein")
    first, again = make(engine).images[0], make(engine).images[0]
    assert engine._tenant.pipeline.encode_prompt.hits == 1
    assert np.array_equal(first, again)


def run_out(*_arguments: Any, **_named: Any) -> None:
    """As a GPU does; on a CPU there is always more."""
    torch = importlib.import_module("torch")
    torch.empty(1 << 60)


def test_out_of_memory_fails_one_prediction_and_the_next_is_made(open_engine: Open) -> None:
    engine = open_engine("sdxl")
    before = make(engine).images[0]
    hook = engine._tenant.pipeline.unet.mid_block.register_forward_pre_hook(run_out)
    with pytest.raises(
        EngineFailed, match="There is not memory enough for a picture of 64x64 by sdxl"
    ) as failed:
        make(engine)
    assert failed.value.__context__ is None, "its frames would keep what was to be freed"
    hook.remove()
    assert np.array_equal(before, make(engine).images[0])


def test_of_pipelines_that_do_not_fit_together_those_used_last_stay(open_engine: Open) -> None:
    room = "0.0006"  # GiB: for either of the two
    klein, sdxl = open_engine("klein", memory_gib=room), open_engine("sdxl", memory_gib=room)
    residence = sdxl._residence
    assert residence is klein._residence
    assert residence.names == ["sdxl"]
    first = make(klein).images[0]
    assert residence.names == ["klein"]
    assert make(sdxl).images
    assert residence.names == ["sdxl"]
    assert np.array_equal(first, make(klein).images[0])


def test_pipelines_that_fit_together_both_stay(open_engine: Open) -> None:
    klein, sdxl = open_engine("klein", memory_gib="1"), open_engine("sdxl", memory_gib="1")
    make(klein)
    assert sdxl._residence.names == ["sdxl", "klein"]


def test_a_lora_changes_the_pictures_by_its_scale(open_engine: Open, shelf: Path, tmp_path: Path) -> None:
    tiny = importlib.import_module("tests.engines.tiny_pipelines")
    file = tiny.save_lora(shelf / "sdxl", tmp_path)
    plain = make(open_engine("sdxl")).images[0]
    with_lora = make(open_engine("sdxl", lora=f"{tmp_path}:{file}")).images[0]
    half = make(open_engine("sdxl", lora=f"{tmp_path}:{file}*0.5")).images[0]
    none = make(open_engine("sdxl", lora=f"{tmp_path}:{file}*0")).images[0]
    assert not np.array_equal(plain, with_lora)
    assert not np.array_equal(with_lora, half)
    assert np.array_equal(plain, none)


def test_settings_of_the_scheduler_can_be_laid_over(open_engine: Open) -> None:
    plain, shifted = open_engine("sdxl"), open_engine("sdxl", scheduler='{"beta_end": 0.2}')
    assert not np.array_equal(make(plain).images[0], make(shifted).images[0])


def test_warming_up_makes_a_picture_of_every_size_and_shows_previews_from_the_first_on(shelf: Path) -> None:
    options = {"weights": str(shelf / "sdxl"), **SMALL, "warm_up": "on"}
    seen: list[Progress] = []
    with closing(load_engine("diffusers", options)) as engine:
        make(engine, seen=seen)
    assert any(one.preview is not None for one in seen)


def test_what_cannot_be_warmed_up_with_all_that_is_for_speed_is_run_without(open_engine: Open) -> None:
    engine = open_engine("sdxl")
    refusals = iter([RuntimeError("No available kernel.")])

    def refuse_once(*_arguments: Any) -> None:
        for refusal in refusals:
            raise refusal

    engine._tenant.pipeline.unet.mid_block.register_forward_pre_hook(refuse_once)
    engine._warm_up_somehow()
    assert make(engine).images


def test_the_benchmark_for_gpus_runs_at_a_tiny_size(capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module("benchmarks.gpu").main(["--tiny", "--pictures", "1", "--only", "klein"])
    printed = capsys.readouterr().out
    assert "klein, tiny" in printed
    assert "overlapped" in printed
