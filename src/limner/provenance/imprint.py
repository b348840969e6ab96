"""What a picture carries of where it comes from: a manifest in its file, if wished a mark in its pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.provenance.signing import Origin, Signer

Pixels = NDArray[np.uint8]  # (height, width, 3), RGB


@dataclass(frozen=True, slots=True)
class Imprint:
    """Leaves pictures as they are where there is neither."""

    signer: Signer | None = None

    def on_file(self, content: bytes, content_type: str, origin: Origin) -> bytes:
        """Raises SigningFailed."""
        return content if self.signer is None else self.signer.sign(content, content_type, origin)


UNSIGNED = Imprint()
