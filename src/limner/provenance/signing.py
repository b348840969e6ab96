"""Signs pictures: a C2PA manifest in the file says that they were generated, by what, when, and for whom.

Nothing of the prompt is in it. The pixels are left as they are; the bytes differ each time. Asks nobody on
the network: there is no time-stamp server, so a signature counts for as long as its certificate.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import c2pa
import numpy as np
from PIL import Image

from limner.errors import BadSettings, LimnerError
from limner.provenance.identity import Identity
from limner.provenance.verifying import GENERATION, Standing, Verifier

TRAINED_ALGORITHMIC_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_SETTINGS: Mapping[str, Any] = {
    "version": 1,
    "builder": {"thumbnail": {"enabled": False}},  # it would be most of the file
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False},
}


class SigningFailed(LimnerError):
    """This picture could not be signed, and is not handed out."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What is told of a picture."""

    made_by: str  # engine and weights, such as "nano/2026.11.1"
    made_at: datetime
    prediction_id: str = ""  # "" where there is none
    number: int = 1  # of the pictures of its prediction, from 1
    seed: int = 0


class Signer:
    """Threads may share one."""

    def __init__(self, identity: Identity) -> None:
        """Raises BadSettings for an identity that nobody would believe."""
        self._software = {"name": "Limner", "version": version("limner")}
        try:
            algorithm = c2pa.C2paSigningAlg[identity.algorithm.upper()]
            chain, key = identity.chain.encode(), identity.key.encode()
            signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(algorithm, chain, key, None))
            self._context = c2pa.Context.from_dict(dict(_SETTINGS), signer)
        except c2pa.C2paError as error:
            raise BadSettings(f"the identity that signs pictures cannot be used: {error}") from error
        self._try_out(identity)

    def sign(self, content: bytes, content_type: str, origin: Origin) -> bytes:
        """The same picture with the manifest in it: a PNG, a JPEG or a WebP. Raises SigningFailed."""
        signed = io.BytesIO()
        try:
            builder = c2pa.Builder(json.dumps(self._manifest(origin)), self._context)
            builder.sign(content_type, io.BytesIO(content), signed)
        except c2pa.C2paError as error:
            raise SigningFailed(f"the picture could not be signed: {error}") from error
        return signed.getvalue()

    def _manifest(self, origin: Origin) -> Mapping[str, Any]:
        engine, _, weights = origin.made_by.partition("/")
        created = {
            "action": "c2pa.created",
            "when": f"{origin.made_at:%Y-%m-%dT%H:%M:%SZ}",
            "softwareAgent": self._software,
            "digitalSourceType": TRAINED_ALGORITHMIC_MEDIA,
        }
        generation = {
            "engine": engine,
            "weights": weights,
            "prediction_id": origin.prediction_id,
            "number": origin.number,
            "seed": origin.seed,
        }
        return {
            "claim_generator_info": [self._software],
            "assertions": [
                {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
                {"label": GENERATION, "data": generation},
            ],
        }

    def _try_out(self, identity: Identity) -> None:
        """Signs a picture and reads it back: what is wrong with a certificate shows now, not later."""
        file = io.BytesIO()
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(file, "PNG")
        try:
            signed = self.sign(file.getvalue(), "image/png", Origin("nobody/nothing", datetime.min))
        except SigningFailed as error:
            raise BadSettings(f"the identity that signs pictures cannot be used: {error.message}") from error
        verdict = Verifier([identity.authority]).examine(io.BytesIO(signed))
        if verdict.standing is not Standing.TRUSTED:
            problems = ", ".join(verdict.problems)
            raise BadSettings(f"nobody would believe the identity that signs pictures: {problems}")
