"""A finish: one of the lights, then one of the styles, on the plain render of a window of a scene."""

import numpy as np

from training import lights, styles
from training.views import Array, View
from training.vocabulary import LIGHTS, STYLES


def finished(picture: Array, view: View, light: int, style: int) -> Array:
    """(H, W, 3) in [0, 1]; light and style as indices into the vocabulary."""
    lit = np.clip(lights.LIGHTS[LIGHTS[light]](picture, view), 0, 1)
    return np.clip(styles.STYLES[STYLES[style]](lit, view), 0, 1).astype(np.float32)
