"""What the machine has, and which way to work is right for it."""

import gc
import shutil

import torch

from limner.errors import BadSettings

_GIB = 1 << 30
HEADROOM_BYTES = 4 * _GIB  # of a GPU, beside the weights: what a picture of 2048x2048 takes while it is made
HOPPER = (9, 0)
AMPERE = (8, 0)
DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}


def choose_device(name: str) -> torch.device:
    """Raises BadSettings where there is no such device."""
    if name == "auto":
        return torch.device(_first_there_is())
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # AssertionError: torch was built without CUDA
        raise BadSettings(
            f'option device of the engine diffusers: there is no device "{name}" here'
        ) from error
    return device


def _first_there_is() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """bfloat16 wherever it is computed at full speed; float32 on a CPU, where it is exact."""
    if name != "auto":
        return DTYPES[name]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= AMPERE else torch.float16
    return torch.float32 if device.type == "cpu" else torch.bfloat16


def choose_attention(name: str, device: torch.device) -> str | None:
    """The back end of attention, by diffusers' name; None leaves what there is (torch's own choice)."""
    if name != "auto":
        return name
    is_hopper = device.type == "cuda" and torch.cuda.get_device_capability(device) >= HOPPER
    return "_native_cudnn" if is_hopper else None


def is_worth_compiling(switch: str, device: torch.device) -> bool:
    """By itself on CUDA alone, where it pays, and if there is a compiler for what it generates."""
    if switch != "auto":
        return switch == "on"
    return device.type == "cuda" and (shutil.which("gcc") or shutil.which("cc")) is not None


def free_bytes(device: torch.device) -> int | None:
    """What could be taken on a GPU; None elsewhere."""
    if device.type != "cuda":
        return None
    held_in_reserve = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + held_in_reserve - HEADROOM_BYTES


def empty_caches(device: torch.device) -> None:
    """After something large was let go of: what was freed goes back to the GPU, for anybody."""
    if device.type == "cuda":
        gc.collect()  # what errors and hooks hold in circles
        torch.cuda.empty_cache()


def is_usable(device: torch.device) -> bool:
    """False after an error that CUDA does not recover from within this process."""
    if device.type != "cuda":
        return True
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        return False
    return True


def is_out_of_memory(error: Exception) -> bool:
    """The device's memory, or the host's."""
    said = str(error)
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and ("can't allocate memory" in said or "ALLOC_FAILED" in said)
    )
