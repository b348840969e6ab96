"""One call of a pipeline: one picture of one seed, with its steps told and its previews at hand."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch

from limner.engines.diffusers.pipelines import Pipeline
from limner.engines.diffusers.previews import LatentColours, clean_latents
from limner.engines.diffusers.signature import Signature
from limner.engines.diffusers.sizes import Size, resampled
from limner.engines.diffusers.steps import Steps
from limner.engines.engine import Pixels, Preview

Tensors = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What all pictures of a request share: ``made`` is the size that the model makes of what was
    ``asked``."""

    prompt: str
    negative_prompt: str
    asked: Size
    made: Size
    steps: int
    guidance: float
    is_tiled: bool


@dataclass(slots=True)
class Call:
    """To be made once, on the thread of the pipeline."""

    pipeline: Pipeline
    signature: Signature
    order: Order
    colours: LatentColours
    steps: Steps
    _latents: torch.Tensor | None = field(default=None, init=False)

    def picture(self, seed: int) -> Pixels:
        """Raises what ``steps`` raises, and what the pipeline does."""
        self._prepare()
        made = _as_pixels(self.pipeline(**self._arguments(seed)).images[0])
        if self._latents is not None:
            self.colours.learn(self._latents, made)
        self.steps.picture_is_finished()
        return resampled(made, self.order.asked)

    def _prepare(self) -> None:
        own = self.pipeline.scheduler
        self.pipeline.scheduler = type(own).from_config(
            own.config
        )  # it counts its steps, and must begin at 0
        vae = getattr(self.pipeline, "vae", None)
        if vae is not None and hasattr(vae, "enable_tiling"):
            vae.enable_tiling() if self.order.is_tiled else vae.disable_tiling()

    def _arguments(self, seed: int) -> dict[str, Any]:
        order = self.order
        arguments = {
            "prompt": order.prompt,
            "width": order.made.width,
            "height": order.made.height,
            "num_inference_steps": order.steps,
            # Drawn on the CPU: then a seed is the same noise on every GPU.
            "generator": torch.Generator("cpu").manual_seed(seed),
            "output_type": "pt",
        }
        if self.signature.reports_steps:
            arguments["callback_on_step_end"] = self._on_step_end
        return arguments | self.signature.guided(order.guidance, order.negative_prompt)

    def _on_step_end(
        self, _pipeline: Any, step: int, _timestep: Any, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        before, after = self._latents, tensors["latents"]
        self._latents = after
        self.steps.asked(self._preview(step, before, after))
        return tensors

    def _preview(self, step: int, before: torch.Tensor | None, after: torch.Tensor) -> Preview | None:
        if before is None or not self.colours.is_learned:
            return None
        scheduler = self.pipeline.scheduler  # by the time of the preview there may be another
        return partial(self._look, partial(clean_latents, scheduler, step, before, after))

    def _look(self, clean: partial[torch.Tensor]) -> Pixels:
        return self.colours.preview(clean(), self.order.made, self.order.asked)


def _as_pixels(picture: torch.Tensor) -> Pixels:
    """From (3, height, width), 0 to 1, wherever it is."""
    scaled = (picture[:3].float() * 255).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(scaled.permute(1, 2, 0).contiguous().cpu().numpy())
