"""What all pipelines of diffusers have, whatever else they differ in: parts, a network that every step
runs."""

from typing import Any

import torch

Pipeline = Any  # a diffusers.DiffusionPipeline: every class of them is called in another way


def modules_of(pipeline: Pipeline) -> list[torch.nn.Module]:
    """Its networks."""
    return [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]


def sizes_of(pipeline: Pipeline) -> list[int]:
    """Bytes of each of its networks."""
    return [
        sum(one.numel() * one.element_size() for one in (*network.parameters(), *network.buffers()))
        for network in modules_of(pipeline)
    ]


def denoiser(pipeline: Pipeline) -> Any:
    """The network that every step runs."""
    network = getattr(pipeline, "transformer", None)
    return getattr(pipeline, "unet", None) if network is None else network


def make_plain(pipeline: Pipeline) -> None:
    """As it was before anything was done for speed: not compiled, with torch's own attention."""
    network = denoiser(pipeline)
    for part in network.modules():
        part._compiled_call_impl = None
    if hasattr(network, "reset_attention_backend"):
        network.reset_attention_backend()


def tokenizers_of(pipeline: Pipeline) -> list[Any]:
    return [part for name, part in pipeline.components.items() if name.startswith("tokenizer") and part]
