"""Builds a pipeline as an operator wants it: from the files to something that can be called."""

import importlib.util
from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
import torch
from diffusers import DiffusionPipeline, PipelineQuantizationConfig

from limner.engines.diffusers import hardware
from limner.engines.diffusers.fetching import locate
from limner.engines.diffusers.options import Lora, PipelineOptions, read_options
from limner.engines.diffusers.painting import DiffusersEngine
from limner.engines.diffusers.pipelines import Pipeline, denoiser, modules_of
from limner.engines.diffusers.prompts import remember_prompts
from limner.engines.diffusers.residence import Tenant, residence_on
from limner.engines.diffusers.signature import signature_of
from limner.engines.engine import Options
from limner.errors import BadSettings

log = structlog.get_logger()


def load(options: Options) -> DiffusersEngine:
    """The engine's entry point; docs/models.md lists the options. Raises BadSettings."""
    wanted = read_options(options)
    device = hardware.choose_device(wanted.device)
    check_quantization(wanted.quantization)
    located = locate(wanted.weights, wanted.revision)
    read = partial(build, str(located.folder), wanted, device)
    tenant = Tenant(located.version, device, read, wanted.offload != "none")
    engine = DiffusersEngine(tenant, residence_on(device, wanted.memory_bytes), wanted)
    engine.begin()
    return engine


def build(folder: str, wanted: PipelineOptions, device: torch.device) -> Pipeline:
    """In the host's memory, unless it brings its parts to the device itself. Raises BadSettings."""
    return equip(_read(folder, wanted, device), wanted, device)


def equip(pipeline: Pipeline, wanted: PipelineOptions, device: torch.device) -> Pipeline:
    """The same pipeline, ready to be called. Raises BadSettings."""
    signature_of(pipeline)
    pipeline.set_progress_bar_config(disable=True)
    if wanted.scheduler is not None:
        own = pipeline.scheduler
        pipeline.scheduler = type(own).from_config(own.config, **wanted.scheduler)
    for lora in wanted.loras:
        add_lora(pipeline, lora, is_fused=wanted.quantization == "none")
    network = denoiser(pipeline)
    if (attention := hardware.choose_attention(wanted.attention, device)) is not None:
        set_attention(network, attention)
    if hardware.is_worth_compiling(wanted.compiling, device) and getattr(network, "_repeated_blocks", None):
        network.compile_repeated_blocks(fullgraph=True, dynamic=True)
    _arrange(pipeline, wanted.offload, device)
    remember_prompts(pipeline)
    return pipeline


def _read(folder: str, wanted: PipelineOptions, device: torch.device) -> Pipeline:
    settings: dict[str, Any] = {"dtype": hardware.choose_dtype(wanted.dtype, device)}
    if wanted.variant:
        settings["variant"] = wanted.variant
    if wanted.quantization != "none":
        settings["quantization_config"] = quantization(wanted.quantization, folder)
    try:
        return DiffusionPipeline.from_pretrained(folder, local_files_only=True, **settings)
    except (OSError, ValueError, AttributeError) as error:  # of a class that there is not, too
        said = " ".join(str(error).split())
        raise BadSettings(f"weights {wanted.weights} cannot be read: {said}") from error


def _arrange(pipeline: Pipeline, offload: str, device: torch.device) -> None:
    for part in modules_of(pipeline):
        part.requires_grad_(False)
    vae = getattr(pipeline, "vae", None)
    if vae is not None and device.type == "cuda" and all(one.dim() <= 4 for one in vae.parameters()):
        vae.to(memory_format=torch.channels_last)  # how cuDNN wants pictures
    if offload == "model":
        pipeline.enable_model_cpu_offload(device=device)
    elif offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=device)


def set_attention(network: Any, name: str) -> None:
    """Raises BadSettings when there is no such back end, or it is not installed."""
    try:
        network.set_attention_backend(name)
    except (ValueError, RuntimeError, ImportError, AttributeError) as error:
        said = " ".join(str(error).split())
        raise BadSettings(f"option attention of the engine diffusers: {said}") from error


def add_lora(pipeline: Pipeline, lora: Lora, is_fused: bool) -> None:
    """Fused into the weights, it costs nothing at each step. Raises BadSettings."""
    if not hasattr(pipeline, "load_lora_weights"):
        raise BadSettings(f"a {type(pipeline).__name__} takes no lora")
    name = f"lora{len(pipeline.get_list_adapters())}"
    try:
        pipeline.load_lora_weights(lora.name, weight_name=lora.file, adapter_name=name)
        if is_fused:
            pipeline.fuse_lora(lora_scale=lora.scale, adapter_names=[name])
            pipeline.unload_lora_weights()
        else:
            pipeline.set_adapters([name], [lora.scale])
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        said = " ".join(str(error).split())
        raise BadSettings(f"lora {lora.name} cannot be added: {said}") from error


_QUANTIZERS: Mapping[str, str] = {"int8": "torchao", "fp8": "torchao", "nf4": "bitsandbytes"}
_TORCHAO_KINDS = {"int8": "Int8WeightOnlyConfig", "fp8": "Float8WeightOnlyConfig"}
_LARGE_PARTS = ("transformer", "unet", "text_encoder", "text_encoder_2", "text_encoder_3")


def check_quantization(kind: str) -> None:
    """Before anything is fetched. Raises BadSettings when what it takes is not installed."""
    package = _QUANTIZERS.get(kind)
    if package is not None and importlib.util.find_spec(package) is None:
        raise BadSettings(f"quantization {kind} needs the package {package}: pip install {package}")


def quantization(kind: str, folder: str) -> PipelineQuantizationConfig:
    """Of the parts that are large."""
    index = DiffusionPipeline.load_config(folder)
    parts = [name for name in _LARGE_PARTS if index.get(name, [None])[0] is not None]
    if _QUANTIZERS[kind] == "torchao":
        kinds = importlib.import_module("torchao.quantization")
        settings = {"quant_type": getattr(kinds, _TORCHAO_KINDS[kind])()}
        return PipelineQuantizationConfig("torchao", settings, parts)
    settings = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": torch.bfloat16}
    return PipelineQuantizationConfig("bitsandbytes_4bit", settings, parts)
