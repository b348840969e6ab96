"""What a check says. Whoever writes a check of their own needs this module alone: see docs/safety.md.

A check of prompts is called with the text, one of pictures with the pixels; both return what they found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (height, width, 3), RGB


@dataclass(frozen=True, slots=True)
class Finding:
    """``category`` such as "violence", for the caller to read; ``score`` is how sure the check is."""

    category: str
    score: float = 1.0  # 0 to 1


PromptCheck = Callable[[str], Sequence[Finding]]
ImageCheck = Callable[[Pixels], Sequence[Finding]]
"""Called on the worker's thread, once per prompt or picture. What it raises fails the prediction, free."""
