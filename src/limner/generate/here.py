"""Pictures from an engine in this process, without a database. An engine is loaded once, for a batch."""

from datetime import UTC, datetime
from pathlib import Path

from limner import images
from limner.catalog import Catalog, EngineChoice, ModelSpec
from limner.engines.engine import Engine, Pixels, Progress
from limner.errors import EngineFailed
from limner.generate.commission import Commission
from limner.inputs import parse_input
from limner.provenance.imprint import Imprint
from limner.provenance.signing import Origin
from limner.runtime import generation_request, load_engine_of
from limner.safety.checks import FILTERED_TEXT, Safety


class Here:
    def __init__(self, catalog: Catalog, safety: Safety, imprint: Imprint) -> None:
        self._catalog, self._safety, self._imprint = catalog, safety, imprint
        self._engines: dict[EngineChoice, Engine] = {}

    def make(self, commission: Commission) -> list[Path]:
        """Raises NotFound, InvalidInput, EngineFailed, CheckFailed, SigningFailed."""
        spec = self._catalog.find(commission.model_id)
        request = generation_request(spec, parse_input(spec.inputs, commission.inputs))
        if category := self._safety.judge_prompt(request.prompt).filtered_category:
            raise EngineFailed(f"{FILTERED_TEXT} ({category})")
        commission.open_folder()

        def on_step(progress: Progress) -> None:
            commission.on_progress(spec.model_id, progress.step, progress.num_steps)

        generation = self._engine(spec, commission).generate(request, on_step)
        for warning in generation.warnings:
            commission.on_warning(warning)
        for refusal in generation.refused:
            commission.on_warning(f"{FILTERED_TEXT}: picture {refusal.n} ({refusal.reason})")
        made = ((request.seeds[n - 1], pixels) for n, pixels in generation.numbered())
        return [
            self._write(commission, pixels, Origin(generation.made_by, datetime.now(UTC), seed=seed))
            for seed, pixels in made
            if self._passes(commission, pixels, seed)
        ]

    def close(self) -> None:
        while self._engines:
            _, engine = self._engines.popitem()
            engine.close()

    def _engine(self, spec: ModelSpec, commission: Commission) -> Engine:
        if spec.engine not in self._engines:
            commission.on_progress(f"loading {spec.engine.name}", 0, 0)
            self._engines[spec.engine] = load_engine_of(spec)
        return self._engines[spec.engine]

    def _passes(self, commission: Commission, pixels: Pixels, seed: int) -> bool:
        judgement = self._safety.judge_image(pixels)
        if judgement.is_filtered:
            commission.on_warning(f"the picture of seed {seed} is filtered: {judgement.filtered_category}")
        return not judgement.is_filtered

    def _write(self, commission: Commission, pixels: Pixels, origin: Origin) -> Path:
        encoded = images.encode(pixels, "png")
        signed = self._imprint.on_file(encoded.content, encoded.content_type, origin)
        return commission.write(signed, origin.seed, encoded.extension)
