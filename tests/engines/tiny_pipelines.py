"""Pipelines of the real classes at a tiny size, with random weights, saved as their vendors save theirs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    DiffusionPipeline,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from peft import LoraConfig, get_peft_model_state_dict
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
)

WIDTH = 16  # of the text encoders
HEADS, HEAD_WIDTH = 2, 16  # of the networks that denoise
ROPE = (4, 6, 6)  # of a head
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT = "{% for one in messages %}<|im_start|>{{ one.role }} {{ one.content }}<|im_end|>{% endfor %}"


def klein() -> Flux2KleinPipeline:
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=AutoencoderKLFlux2(**_vae_of(4)),
        text_encoder=_qwen3(layers=28),  # it is the 9th, the 18th and the 27th that are looked at
        tokenizer=byte_tokenizer(),
        transformer=Flux2Transformer2DModel(
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=HEAD_WIDTH,
            num_attention_heads=HEADS,
            joint_attention_dim=3 * WIDTH,
            axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
        ),
        is_distilled=True,
    )


def z_image() -> ZImagePipeline:
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=AutoencoderKL(**_vae_of(4), scaling_factor=0.36, shift_factor=0.11),
        text_encoder=_qwen3(layers=2),
        tokenizer=byte_tokenizer(),
        transformer=ZImageTransformer2DModel(
            in_channels=4,
            dim=HEADS * HEAD_WIDTH,
            n_layers=1,
            n_refiner_layers=1,
            n_heads=HEADS,
            n_kv_heads=HEADS,
            cap_feat_dim=WIDTH,
            axes_dims=list(ROPE),
        ),
    )


def qwen_image() -> QwenImagePipeline:
    return QwenImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=AutoencoderKLQwenImage(
            base_dim=8, z_dim=4, num_res_blocks=1, latents_mean=[0.0] * 4, latents_std=[1.0] * 4
        ),
        text_encoder=_qwen_vl(),
        tokenizer=byte_tokenizer(),
        transformer=QwenImageTransformer2DModel(
            in_channels=16,
            out_channels=4,
            num_layers=1,
            attention_head_dim=HEAD_WIDTH,
            num_attention_heads=HEADS,
            joint_attention_dim=WIDTH,
            axes_dims_rope=ROPE,
        ),
    )


def sdxl() -> StableDiffusionXLPipeline:
    encoder = CLIPTextConfig(
        vocab_size=2 * 256 + 2,
        hidden_size=WIDTH,
        projection_dim=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
    )
    return StableDiffusionXLPipeline(
        vae=AutoencoderKL(**_vae_of(4)),
        text_encoder=CLIPTextModel(encoder),
        text_encoder_2=CLIPTextModelWithProjection(encoder),
        tokenizer=_clip_tokenizer(),
        tokenizer_2=_clip_tokenizer(),
        unet=UNet2DConditionModel(
            block_out_channels=(16, 16),
            layers_per_block=1,
            norm_num_groups=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            attention_head_dim=2,
            transformer_layers_per_block=1,
            cross_attention_dim=2 * WIDTH,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=WIDTH + 6 * 8,
        ),
        scheduler=EulerDiscreteScheduler(),
    )


PIPELINES: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {"klein": klein, "z_image": z_image, "qwen_image": qwen_image, "sdxl": sdxl}
)


def save(name: str, folder: Path) -> Path:
    """The folder of the pipeline of this name; its weights are the same every time."""
    torch.manual_seed(0)
    pipeline = PIPELINES[name]()
    path = folder / name
    pipeline.save_pretrained(path)
    return path


def _vae_of(channels: int) -> dict[str, Any]:
    """An eighth of the picture each way."""
    return {
        "block_out_channels": (8, 8, 8, 8),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "latent_channels": channels,
        "mid_block_add_attention": False,
    }


def byte_tokenizer() -> Qwen2Tokenizer:
    alphabet = sorted(ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate((*alphabet, *SPECIAL))}
    return Qwen2Tokenizer(vocabulary, [], chat_template=CHAT, extra_special_tokens=list(SPECIAL[1:]))


def _clip_tokenizer() -> CLIPTokenizer:
    alphabet = sorted(ByteLevel.alphabet())
    tokens = (*alphabet, *(f"{letter}</w>" for letter in alphabet), "<|startoftext|>", "<|endoftext|>")
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return CLIPTokenizer(vocabulary, [], model_max_length=77)


def _text_sizes(layers: int) -> dict[str, Any]:
    return {
        "vocab_size": 256 + len(SPECIAL),
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
    }


def _qwen3(layers: int) -> Qwen3ForCausalLM:
    return Qwen3ForCausalLM(Qwen3Config(**_text_sizes(layers), head_dim=WIDTH // 2))


def _qwen_vl() -> Qwen2_5_VLForConditionalGeneration:
    vision = {
        "depth": 1,
        "hidden_size": WIDTH,
        "num_heads": 2,
        "out_hidden_size": WIDTH,
        "intermediate_size": 8,
    }
    rope = {"rope_type": "default", "mrope_section": [1, 1, 2]}
    text = {**_text_sizes(2), "rope_scaling": rope}
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(text_config=text, vision_config=vision))


def save_lora(folder: Path, into: Path) -> str:
    """Further weights for the pipeline of this folder; returns the name of the file."""
    pipeline = DiffusionPipeline.from_pretrained(folder)
    pipeline.unet.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q", "to_v"]))
    layers = get_peft_model_state_dict(pipeline.unet)
    type(pipeline).save_lora_weights(into, unet_lora_layers=layers, weight_name="style.safetensors")
    return "style.safetensors"
