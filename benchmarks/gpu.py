"""How long does a picture of open weights take on a GPU, how near is that to what the GPU can do, and what
does it gain that pictures are encoded while the next are made?

Full-size networks with random weights: speed does not depend on the values. ``--tiny`` runs the same on a
CPU with tiny ones, to show that the program works; its figures mean nothing.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from transformers import Qwen3Config, Qwen3ForCausalLM

from benchmarks.rig.table import print_table
from limner import images
from limner.engines.diffusers.hardware import choose_device, choose_dtype
from limner.engines.diffusers.loading import equip
from limner.engines.diffusers.options import PipelineOptions
from limner.engines.diffusers.painting import DiffusersEngine
from limner.engines.diffusers.residence import Tenant, residence_on
from limner.engines.engine import GenerationRequest, Pixels
from limner.taking_turns import Turn, Turns
from tests.engines.tiny_pipelines import byte_tokenizer, klein, z_image

PROMPT = "Macro photograph of coarse blue denim with copper rivets, every thread visible"
PICTURES = 5  # after one that counts for nothing
STREAM = 12  # pictures, one after the other, each encoded
PEAK_TFLOPS = 790  # what an H100 or H200 reaches in bf16 at best; docs/models.md
OTHER_PROMPT = "Water droplets on a freshly cut red apple"


@dataclass(frozen=True, slots=True)
class Subject:
    """A model to measure: ``tflop`` of all steps, by the side of the picture; ``goal_seconds`` at 1024."""

    name: str
    build: Callable[[], Any]
    steps: int
    tflop: Mapping[int, float]
    goal_seconds: float = 0.0


def full_klein() -> Any:
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=AutoencoderKLFlux2(),
        text_encoder=qwen3_4b(),
        tokenizer=byte_tokenizer(),
        transformer=Flux2Transformer2DModel(
            num_layers=5,
            num_single_layers=20,
            num_attention_heads=24,
            joint_attention_dim=3 * 2560,
            guidance_embeds=False,
        ),
        is_distilled=True,
    )


def full_z_image() -> Any:
    vae = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=16,
        sample_size=1024,
        scaling_factor=0.3611,
        shift_factor=0.1159,
    )
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae,
        text_encoder=qwen3_4b(),
        tokenizer=byte_tokenizer(),
        transformer=ZImageTransformer2DModel(),
    )


def qwen3_4b() -> Any:
    sizes = Qwen3Config(
        vocab_size=151_936,
        hidden_size=2560,
        intermediate_size=9728,
        num_hidden_layers=36,
        num_attention_heads=32,
        num_key_value_heads=8,
        head_dim=128,
        tie_word_embeddings=True,
    )
    return Qwen3ForCausalLM(sizes)


FULL = (
    Subject("FLUX.2-klein-4B", full_klein, 4, {1024: 139, 2048: 765}, 0.26),
    Subject("Z-Image-Turbo", full_z_image, 8, {1024: 453, 2048: 2570}, 0.76),
)
TINY = (Subject("klein, tiny", klein, 2, {64: 0.0}), Subject("z_image, tiny", z_image, 2, {64: 0.0}))


@dataclass(frozen=True, slots=True)
class Run:
    """Of one engine: seconds by side, and what it took."""

    seconds: Mapping[int, float]
    again_seconds: Mapping[int, float]  # with a prompt that was just encoded
    warm_up_seconds: float
    peak_gib: Mapping[int, float]
    in_turn: float  # pictures a second
    overlapped: float


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="tiny networks, on a CPU")
    parser.add_argument("--pictures", type=int, default=PICTURES)
    parser.add_argument("--only", default="", help="the model of this name alone")
    given = parser.parse_args(arguments)
    device = torch.device("cpu") if given.tiny else choose_device("auto")
    subjects = [one for one in (TINY if given.tiny else FULL) if given.only in one.name]
    rows = []
    for subject in subjects:
        for compiling in ("off",) if given.tiny else ("off", "on"):
            wanted = PipelineOptions(subject.name, steps=subject.steps, guidance=0.0, compiling=compiling)
            rows += rows_of(subject, compiling, measure(subject, wanted, device, given.pictures))
    title = f"Pictures of open weights on {name_of(device)}"
    columns = ("model", "compiled", "side", "s", "prompt known", "TFLOP/s", "of floor", "goal s")
    print_table(title, (*columns, "peak GiB", "warm-up s", "1/s in turn", "1/s overlapped"), rows)


def measure(subject: Subject, wanted: PipelineOptions, device: torch.device, pictures: int) -> Run:
    """Builds it, warms it up, and times pictures of each size."""
    with opened(subject, wanted, device) as (engine, warm_up_seconds):
        seconds, again, peak = {}, {}, {}
        for side in subject.tflop:
            picture(engine, side, 0)
            reset_peak(device)
            fresh = [timed(partial(picture, engine, side, n, f"{OTHER_PROMPT} {n}")) for n in range(pictures)]
            seconds[side] = median(fresh)
            again[side] = median(timed(partial(picture, engine, side, n)) for n in range(pictures))
            peak[side] = peak_gib(device)
        side = min(subject.tflop)
        count = 2 * pictures if device.type == "cpu" else STREAM
        in_turn, overlapped = (
            count / timed(partial(stream, engine, side, count, way)) for way in (False, True)
        )
    return Run(seconds, again, warm_up_seconds, peak, in_turn, overlapped)


@contextmanager
def opened(
    subject: Subject, wanted: PipelineOptions, device: torch.device
) -> Iterator[tuple[DiffusersEngine, float]]:
    """The engine, and the seconds that its warm-up took."""
    torch.set_default_dtype(choose_dtype("auto", device))
    with torch.device(device):
        pipeline = subject.build()
    torch.set_default_dtype(torch.float32)
    equip(pipeline, wanted, device)
    warm = replace(wanted, warm_up="auto")
    engine = DiffusersEngine(
        Tenant(subject.name, device, lambda: pipeline, is_offloaded=False), residence_on(device, None), warm
    )
    with closing(engine):
        yield engine, timed(engine.begin)


def picture(engine: DiffusersEngine, side: int, seed: int, prompt: str = PROMPT) -> Pixels:
    (made,) = engine.generate(GenerationRequest(prompt, side, side, (seed,)), lambda _: None).images
    return made


def stream(engine: DiffusersEngine, side: int, count: int, is_overlapped: bool) -> None:
    """As a worker has it: each picture is made in its turn, and then encoded."""
    turns = Turns(look_seconds=0.1)

    def attempt(seed: int, turn: Turn) -> None:
        made = picture(engine, side, seed)
        if is_overlapped:
            turn.pass_on()
        images.encode(made, "webp")

    with ThreadPoolExecutor(1) as waiting:
        for seed in range(count):
            waiting.submit(turns.run, partial(attempt, seed), lambda: False).result()
    turns.close()


def rows_of(subject: Subject, compiling: str, run: Run) -> list[list[str]]:
    rows = []
    for side, tflop in subject.tflop.items():
        seconds = run.seconds[side]
        rate = tflop / seconds
        goal = f"{subject.goal_seconds:.2f}" if side == min(subject.tflop) and subject.goal_seconds else ""
        speeds = [f"{seconds:.3f}", f"{run.again_seconds[side]:.3f}"]
        shares = [f"{rate:.0f}", f"{rate / PEAK_TFLOPS:.0%}"] if tflop else ["", ""]
        costs = [f"{run.peak_gib[side]:.1f}", f"{run.warm_up_seconds:.0f}"]
        flows = [f"{run.in_turn:.2f}", f"{run.overlapped:.2f}"] if side == min(subject.tflop) else ["", ""]
        rows.append([subject.name, compiling, str(side), *speeds, *shares, goal, *costs, *flows])
    return rows


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def name_of(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "a CPU"


def reset_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_gib(device: torch.device) -> float:
    return torch.cuda.max_memory_allocated(device) / (1 << 30) if device.type == "cuda" else 0.0


if __name__ == "__main__":
    main()
