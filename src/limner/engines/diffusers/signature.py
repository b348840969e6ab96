"""What a pipeline takes: diffusers has a hundred of them, and each calls the same things a little
differently.

Read from the pipeline itself (its signature, its settings, its parts), so that one that is not known yet
works.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from limner.engines.diffusers.pipelines import Pipeline, tokenizers_of
from limner.errors import BadSettings

LEAST_MULTIPLE = 16  # pixels
NO_LIMIT = 1 << 20  # what transformers says of tokenizers without one is far above
TRUE_GUIDANCE = "true_cfg_scale"


@dataclass(frozen=True, slots=True)
class Signature:
    """``guidance`` is the name of the parameter that leads away from the negative prompt."""

    guidance: str | None
    default_guidance: float
    default_steps: int
    multiple: int  # pixels: of both sides
    takes_negative_prompt: bool
    reports_steps: bool
    most_tokens: int

    def is_guided(self, guidance: float) -> bool:
        """Whether a negative prompt has an effect at this guidance."""
        return self.takes_negative_prompt and guidance > 1.0

    def guided(self, guidance: float, negative_prompt: str) -> dict[str, Any]:
        """The arguments that say so."""
        arguments: dict[str, Any] = {self.guidance: guidance} if self.guidance else {}
        if self.is_guided(guidance) and (negative_prompt or self.guidance == TRUE_GUIDANCE):
            # Those with a true guidance have none at all without a text, even an empty one.
            arguments["negative_prompt"] = negative_prompt or " "
        return arguments


def signature_of(pipeline: Pipeline) -> Signature:
    """Raises BadSettings for what does not make pictures from texts."""
    parameters = inspect.signature(type(pipeline).__call__).parameters
    needed = [name for name in ("prompt", "width", "height", "generator") if name not in parameters]
    if needed:
        kind = type(pipeline).__name__
        raise BadSettings(f"a {kind} does not make pictures from texts: it takes no {', '.join(needed)}")
    guidance, is_distilled = _guidance(parameters), bool(getattr(pipeline.config, "is_distilled", False))
    return Signature(
        guidance=guidance,
        default_guidance=float(parameters[guidance].default or 0.0) if guidance and not is_distilled else 0.0,
        default_steps=int(_default(parameters, "num_inference_steps") or 50),
        multiple=max(LEAST_MULTIPLE, _multiple(pipeline)),
        takes_negative_prompt="negative_prompt" in parameters and not is_distilled,
        reports_steps="callback_on_step_end" in parameters,
        most_tokens=_most_tokens(pipeline, _default(parameters, "max_sequence_length")),
    )


def _guidance(parameters: Mapping[str, inspect.Parameter]) -> str | None:
    """The true one only where it is the usual one: FLUX.1 has it beside a guidance that it was trained
    with."""
    if float(_default(parameters, TRUE_GUIDANCE) or 0.0) > 1.0:
        return TRUE_GUIDANCE
    return "guidance_scale" if "guidance_scale" in parameters else None


def _default(parameters: Mapping[str, inspect.Parameter], name: str) -> Any:
    return parameters[name].default if name in parameters else None


def _multiple(pipeline: Pipeline) -> int:
    processor = getattr(pipeline, "image_processor", None)
    return int(getattr(getattr(processor, "config", None), "vae_scale_factor", LEAST_MULTIPLE))


def _most_tokens(pipeline: Pipeline, longest: int | None) -> int:
    """Of the tokenizer that reads furthest."""
    limits = [int(min(one.model_max_length, NO_LIMIT)) for one in tokenizers_of(pipeline)]
    return min(max(limits, default=NO_LIMIT), longest or NO_LIMIT)


def reads_all(pipeline: Pipeline, prompt: str, most_tokens: int) -> bool:
    """Whether one of the tokenizers reads the prompt to its end."""
    counts = [len(one(prompt, verbose=False).input_ids) for one in tokenizers_of(pipeline)]
    return min(counts, default=0) <= most_tokens
