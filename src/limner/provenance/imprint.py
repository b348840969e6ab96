"""What a picture carries of where it comes from: a manifest in its file, if wished a mark in its pixels."""

from dataclasses import dataclass

from limner.provenance.mark import Pixels, put_mark
from limner.provenance.signing import Origin, Signer


@dataclass(frozen=True, slots=True)
class Imprint:
    """Leaves pictures as they are where there is neither."""

    signer: Signer | None = None
    is_marking: bool = False

    def on_pixels(self, pixels: Pixels, prediction_id: str) -> Pixels:
        return put_mark(pixels, prediction_id) if self.is_marking else pixels

    def on_file(self, content: bytes, content_type: str, origin: Origin) -> bytes:
        """Raises SigningFailed."""
        return content if self.signer is None else self.signer.sign(content, content_type, origin)


UNSIGNED = Imprint()
