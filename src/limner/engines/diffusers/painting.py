"""The engine: a request becomes calls of a pipeline, one for each seed, on a thread of its own.

One thread, because neither a pipeline nor what the compiler keeps bears two. One call for each seed,
because from a megapixel on a batch is no faster (1.02 times on an H200), and no picture may depend on its
neighbours.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from limner.engines import abreast
from limner.engines.diffusers import hardware
from limner.engines.diffusers.calling import Call, Order
from limner.engines.diffusers.options import PipelineOptions
from limner.engines.diffusers.pipelines import make_plain
from limner.engines.diffusers.previews import LatentColours
from limner.engines.diffusers.residence import Residence, Tenant
from limner.engines.diffusers.signature import Signature, reads_all, signature_of
from limner.engines.diffusers.sizes import IMAGEN_SIZES, Size, is_large, size_to_make
from limner.engines.diffusers.steps import Steps
from limner.engines.engine import Generation, GenerationRequest, OnStep, Pixels, Progress
from limner.errors import BadSettings, EngineFailed

ENGINE = "diffusers"
EXIT_GPU_LOST = 7
GIB = 1 << 30
WARMING_STEPS = 2
WARMING_PROMPT = "a red apple on a wooden table, a photograph in the light of the morning"

log = structlog.get_logger()


class DiffusersEngine:
    """One pipeline. ``begin`` is to be called before anything else."""

    costs_only_time = True

    def __init__(self, tenant: Tenant, residence: Residence, wanted: PipelineOptions) -> None:
        self._tenant, self._residence, self._wanted = tenant, residence, wanted
        self._thread = ThreadPoolExecutor(1, "pipeline")
        self._colours = LatentColours()
        self._signature: Signature

    def begin(self) -> None:
        """Reads the weights, and makes a picture of every size where that is worth while. Raises
        BadSettings."""
        try:
            self._thread.submit(self._begin).result()
        except Exception as error:
            if not hardware.is_out_of_memory(error):
                raise
            needed = f"{self._tenant.num_bytes / GIB:.1f} GiB and room for the picture"
            raise BadSettings(
                f"{self._tenant.name} needs {needed}: choose smaller weights, offload, or quantization"
            ) from error

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        """Raises EngineFailed when the device has not memory enough for it; the next one is made as usual."""
        work = [partial(self._made, request)]
        return abreast.all_of(work, self._thread, lambda _, progress: on_step(progress))[0]

    def close(self) -> None:
        self._thread.shutdown()
        self._residence.leave(self._tenant)

    def _begin(self) -> None:
        self._signature = signature_of(self._tenant.pipeline)
        self._residence.enter(self._tenant)
        switch = self._wanted.warm_up
        if switch == "on" or (switch == "auto" and self._tenant.device.type == "cuda"):
            self._warm_up_somehow()

    def _warm_up_somehow(self) -> None:
        """What cannot be compiled, or has no kernel here, is run as it is: slower, and it runs."""
        try:
            self._warm_up()
        except Exception as error:
            if hardware.is_out_of_memory(error):
                raise
            log.warning("goes on without what is there for speed", weights=self._tenant.name, exc_info=error)
            make_plain(self._tenant.pipeline)
            self._warm_up()

    def _warm_up(self) -> None:
        """What is compiled is compiled now, and always for the same sizes in the same order, so that no
        picture depends on which were asked for before it."""
        requests = [GenerationRequest(WARMING_PROMPT, *size, (0,)) for size in IMAGEN_SIZES]
        orders = {order.made: order for order in map(self._order, requests)}
        for number, (size, order) in enumerate(orders.items(), 1):
            log.info("warming up", weights=self._tenant.name, size=str(size), left=len(orders) - number)
            steps = Steps(1, order.steps, lambda _: None, self._tenant.device)
            self._call(order, steps).picture(0)

    def _made(self, request: GenerationRequest, tell: Callable[[Progress], None]) -> Generation:
        """On the pipeline's thread."""
        order = self._order(request)
        try:
            self._residence.enter(self._tenant)
            images = self._pictures(order, request.seeds, tell)
            return Generation(images, f"{ENGINE}/{self._tenant.name}", self._warnings(order))
        except Exception as error:
            self._tenant.pipeline.maybe_free_model_hooks()
            if not hardware.is_out_of_memory(error):
                self._check_device(error)
                raise
        # Not within the except clause: the frames that the error knows of hold what must be freed.
        self._free_memory()
        raise EngineFailed(
            f"There is not memory enough for a picture of {order.made} by {self._tenant.name}."
        )

    def _pictures(
        self, order: Order, seeds: tuple[int, ...], tell: Callable[[Progress], None]
    ) -> tuple[Pixels, ...]:
        steps = Steps(len(seeds), order.steps, tell, self._tenant.device)
        return tuple(self._call(order, steps).picture(seed) for seed in seeds)

    def _call(self, order: Order, steps: Steps) -> Call:
        return Call(self._tenant.pipeline, self._signature, order, self._colours, steps)

    def _order(self, request: GenerationRequest) -> Order:
        """What the model is known to need, or the operator has said, comes before the effort of a request."""
        wanted, signature = self._wanted, self._signature
        asked = Size(request.width, request.height)
        made = size_to_make(asked, signature.multiple, wanted.max_pixels)
        guidance = request.guidance_scale if wanted.guidance is None else wanted.guidance
        return Order(
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            asked=asked,
            made=made,
            steps=wanted.steps or request.num_inference_steps or signature.default_steps,
            guidance=signature.default_guidance if guidance is None else guidance,
            is_tiled=is_large(made) if wanted.tiling == "auto" else wanted.tiling == "on",
        )

    def _warnings(self, order: Order) -> tuple[str, ...]:
        """For the caller: what had no effect, and what is not quite as it was asked for."""
        found = []
        if order.negative_prompt.strip() and not self._signature.is_guided(order.guidance):
            found.append(f"{self._tenant.name} ignores negative prompts; it was left out.")
        if not reads_all(self._tenant.pipeline, order.prompt, self._signature.most_tokens):
            found.append(
                f"{self._tenant.name} reads {self._signature.most_tokens} tokens; the rest was left out."
            )
        if order.made.pixels < order.asked.pixels:
            found.append(
                f"{self._tenant.name} made the picture at {order.made}; it was enlarged to {order.asked}."
            )
        return tuple(found)

    def _free_memory(self) -> None:
        """For what comes next: of others on the device, and of what is kept for speed."""
        self._residence.make_others_leave(self._tenant)
        hardware.empty_caches(self._tenant.device)
        log.warning("out of memory", weights=self._tenant.name)

    def _check_device(self, error: Exception) -> None:
        """After some errors CUDA answers nothing but errors until the process ends: so it ends, and the
        prediction is another worker's, or that of this one's successor."""
        if not hardware.is_usable(self._tenant.device):
            log.error("the GPU is lost to this process", weights=self._tenant.name, exc_info=error)
            os._exit(EXIT_GPU_LOST)
