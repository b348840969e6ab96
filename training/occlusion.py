"""How much of each thing can be seen: nobody is asked to find what is hidden behind something else."""

import numpy as np

from training.scenes import Scene, warped, whole
from training.sprites import Sprites

ENOUGH = 0.5  # of a thing: what is covered by more is not asked for


def shares_seen(scene: Scene, sprites: Sprites) -> list[float]:
    """Of each thing, from the back to the front, the share that no other covers."""
    alphas = [warped(thing, sprites, whole(scene))[..., 3] for thing in scene.layers]
    free = np.ones_like(alphas[0])
    shares: list[float] = []
    for alpha in reversed(alphas):
        shares.append(float((alpha * free).sum() / max(float(alpha.sum()), 1e-6)))
        free = free * (1 - alpha)
    return shares[::-1]


def are_all_seen(scene: Scene, sprites: Sprites) -> bool:
    return min(shares_seen(scene, sprites)) >= ENOUGH
